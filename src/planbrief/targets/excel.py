"""What spreadsheets do to files and cells: recognised and named, with what the cell must have been.

File damage (encodings, line ends, separators) is in :func:`decode`; damage to single cells in :func:`examine`. Both
only look; :mod:`planbrief.checks.repair` decides what is certain enough to be mended.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

#: Spaces that people cannot see at the ends of a cell.
SPACES = " \t\r\n\u00a0\u3000\u200b\ufeff\u2009\u202f"
_MONTHS = {name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_INTEGER = re.compile(r"-?\d+", re.ASCII)
_ERRORS = re.compile(r"#(REF!|NAME\?|VALUE!|DIV/0!|N/A|NULL!|NUM!|SPILL!)|#{3,}")
_FORMULA = re.compile(r"[=@]|[+-](?=[A-Za-z(=@+])")


@dataclass(frozen=True)
class Damage:
    """A cell that a spreadsheet changed: what happened, and what the cell can have been."""

    name: str
    candidates: tuple[str, ...] = ()
    #: Nothing else can have stood there.
    certain: bool = False


@dataclass(frozen=True)
class FileDamage:
    """Damage to a whole file."""

    line: int
    found: str
    expected: str
    fixable: bool = True


def decode(raw: bytes) -> tuple[str, list[FileDamage]]:
    """Text of a CSV file whatever it was saved as, with line ends LF, and what had to be done to get there."""
    damage: list[FileDamage] = []
    plain = "plain UTF-8 without BOM"
    # Without a mark UTF-16 is told by its zero bytes: those of ASCII commas and digits.
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or (len(raw) > 8 and raw[1:200:2].count(0) > len(raw[1:200:2]) * 0.4):
        encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le"
        try:
            text = raw.decode(encoding)
            if not _is_text(text):
                return "", [FileDamage(1, "bytes that are no text", plain, False)]
            damage.append(FileDamage(1, "UTF-16 (Excel's “Unicode text”)", plain))
        except UnicodeDecodeError:
            return "", [FileDamage(1, "UTF-16 that breaks off", plain, False)]
    else:
        if raw.startswith(b"\xef\xbb\xbf"):
            raw = raw[3:]
            damage.append(FileDamage(1, "a byte order mark (BOM) in front of the header", plain))
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            if not _looks_like_gbk(raw):
                found = f"byte 0x{raw[error.start]:02X}, which is not UTF-8"
                return "", [*damage, FileDamage(line, found, plain, False)]
            text = raw.decode("gb18030")
            damage.append(FileDamage(line, "GBK (saved by a Chinese Excel as “CSV”)", plain))
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        damage.append(
            FileDamage(line, "Windows line ends (CRLF)" if "\r\n" in text else "old Mac line ends (CR)", "LF")
        )
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("sep=") and "\n" in text[:8]:
        damage.append(FileDamage(1, "a line sep=… that Excel writes", "the header in row 1"))
        text = text[text.index("\n") + 1 :]
    return text, damage


def _looks_like_gbk(raw: bytes) -> bool:
    """Whether no line is UTF-8 Chinese and all of it decodes as GBK without loss."""
    for line in raw.splitlines():
        if not line.isascii():
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                continue
            return False
    try:
        text = raw.decode("gb18030")
        return text.encode("gb18030") == raw and _is_text(text)
    except UnicodeError:
        return False


def _is_text(text: str) -> bool:
    """Whether a person can have written it: no control characters, nothing that Unicode has not assigned."""
    return not any(unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs") for c in set(text) - set("\t\r\n\ufeff"))


def fits(value: str, field: Mapping[str, Any]) -> bool:
    """Whether a cell is what its field demands (an empty cell is, unless the field is required)."""
    rules = field.get("constraints", {})
    if value == "":
        return not rules.get("required")
    kind = field.get("type", "string")
    if kind in _FORMS and not _FORMS[kind](value):
        return False
    if len(value) > rules.get("maxLength", len(value)):
        return False
    if "minimum" in rules and kind in ("number", "integer") and float(value) < rules["minimum"]:
        return False
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        return False
    return "enum" not in rules or value in rules["enum"]


def is_date(value: str) -> bool:
    """Whether a cell is a day of the calendar, written 2025-09-01."""
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)) and bool(date.fromisoformat(value))
    except ValueError:
        return False


#: What a cell of each type must look like; a longer number than these is no figure of a plan.
_FORMS: dict[str, Callable[[str], bool]] = {
    "number": lambda value: bool(_NUMBER.fullmatch(value)) and len(value) <= 40,
    "integer": lambda value: bool(_INTEGER.fullmatch(value)) and len(value) <= 15,
    "boolean": lambda value: value in ("true", "false"),
    "date": is_date,
}


def strict(field: Mapping[str, Any]) -> bool:
    """Whether a field's cells have a form of their own (anything but free text)."""
    return field.get("type", "string") != "string" or bool({"pattern", "enum"} & set(field.get("constraints", {})))


