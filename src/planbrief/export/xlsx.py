"""The data as one workbook: a sheet per table, a first sheet that explains, a last one that describes the columns.

Sheets carry the names of the tables, so that ``pandas.read_excel(…, sheet_name="observations")`` stays plain; heads
are the Chinese titles of ``datapackage.json`` above the column names. Text is written as text, always: no cell of the
data becomes a formula, a number or a web address.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from planbrief import __version__
from planbrief.display.language import LANGS, message, term
from planbrief.errors import PlanbriefError
from planbrief.export.archive import data_as_of, zip_bytes
from planbrief.export.cells import Styles, cell_value, shown_width
from planbrief.files import sha256_of
from planbrief.log import visible
from planbrief.targets.package import Package, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

#: Limits of the file format.
MOST_ROWS = 1_048_575
MOST_LINKS = 65_000
#: Widest column, in characters.
WIDEST = 60
_CUSTOM = "docProps/custom.xml"
_SEAL = "planbrief_seal"
_UNSEALED = "0" * 64
_NO_XML = re.compile("[\ufffe\uffff]")


class TooLarge(PlanbriefError):
    """A table does not fit on a worksheet."""

    def __init__(self, table: str, rows: int, most: int) -> None:
        super().__init__(table, rows, most)
        self.table, self.rows, self.most = table, rows, most

    def __str__(self) -> str:
        return f"table {self.table}: found {self.rows:,} rows; a worksheet holds at most {self.most:,}"


@dataclass(frozen=True)
class Book:
    """What the sheets need of each other: the workbook, styles, sheets, rows and names by key."""

    workbook: Workbook
    styles: Styles
    sheets: Mapping[str, str]
    places: Mapping[str, Mapping[str, int]]
    names: Mapping[str, Mapping[str, str]]

    def link(self, table: str, key: str) -> str:
        """Address of a row inside the workbook, empty if there is none."""
        row = self.places.get(table, {}).get(key)
        return f"internal:'{self.sheets[table]}'!A{row}" if row else ""


def workbook(package: Package) -> bytes:
    """The workbook of `package`: equal data, equal bytes."""
    from xlsxwriter import Workbook

    tables = [package[name] for name in _order(package)]
    for table in tables:
        if len(table.rows) > MOST_ROWS:
            raise TooLarge(table.name, len(table.rows), MOST_ROWS)
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as made:
        as_of = data_as_of(package)
        made.set_properties(
            {
                "title": message("export.title", "zh"),
                "subject": message("export.title", "en"),
                "author": f"planbrief {__version__}",
                "comments": package.sha256,
                "created": datetime.fromisoformat(as_of or "1980-01-01"),
            }
        )
        made.set_custom_property(_SEAL, _UNSEALED)
        book = Book(made, Styles(made), _sheet_names(tables), _places(tables), _names(tables))
        about = made.add_worksheet("说明 About")
        for table in tables:
            _table_sheet(book, table)
        _about_sheet(book, about, package, tables, as_of)
        _columns_sheet(book, tables)
    with zipfile.ZipFile(buffer) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return zip_bytes(_sealed(files))


def _order(package: Package) -> list[str]:
    """Tables in the order of the sheets: observations first, then as described."""
    names = list(package.tables)
    return ["observations", *(name for name in names if name != "observations")]


def _sheet_names(tables: list[Table]) -> dict[str, str]:
    """A sheet's name for each table: its own, within what the format allows, each once."""
    names: dict[str, str] = {}
    for table in tables:
        name = base = re.sub(r"[\[\]:*?/\\'\x00-\x1f]", "_", table.name)[:28] or "_"
        again = 1
        while name.casefold() in {given.casefold() for given in names.values()} | {"history"}:
            again += 1
            name = f"{base}{again}"
        names[table.name] = name
    return names


def _places(tables: list[Table]) -> dict[str, dict[str, int]]:
    """Row of each key (as a spreadsheet counts) in tables with one key column."""
    return {
        table.name: {row.values[table.key[0]]: line for line, row in enumerate(table.rows, start=2)}
        for table in tables
        if len(table.key) == 1
    }


def _names(tables: list[Table]) -> dict[str, dict[str, str]]:
    """Name of each key in both languages, shown where the mouse rests on a link."""
    found: dict[str, dict[str, str]] = {}
    for table in tables:
        columns = [name for name in ("name_zh", "title_zh", "name_en", "title_en") if name in table.columns]
        found[table.name] = {
            key: _NO_XML.sub("�", visible(" ".join(row.values[name] for name in columns), 200))
            for key, row in table.by_key.items()
        }
    return found


def _references(table: Table) -> dict[str, str]:
    """Column → table that it refers to."""
    return {key["fields"][0]: key["reference"]["resource"] or table.name for key in table.schema.get("foreignKeys", [])}


