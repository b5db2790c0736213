"""An edition whose data, notebook text and parameters are full of attack strings: built whole, inert everywhere.

The strings stand where strangers' text comes from: names of places and indicators, subjects, locators, printed forms,
comments, titles of documents, the analyst's Markdown and sentences, a parameter and the address for corrections.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from e2e import tagged_pdf
from e2e.edition import ROOT, Edition
from render.conftest import Visit

pytestmark = [pytest.mark.xdist_group("edition"), pytest.mark.slow]

#: One line that means something to Typst, HTML, Jinja, Markdown, CSS, spreadsheets and Python templates.
TYPST = '#import "x.typ": * $x^2$ @ref <label> ] #panic("p") \\u{41} \\n \\'
MARKUP = "<script>window.hacked=1</script><img src=x onerror=window.hacked=2> </script> &lt;b&gt;"
TEMPLATE = "{{ 7*7 }} {% raw %} `code` | pipe | ${HOME}"
ADDRESS = "javascript:window.hacked=3 url(https://evil.example/x) expression(window.hacked=4)"
FORMULA = '=cmd|"/c calc"!A1'
STRINGS = (TYPST, MARKUP, TEMPLATE, ADDRESS, FORMULA)
#: Sent through data that may hold them: a control character, a bidirectional override, a byte order mark.
HIDDEN = "ctl\x1b[31mred bidi\u202egnp.exe bom\ufeffend"
CITY = "綦江"


def squeezed(text: str) -> str:
    """Text without any white space: pages break lines where they like."""
    return re.sub(r"\s+", "", text)


def change(path: Path, edit: Any) -> None:
    """Rewrite a CSV file of the package row by row."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        edit(row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def attack_data(data: Path) -> None:
    """Put the strings into every kind of free text of one city's data."""
    indicators = set()

    def observation(row: dict[str, str]) -> None:
        indicators.add(row["indicator"])
        row["locator"] = f"{row['locator']} {TYPST} {FORMULA}"
        row["comment_obs"] = f"{MARKUP} {TEMPLATE} {ADDRESS} {FORMULA} {TYPST} {HIDDEN}"
        if row["subject"]:
            row["subject"] = f"{row['subject']} {MARKUP}"

    def indicator(row: dict[str, str]) -> None:
        if row["indicator"] in indicators:
            row["name_zh"] = f"{row['name_zh']} {TYPST}"
            row["name_en"] = f"{row['name_en']} {TEMPLATE}"

    def source(row: dict[str, str]) -> None:
        if row["source_id"] == "qijiang-smart-2025":
            row["title_zh"] = f"{FORMULA} {row['title_zh']} {MARKUP} {HIDDEN}"
            row["title_en"] = f"{FORMULA} {row['title_en']} {MARKUP} {HIDDEN}"
            row["producer"] = f"{ADDRESS}"

    def area(row: dict[str, str]) -> None:
        if row["ref_area"] == "qijiang":
            row["name_zh"], row["name_en"] = f"{CITY} {TYPST}", f"Qijiang {TYPST}"

    change(data / "documents" / "qijiang-smart-2025" / "observations.csv", observation)
    change(data / "indicators.csv", indicator)
    change(data / "documents" / "qijiang-smart-2025" / "source.csv", source)
    change(data / "areas.csv", area)


def attack_notebook(path: Path) -> None:
    """Put them into the analyst's own words: Markdown cells, a heading, a sentence with a value."""
    notebook = nbformat.read(path, as_version=4)
    shown = "\n\n".join(f"`` {text} ``" for text in STRINGS)
    raw = f"{MARKUP}\n\n[link](javascript:window.hacked=5) ![x](https://evil.example/y.png)\n\n<style>body{{background:url(//evil.example)}}</style>"
    cells = [
        nbformat.v4.new_markdown_cell(f"{shown}\n\n{raw}", id="hostile-words"),
        nbformat.v4.new_code_cell(
            "from planbrief.display import heading, say\n"
            f"note = {' '.join(STRINGS)!r}\nsay(zh='引文：{{note}}', en='Quotation: {{note}}', note=note)\n"
            f"heading({TYPST!r}, {TYPST!r}, level=3)",
            id="hostile-call",
        ),
    ]
    notebook.cells[-1:-1] = cells
    nbformat.write(notebook, path)


def planbrief(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command on the attacked project."""
    environment = {**os.environ, "PLANBRIEF_PROJECT": str(project), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "planbrief", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the strings in it."""
    root = tmp_path_factory.mktemp("hostile") / "project"
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, root / name)
    (root / "reports").mkdir()
    catalog = (ROOT / "reports" / "catalog.toml").read_text(encoding="utf-8")
    for lang in ("zh", "en"):
        quoted = f"{lang} = {json.dumps(' '.join(STRINGS))}"
        catalog = re.sub(rf'(?m)^{lang} = ".*"$', lambda _, quoted=quoted: quoted, catalog, count=1)
    (root / "reports" / "catalog.toml").write_text(catalog, encoding="utf-8")
    attack_data(root / "data")
    attack_notebook(root / "notebooks" / "profile.ipynb")
    return root


@pytest.fixture(scope="module")
def built(attacked: Path) -> tuple[Edition, subprocess.CompletedProcess[str]]:
    """The edition and what the build said."""
    out = attacked.parent / "latest"
    done = planbrief(attacked, "build", "profile-qijiang", "databook", "--out", str(out), "--jobs", "2", "--unchecked")
    assert done.returncode == 0, done.stderr
    return Edition(out), done