def examine(value: str, field: Mapping[str, Any]) -> Damage | None:
    """What a spreadsheet did to a cell, None where nothing is recognised."""
    if not value:
        return None
    if value != value.strip(SPACES):
        return Damage("spaces around the text", (value.strip(SPACES),), fits(value.strip(SPACES), field))
    if _ERRORS.fullmatch(value):
        return Damage("an error value of a spreadsheet")
    if _FORMULA.match(value):
        return Damage("a formula")
    if value[0] in "'" and len(value) > 1:
        return Damage("an apostrophe that Excel puts before text", (value[1:],), fits(value[1:], field))
    if fits(value, field) or not strict(field):
        return None
    # Certain changes are undone one after another, as spreadsheets do several at once; then the first kind of damage
    # that leaves a fitting reading is named, and somebody else decides between its candidates.
    names, text = [], value
    for name, change in _CHANGES:
        changed = change(text, field)
        if changed != text:
            names.append(name)
            text = changed
            if fits(text, field):
                return Damage(" and ".join(names), (text,), True)
    for name, many in _READINGS:
        candidates = tuple(dict.fromkeys(found for found in many(text, field) if fits(found, field)))
        if candidates:
            return Damage(" and ".join([*names, name]), candidates, False)
    return None


def _without_quotes(text: str, field: Mapping[str, Any]) -> str:
    return text.strip("\"'“”‘’＂＇")


def _half_width(text: str, field: Mapping[str, Any]) -> str:
    wide = {c: unicodedata.normalize("NFKC", c) for c in text if "\uff01" <= c <= "\uff5e" or c == "\u3000"}
    return "".join(wide.get(c, c) for c in text)


def _hyphens(text: str, field: Mapping[str, Any]) -> str:
    return re.sub("[\u2010-\u2015\u2212\ufe58\ufe63]", "-", text)


def _integral(text: str, field: Mapping[str, Any]) -> str:
    """511900.0 → 511900 where a code, a year or a whole number belongs."""
    return re.sub(r"\.0+$", "", text) if field.get("type") != "number" and re.fullmatch(r"\d+\.0+", text) else text


def _lower(text: str, field: Mapping[str, Any]) -> str:
    closed = field.get("type") == "boolean" or "enum" in field.get("constraints", {})
    return text.lower() if closed else text


def _month(text: str, field: Mapping[str, Any]) -> str:
    """Sep-25, 2025/9, 2025年9月 → 2025-09; 2025/9/30 → 2025-09-30 (the first of a month is ambiguous in a period)."""
    if match := re.fullmatch(r"([A-Za-z]{3})[a-z]*[- ](\d{2}|\d{4})", text):
        if month := _MONTHS.get(match[1].lower()):
            return f"{match[2] if len(match[2]) == 4 else '20' + match[2]}-{month:02d}"
    elif match := re.fullmatch(r"(\d{4})[/.年-](\d{1,2})月?", text):
        return f"{match[1]}-{int(match[2]):02d}"
    day = _day(text)
    return day.isoformat() if day and (field.get("type") == "date" or day.day != 1) else text