def _table_sheet(book: Book, table: Table) -> None:
    """One table: a head, its rows, links to the rows that it refers to."""
    sheet = book.workbook.add_worksheet(book.sheets[table.name])
    fields = table.schema["fields"]
    references = _references(table)
    widths = []
    links = 0
    for column, field in enumerate(fields):
        name = field["name"]
        title = field.get("title", "")
        sheet.write_string(0, column, f"{title}\n{name}" if title else name, book.styles.head)
        width = max(shown_width(title), shown_width(name)) + 3  # room for the button of the filter
        for line, row in enumerate(table.rows, start=1):
            text = row.values[name]
            width = max(width, shown_width(text) + 1)
            key = text.partition(" ")[0]  # a result names all its observations; its link goes to the first
            target = book.link(references[name], key) if name in references and text else ""
            if target and links < MOST_LINKS:
                links += 1
                tip = book.names[references[name]].get(key, "")
                sheet.write_url(line, column, target, book.styles.link(text), string=text, tip=tip)
            elif text:
                cell_value(sheet, line, column, text, field["type"], book.styles)
        widths.append(min(width, WIDEST))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(table.rows), len(fields) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{len(table.rows) + 1}"})
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.repeat_rows(0)


def _page(sheet: Worksheet) -> None:
    """Print on A4, turned, as wide as the sheet."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _about_sheet(book: Book, sheet: Worksheet, package: Package, tables: list[Table], as_of: str) -> None:
    """The first sheet: what this is, in both languages, with links to the other sheets."""
    styles, line = book.styles, 0

    def words(key: str, style: Any) -> None:
        nonlocal line
        texts = [message(f"export.{key}", lang) for lang in LANGS]
        for column, text in enumerate(texts):
            sheet.write_string(line, column, text, style)
        height(*texts, of=20 if style is styles.title else 15)
        line += 1

    def height(*texts: str, of: int = 15) -> None:
        """Room for texts that are broken into lines: programs do not all find it themselves."""
        sheet.set_row(line, of * max(-(-shown_width(text) // (WIDEST - 4)) for text in texts))

    def fact(key: str, value: str) -> None:
        words(key, styles.strong)
        sheet.write_string(line - 1, 2, value, styles.text(value))

    words("title", styles.title)
    for key in ("about", "links", "text"):
        words(key, styles.wrapped)
    line += 1
    fact("edition", package.sha256)
    fact("data_as_of", as_of)
    fact("version", str(package.descriptor.get("version", "")))
    licences = package.descriptor.get("licenses", [])
    fact("licence", "; ".join(_licence(one) for one in licences if isinstance(one, dict)))
    line += 1
    words("tables", styles.strong)
    for table in tables:
        for column, lang in enumerate(LANGS):
            title = term("export_table", table.name, lang)
            sheet.write_url(line, column, f"internal:'{book.sheets[table.name]}'!A1", styles.link(title), string=title)
        sheet.write_number(line, 2, len(table.rows), styles.count)
        line += 1
    line += 1
    words("documents", styles.strong)
    for row in package["sources"].rows:
        said = row.values
        for column, name in enumerate(("title_zh", "title_en")):
            sheet.write_string(line, column, said[name], styles.wrapped)
        key = said["source_id"]
        sheet.write_url(line, 2, book.link("sources", key), styles.link(key), string=key)
        parts = [said[name] for name in ("date_published", "producer", "doc_number", "disclosure") if said[name]]
        if not said["file_name"]:
            parts += [message("sources.typed", lang) for lang in ("zh", "en")]
        facts = "  ".join(parts)
        sheet.write_string(line, 3, facts, styles.text(facts))
        height(said["title_zh"], said["title_en"])
        line += 1
    sheet.set_column(0, 1, WIDEST)
    sheet.set_column(2, 2, 28)
    sheet.set_column(3, 3, WIDEST)
    sheet.hide_gridlines(2)
    _page(sheet)


def _licence(licence: Mapping[str, Any]) -> str:
    return str(licence.get("title") or licence.get("name") or licence.get("path") or "")


def _columns_sheet(book: Book, tables: list[Table]) -> None:
    """The last sheet: every column with type, unit, description and allowed values."""
    sheet = book.workbook.add_worksheet("字段 Columns")
    keys = ("table", "column", "heading", "type", "unit", "description", "allowed")
    for column, key in enumerate(keys):
        head = f"{message(f'export.{key}', 'zh')}\n{message(f'export.{key}', 'en')}"
        sheet.write_string(0, column, head, book.styles.head)
    line = 0
    for table in tables:
        for field in table.schema["fields"]:
            line += 1
            enum = field.get("constraints", {}).get("enum", [])
            said = (
                table.name, field["name"], field.get("title", ""), field["type"], field.get("unit", ""),
                field.get("description", ""), ", ".join(str(value) for value in enum),
            )  # fmt: skip
            for column, value in enumerate(said):
                text = str(value)
                sheet.write_string(line, column, text, book.styles.text(text))
    for column, width in enumerate((18, 20, 16, 10, 12, WIDEST, WIDEST)):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, line, len(keys) - 1)
    sheet.repeat_rows(0)
    _page(sheet)


def _contents(files: Mapping[str, bytes]) -> str:
    """Digest of everything in a workbook but its custom properties, in which it stands."""
    return sha256_of(
        "".join(f"{sha256_of(files[name])} {name}\n" for name in sorted(files) if name != _CUSTOM).encode()
    )


def _sealed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The parts of a workbook with the digest of their content among its custom properties."""
    seal = _contents(files).encode()
    return {**files, _CUSTOM: files[_CUSTOM].replace(_UNSEALED.encode(), seal)}


def is_ours(files: Mapping[str, bytes]) -> bool:
    """Whether the parts of a workbook are as planbrief wrote them; saving it in a spreadsheet program ends that."""
    return _CUSTOM in files and _SEAL.encode() in files[_CUSTOM] and _contents(files).encode() in files[_CUSTOM]