def test_it_builds_and_the_terminal_sees_no_control_sequence(
    built: tuple[Edition, subprocess.CompletedProcess[str]], attacked: Path
) -> None:
    """Build, list and check print the names with nothing in them that a terminal obeys."""
    edition, done = built
    said = done.stdout + done.stderr
    with (attacked / "data" / "documents" / "qijiang-smart-2025" / "observations.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        key = next(csv.DictReader(file))["obs_id"]
    lists = (("list", what) for what in ("areas", "indicators", "sources", "reports"))
    for words in (*lists, ("check",), ("lineage", key, "--edition", str(edition.root))):
        listed = planbrief(attacked, *words)
        assert "Traceback" not in listed.stderr
        said += listed.stdout + listed.stderr
    assert CITY in said
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]", said) == []
    assert len(edition.pdfs) == 4


@pytest.mark.browser
def test_pages_run_nothing_ask_for_nothing_and_show_the_strings(
    built: tuple[Edition, subprocess.CompletedProcess[str]], browser: Any
) -> None:
    """In Chromium: no script of theirs, no request, no dialog; every string literally on the page and in the panel."""
    edition, _ = built
    for path in edition.pages:
        context = browser.new_context(viewport={"width": 390, "height": 900}, reduced_motion="reduce")
        seen = Visit(context.new_page())
        alerts: list[str] = []
        seen.page.on("dialog", lambda dialog, alerts=alerts: (alerts.append(dialog.message), dialog.dismiss()))
        seen.page.goto(path.as_uri())
        for link in seen.page.query_selector_all("main a[data-o]")[:3]:
            link.click()
            panel = squeezed(seen.page.inner_text("dialog"))
            if "qijiang" in path.name:
                assert squeezed(MARKUP) in panel
                assert squeezed(FORMULA) in panel
                assert "[U+202E]" in panel
            seen.page.keyboard.press("Escape")
        assert seen.page.evaluate("window.hacked") is None, edition.name(path)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390, edition.name(path)
        assert seen.foreign == [], edition.name(path)
        assert [note for note in seen.errors if "Content Security Policy" not in note] == []
        assert alerts == []
        text = squeezed(seen.page.text_content("body") or "")
        assert squeezed(TYPST) in text, edition.name(path)
        if path.parent.name in ("zh", "en") and "qijiang" in path.name:
            for string in STRINGS:
                assert squeezed(string) in squeezed(seen.page.inner_text("main")), (edition.name(path), string)
        addresses = seen.page.eval_on_selector_all("a[href]", "nodes => nodes.map((node) => node.protocol)")
        # An address that only leads somewhere when a reader follows it may stay a link, a script may not.
        assert set(addresses) <= {"file:", "https:"}, edition.name(path)
        context.close()


def test_pdfs_show_the_strings_literally(built: tuple[Edition, subprocess.CompletedProcess[str]]) -> None:
    """Typst read none of them as markup; hidden characters show as code points; no link runs anything."""
    edition, _ = built
    for lang in ("zh", "en"):
        path = edition.root / lang / "profile-qijiang.pdf"
        text = tagged_pdf.text(path)
        for string in STRINGS:
            assert squeezed(string) in text, (edition.name(path), string)
        assert "[U+202E]" in text
    for path in edition.pdfs:
        assert squeezed(TYPST) in tagged_pdf.text(path)
        addresses = re.findall(rb"/URI\s*\(([^)]*)\)", path.read_bytes())
        own = re.compile(
            rb"(\.\./|numbers/)?[a-z0-9-]+(\.en)?\.html(#[A-Za-z0-9/=_.-]+)?"
        )  # pages of the edition beside it
        assert [uri for uri in addresses if uri[:8] != b"https://" and not own.fullmatch(uri)] == []


def test_exports_are_inert(attacked: Path, tmp_path: Path) -> None:
    """In a workbook the strings are text, not formulas; in CSV nothing begins as a formula would."""
    from openpyxl import load_workbook

    done = planbrief(attacked, "export", "--to", "xlsx", "--out", str(tmp_path / "data.xlsx"))
    assert done.returncode == 0, done.stderr
    book = load_workbook(tmp_path / "data.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    attacks = [cell for cell in cells if FORMULA in str(cell.value)]
    assert attacks
    assert {cell.data_type for cell in attacks} <= {"s"}
    assert [cell for cell in cells if cell.data_type == "f" and "cmd" in str(cell.value)] == []
    links = [cell.hyperlink for cell in cells if cell.hyperlink is not None]
    assert [link for link in links if link.target and not link.target.startswith("#")] == []
    done = planbrief(attacked, "export", "--to", "sdmx-csv", "--out", str(tmp_path / "sdmx"))
    assert done.returncode == 0, done.stderr
    for path in (tmp_path / "sdmx").rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                assert [cell for cell in row if re.match(r"[=+@\t\r]", cell)] == [], path.name


def test_a_hostile_parameter_is_refused_in_one_clean_message(attacked: Path, tmp_path: Path) -> None:
    """A parameter of attack strings builds nothing, ends with 2, and is repeated without control characters."""
    for value in (f"qijiang {MARKUP}", f"{HIDDEN}", "../../etc", FORMULA):
        done = planbrief(attacked, "build", "profile-qijiang", "-p", f"region={value}", "--out", str(tmp_path / "out"))
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufeff]", done.stderr)
    assert not (tmp_path / "out").exists()
