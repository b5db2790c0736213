"""The data as an Excel workbook: sheets, cells as they are typed, links between them."""

from __future__ import annotations

import io
import math
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from planbrief import __version__
from planbrief.display.language import LANGS, message, term
from planbrief.errors import PlanbriefError
from planbrief.export.archive import data_as_of, zip_bytes
from planbrief.files import sha256_of
from planbrief.log import visible
from planbrief.targets.package import Package, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet


#: What a spreadsheet takes for the start of a formula when a cell is typed or edited.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
#: Longest text of a cell in UTF-16 units, and digits that a cell's number holds: limits of the file format.
LONGEST_TEXT = 32_767
MOST_DIGITS = 15
_NUMBER = re.compile(r"-?(\d+)(?:\.(\d+))?")
_LINK_COLOUR = "#0B5394"


class TooLong(PlanbriefError):
    """A text does not fit in a cell."""

    text = "sheet {}, row {}, column {}: found {:,} characters; a cell of a workbook holds {:,}"


def like_formula(text: str) -> bool:
    """Whether a spreadsheet would take `text` for a formula if it were typed in."""
    return text.startswith(FORMULA_STARTS)


def shown_width(text: str) -> int:
    """Columns that `text` takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text[:200])


class Styles:
    """Formats of a workbook, each made once."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[tuple[str, ...], Format] = {}
        self.plain = workbook.add_format({"num_format": "@", "valign": "top"})
        self.count = workbook.add_format({"num_format": "#,##0", "align": "left"})
        self.head = workbook.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EEF4", "bottom": 1, "num_format": "@"}
        )
        self.strong = workbook.add_format({"bold": True, "valign": "top"})
        self.title = workbook.add_format({"bold": True, "font_size": 15, "text_wrap": True, "valign": "top"})
        self.wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})

    def _format(self, *key: str) -> Format:
        if key not in self._made:
            said: dict[str, object] = {"num_format": key[1], "valign": "top"}
            if "quoted" in key:
                said["quote_prefix"] = True
            if key[0] == "link":
                said |= {"font_color": _LINK_COLOUR, "underline": 1}
            self._made[key] = self._workbook.add_format(said)
        return self._made[key]

    def text(self, text: str) -> Format:
        """Format of a text; one that looks like a formula stays text even when somebody edits the cell."""
        return self._format("text", "@", "quoted") if like_formula(text) else self.plain

    def link(self, text: str) -> Format:
        """Format of a text that is a link inside the workbook."""
        return self._format("link", "@", "quoted") if like_formula(text) else self._format("link", "@")

    def number(self, decimals: int) -> Format:
        """Format of a number with so many decimals."""
        return self._format("number", "0" + ("." + "0" * decimals if decimals else ""))

    def day(self) -> Format:
        """Format of a date."""
        return self._format("date", "yyyy-mm-dd")

    def general(self) -> Format:
        """Format that leaves the number of decimals to the program."""
        return self._format("number", "General")


def cell_value(sheet: Worksheet, row: int, column: int, text: str, kind: str, styles: Styles) -> None:
    """Write a value by the type of its field; what is no such value stays text."""
    if kind in ("number", "integer") and (match := _NUMBER.fullmatch(text)) and text.isascii():
        whole, decimals = match[1], match[2] or ""
        number = float(text)
        if math.isfinite(number):
            # A double holds fifteen digits: with more, a fixed number of decimals would show digits that nobody
            # printed.
            exact = len((whole + decimals).lstrip("0")) <= MOST_DIGITS
            sheet.write_number(row, column, number, styles.number(len(decimals)) if exact else styles.general())
            return
    if kind == "boolean" and text in ("true", "false"):
        sheet.write_boolean(row, column, text == "true")
        return
    if kind == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            day = datetime.fromisoformat(text)
        except ValueError:
            day = datetime.min
        # A workbook counts days from 1900; an earlier date stays the text that it is.
        if day.year >= 1900:
            sheet.write_datetime(row, column, day, styles.day())
            return
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if units > LONGEST_TEXT:
        raise TooLong(sheet.get_name(), row + 1, column + 1, units, LONGEST_TEXT)
    sheet.write_string(row, column, text, styles.text(text))


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

    text = "table {}: found {:,} rows; a worksheet holds at most {:,}"


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
        about_sheet = made.add_worksheet("说明 About")
        for table in tables:
            _table_sheet(book, table)
        _about_sheet(book, about_sheet, package, tables, as_of)
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
    names: dict[str, dict[str, str]] = {}
    for table in tables:
        columns = [name for name in ("name_zh", "title_zh", "name_en", "title_en") if name in table.columns]
        names[table.name] = {
            key: _NO_XML.sub("�", visible(" ".join(row.values[name] for name in columns), 200))
            for key, row in table.by_key.items()
        }
    return names


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
                cell_value(sheet, line, column, text, field.get("type", "string"), book.styles)
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
                table.name, field["name"], field.get("title", ""), field.get("type", "string"), field.get("unit", ""),
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
