"""Damaged, mislabelled and hostile files: each ends in a document or in one message, soon and in bounded memory."""

from __future__ import annotations

import io
import os
import random
import zipfile
import zlib
from pathlib import Path

import pytest
from reading.printed import Print, as_html, as_tabs, as_typst, write_excel, write_pdf, write_word

from planbrief.commands.cli import main
from planbrief.errors import DataError
from planbrief.reading.canonical import CanonicalText
from planbrief.reading.draft_rows import described
from planbrief.reading.files import read_file

TABLE = Print(
    [["指标", "2025年", "2030年"], ["产值（亿元）", "12.5", "30"], ["人口（万人）", "80", "81.5"]],
    note="注：数据为合成。",
)
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> dict[str, bytes]:
    """One sound file of every form, by name."""
    folder = tmp_path_factory.mktemp("sound")
    write_word(TABLE, folder / "plan.docx")
    write_excel(TABLE, folder / "plan.xlsx")
    write_pdf(as_typst(TABLE), folder / "plan.pdf")
    files = {path.name: path.read_bytes() for path in folder.glob("plan.*") if path.suffix != ".typ"}
    text = as_tabs(TABLE)
    files |= {"plan.txt": text.encode(), "gbk.txt": text.encode("gb18030"), "wide.txt": text.encode("utf-16")}
    return files | {"plan.html": as_html(TABLE).encode()}


def outcome(path: Path) -> str:
    """The message about a file, empty if it was read; anything but DataError fails the test."""
    try:
        document, message = read_file(path), ""
    except DataError as error:
        document, message = None, str(error)
    assert isinstance(document, CanonicalText) or message.startswith(f"{path.name}: found ")
    assert "\n" not in message
    if document is not None:
        described(document, "某市", "2026-02-10")
    return message