def _day(text: str) -> date | None:
    match = re.fullmatch(r"(\d{4})[/.年-](\d{1,2})[/.月-](\d{1,2})日?(?: 0?0:00(?::00)?)?", text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
        if re.fullmatch(r"[345]\d{4}", text, re.ASCII):
            return date(1899, 12, 30) + timedelta(days=int(text))
    except ValueError:
        pass
    return None


def _days(text: str, field: Mapping[str, Any]) -> Iterator[str]:
    if day := _day(text):
        yield f"{day:%Y-%m}"
        yield day.isoformat()
    elif match := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        yield f"{match[3]}-{int(match[1]):02d}-{int(match[2]):02d}"
        yield f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}"
    elif (match := re.fullmatch(r"(\d{1,2})-([A-Za-z]{3})", text)) and (month := _MONTHS.get(match[2].lower())):
        yield f"20{int(match[1]):02d}-{month:02d}"


def _ungrouped(text: str, field: Mapping[str, Any]) -> Iterator[str]:
    if re.fullmatch(r"-?\d{1,3}([, ’']\d{3})+(\.\d+)?", text):
        yield re.sub("[, ’']", "", text)
    elif re.fullmatch(r"-?\d+,\d+", text):
        yield text.replace(",", ".")


def _scientific(text: str, field: Mapping[str, Any]) -> Iterator[str]:
    if re.fullmatch(r"-?\d+(\.\d+)?[eE][+-]?\d{1,2}", text):
        try:
            yield format(Decimal(text).normalize(), "f")
        except InvalidOperation:
            return


#: Changes that can be undone in one way only, in the order in which they are tried.
_CHANGES: tuple[tuple[str, Callable[[str, Mapping[str, Any]], str]], ...] = (
    ("quotation marks around the value", _without_quotes),
    ("full-width characters", _half_width),
    ("a dash where a hyphen belongs", _hyphens),
    ("a code or whole number with .0", _integral),
    ("capitals", _lower),
    ("a date that Excel made of it", _month),
)
#: Changes that leave more than one reading.
_READINGS: tuple[tuple[str, Callable[[str, Mapping[str, Any]], Iterator[str]]], ...] = (
    ("a date that Excel made of it", _days),
    ("separators in a number", _ungrouped),
    ("a number in scientific notation", _scientific),
)


def guesses(value: str) -> Iterator[tuple[str, str]]:
    """Earlier forms of a cell that looks right by itself, for rows that differ from their seal."""
    if re.fullmatch(r"\d{4}-\d\d-01", value):
        yield "a month that Excel made a day of", value[:7]
    if re.search("[“”‘’]", value):
        yield "smart quotes", re.sub("[‘’]", "'", re.sub("[“”]", '"', value))
    if re.search("[–—]", value):
        yield "a dash where a hyphen stood", re.sub("[–—]", "-", value)
    if "…" in value:
        yield "an ellipsis where three dots stood", value.replace("…", "...")
    if re.search("[\u00a0\u3000]", value):
        yield "a special space", re.sub("[\u00a0\u3000]", " ", value)
    if re.fullmatch(r"-?\d+\.0", value):
        yield "decimals that pandas added", value[:-2]
        yield "decimals that pandas added and zeros that it dropped", value[:-2].zfill(2)
    if re.fullmatch(r"\d+", value) and len(value) <= 12:
        yield "decimals that Excel dropped", value + ".0"
        yield "decimals that Excel dropped", value + ".00"
        yield "zeros that Excel dropped", value.zfill(len(value) + 1)
        yield "a comma that Excel dropped", f"{int(value):,}"
    elif re.fullmatch(r"\d+\.\d+", value) and len(value) <= 12:
        yield "a zero that Excel dropped", value + "0"