def mutated(raw: bytes, rng: random.Random, way: str) -> bytes:
    data = bytearray(raw)
    at = rng.randrange(len(data))
    if way == "cut":
        del data[at:]
    elif way == "flipped":
        for _ in range(rng.randrange(1, 40)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif way == "hole":
        del data[at : at + rng.randrange(1, 600)]
    elif way == "noise":
        data[at:at] = rng.randbytes(rng.randrange(1, 300))
    elif way == "repeated":
        data[at:at] = data[at : at + rng.randrange(2000)] * rng.randrange(2, 12)
    elif way == "part":
        return with_damaged_part(raw, rng)
    return bytes(data)


def with_damaged_part(raw: bytes, rng: random.Random) -> bytes:
    """A sound archive one of whose parts is cut, flipped or left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        victim = rng.choice([name for name in source.namelist() if name.endswith((".xml", ".rels"))])
        for name in source.namelist():
            data = source.read(name)
            if name == victim:
                data = mutated(data, rng, rng.choice(["cut", "flipped", "hole", "repeated"]))
            target.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("name", ["plan.docx", "plan.xlsx", "plan.pdf", "plan.txt", "gbk.txt", "wide.txt", "plan.html"])
def test_a_damaged_file_ends_in_a_document_or_one_message(tmp_path, sound, name):
    """Some 250 files: cut, with bytes turned, lost, put in or repeated, with damaged parts, under wrong names."""
    rng = random.Random(name)
    ways = ["cut", "flipped", "hole", "noise", "repeated"] + ["part"] * 3 * name.endswith(("docx", "xlsx"))
    read = 0
    for number in range(36):
        way = ways[number % len(ways)]
        suffix = Path(name).suffix if number % 3 else rng.choice([".txt", ".pdf", ".docx", ".xlsx", ".html", ""])
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(mutated(sound[name], rng, way))
        read += not outcome(path)
    assert read < 36


def test_the_form_is_told_from_the_bytes(tmp_path, sound):
    """Every form under every other form's name is read as what it is."""
    for name, raw in sound.items():
        for suffix in (".txt", ".pdf", ".docx", ".xlsx", ".jpg", ""):
            path = tmp_path / f"mislabelled{suffix}"
            path.write_bytes(raw)
            assert len(read_file(path).tables) == 1, (name, suffix)


def replaced(raw: bytes, part: str, body: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, body if name == part else source.read(name))
    return out.getvalue()


def word_body(body: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<w:document {WORD}><w:body>{body}</w:body></w:document>'.encode()


def sheet_body(rows: str) -> bytes:
    return f'<?xml version="1.0"?><worksheet {SHEET}><sheetData>{rows}</sheetData></worksheet>'.encode()


ENTITY = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
CELL = "<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>"


@pytest.mark.parametrize(
    ("name", "part", "body", "said"),
    [
        ("plan.docx", "word/document.xml", word_body("<w:p/>" + " " * 200_000_000), "packs to"),
        ("plan.xlsx", "xl/worksheets/sheet1.xml", sheet_body("<row/>" * 12_000_000), "packs to"),
        ("plan.docx", "word/document.xml", word_body("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", ENTITY), "entities"),
        ("plan.xlsx", "xl/sharedStrings.xml", (ENTITY + "<sst/>").encode(), "entities"),
        ("plan.xlsx", "xl/sharedStrings.xml", (ENTITY + "<sst/>").encode("utf-16"), "entities"),
        ("plan.docx", "word/document.xml", word_body("<w:tbl><w:tr><w:tc>" * 5000), "breaks off"),
        ("plan.docx", "word/document.xml", word_body("<w:p/>"), "without text"),
        ("plan.xlsx", "xl/worksheets/sheet1.xml", sheet_body(""), "empty"),
    ],
    ids=["word bomb", "excel bomb", "entity", "excel entity", "wide entity", "deep tables", "no text", "no cells"],
)
def test_a_hostile_part_is_named(tmp_path, sound, name, part, body, said):
    path = tmp_path / name
    path.write_bytes(replaced(sound[name], part, body))
    assert said in outcome(path)


def test_an_entity_is_never_put_in(tmp_path, sound):
    """Even where its declaration hides behind blanks, nothing of another file gets into the text."""
    path = tmp_path / "plan.docx"
    body = word_body("<w:p><w:r><w:t>A&x;B</w:t></w:r></w:p>", " " * 9000 + ENTITY)
    path.write_bytes(replaced(sound["plan.docx"], "word/document.xml", body))
    message = outcome(path)
    assert message or read_file(path).text.strip() in ("AB", "A", "A&x;B")


@pytest.mark.parametrize("form", ["docx", "xlsx", "html", "txt"])
def test_ten_thousand_columns_are_no_table(tmp_path, sound, form):
    path = tmp_path / f"plan.{form}"
    path.write_bytes(
        {
            "docx": replaced(
                sound["plan.docx"], "word/document.xml", word_body("<w:tbl><w:tr>" + CELL * 10_000 + "</w:tr></w:tbl>")
            ),
            "xlsx": replaced(
                *(sound["plan.xlsx"], "xl/worksheets/sheet1.xml"),
                sheet_body("".join(f'<row r="{r}">' + "<c><v>1</v></c>" * 10_000 + "</row>" for r in (1, 2))),
            ),
            "html": ("<table>" + ("<tr>" + "<td>1</td>" * 10_000 + "</tr>") * 2 + "</table>").encode(),
            "txt": ("\t".join(["12.5"] * 10_000) + "\n").encode() * 3,
        }[form]
    )
    assert read_file(path).tables == ()


def test_far_spans_cost_nothing(tmp_path, sound):
    """Cells at the end of a sheet, merged areas over all of it, spans of 65,534 rows."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    body = sheet_body(rows).replace(
        b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    )
    (tmp_path / "plan.xlsx").write_bytes(replaced(sound["plan.xlsx"], "xl/worksheets/sheet1.xml", body))
    assert len(read_file(tmp_path / "plan.xlsx").text) < 200
    page = "<table>" + ("<tr>" + "<td rowspan=65534 colspan=1000>1</td>" * 20 + "</tr>") * 100 + "</table>"
    (tmp_path / "plan.html").write_text(page)
    assert len(read_file(tmp_path / "plan.html").text) < 200_000


def test_attributes_without_end_end_in_one_message(tmp_path):
    """The parser compares each with all before; a long picture in a tag is only long."""
    path = tmp_path / "page.html"
    many = " ".join(f'a{i}="1"' for i in range(200_000))
    path.write_text(f"<!doctype html><html><body><p {many}>增长3.1%。</p></body></html>", encoding="utf-8")
    with pytest.raises(DataError, match="attributes without end"):
        read_file(path)
    picture = f'<img src="data:image/png;base64,{"A" * 300_000}==">'
    path.write_text(f"<!doctype html><html><body>{picture}<p>增长3.1%。</p></body></html>", encoding="utf-8")
    assert "3.1%" in read_file(path).text


@pytest.mark.parametrize("opened", ["<div>", "<table><tr><td>", "<b>", "<ul><li>"])
def test_deep_html_ends_in_one_message(tmp_path, opened):
    path = tmp_path / "plan.html"
    path.write_text("<html><body>" + opened * 100_000 + "产值12.5亿元", encoding="utf-8")
    assert "nested without end" in outcome(path)


def raw_pdf(content: bytes, filters: bytes = b"", kids: int = 1) -> bytes:
    """A PDF written by hand: one page, or the same one many times, and a form that calls itself three times."""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[" + b"3 0 R " * kids + b"]/Count %d>>" % kids,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>",
        b"<<" + filters + b"/Length %d>>stream\n" % len(content) + content + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X 6 0 R>>>>/Length 18>>stream\n"
        b"/X Do /X Do /X Do \nendstream",
    ]
    out = b"%PDF-1.7\n"
    places = []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj" % number + part + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, len(out))
    return out + head + table + tail


@pytest.mark.parametrize(
    ("content", "filters", "kids"),
    [
        (b"/X Do", b"", 1),
        (zlib.compress(b" " * 900_000_000, 9), b"/Filter/FlateDecode", 1),
        (b"BT /F 8 Tf 50 50 Td (12 ab) Tj ET", b"", 100_000),
    ],
    ids=["calls itself", "unpacks without end", "a hundred thousand pages"],
)
def test_a_hostile_pdf_ends_in_one_message(tmp_path, content, filters, kids):
    path = tmp_path / "plan.pdf"
    path.write_bytes(raw_pdf(content, filters, kids))
    assert outcome(path)


def test_squared_paper_is_no_table(tmp_path):
    lines = b"".join(b"%d 0 m %d 800 l S 0 %d m 600 %d l S " % (i * 3, i * 3, i * 4, i * 4) for i in range(199))
    (tmp_path / "plan.pdf").write_bytes(raw_pdf(lines + b"BT /F 8 Tf 50 50 Td (12 ab) Tj ET"))
    document = read_file(tmp_path / "plan.pdf")
    assert (document.tables, document.text.strip()) == ((), "12 ab")


def test_what_is_no_document_is_named(tmp_path):
    """Folders, pipes, files that are too large, archives, pictures and the old Office forms."""
    named = {
        "folder": "a folder",
        "missing.txt": "no such file",
        "pipe": "a device or pipe",
        "large.txt": "2,000 MB",
        "old.doc": "old form (.doc)",
        "locked.docx": "password",
        "other.zip": "neither a Word document nor",
        "picture.txt": "a picture (PNG)",
    }
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(2_000_000_000)
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    (tmp_path / "old.doc").write_bytes(ole + "WordDocument".encode("utf-16-le"))
    (tmp_path / "locked.docx").write_bytes(ole + "EncryptedPackage".encode("utf-16-le"))
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("notes.txt", "12")
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    for name, said in named.items():
        assert said in outcome(tmp_path / name), name


def test_the_command_ends_with_one_line_and_exit_code_2(tmp_path, sound, capsys):
    """What cannot be read says so in one line, without a traceback, whatever way it is broken."""
    archive = sound["plan.docx"]
    hostile = {
        "cut.docx": archive[: len(archive) // 2],
        "entity.docx": replaced(archive, "word/document.xml", word_body("<w:p/>", ENTITY)),
        "deep.html": ("<html>" + "<div>" * 100_000).encode(),
        "cut.pdf": sound["plan.pdf"][:300],
        "picture.pdf": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "empty.txt": b" \n",
        "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook".encode("utf-16-le"),
    }
    for name, raw in hostile.items():
        (tmp_path / name).write_bytes(raw)
        assert main(["read", str(tmp_path / name), "--json"]) == 2, name
        said = capsys.readouterr()
        assert (said.out, len(said.err.strip().splitlines())) == ("", 1), name
        assert "Traceback" not in said.err
