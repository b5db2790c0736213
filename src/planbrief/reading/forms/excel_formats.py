"""Numbers as a spreadsheet shows them: decimals, per cent, thousands and dates by the cell's number format."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

#: Number formats that every workbook knows without declaring them.
BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
    41: "#,##0",
    42: "#,##0",
    43: "#,##0.00",
    44: "#,##0.00",
    49: "@",
    **dict.fromkeys((14, 15, 22, 27, 30, 31, 36, 50, 54, 58), "yyyy-mm-dd"),
    **dict.fromkeys((16,), "m-d"),
    **dict.fromkeys((17, 57), "yyyy-mm"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 45, 46, 47), "h:mm"),
}
_QUOTED = re.compile(r"\"([^\"]*)\"|\\(.)")
_SKIPPED = re.compile(r"\[[^\]]*\]|[_*].")
_DIGITS = re.compile(r"[0#?][0#?,]*(?:\.[0#?]+)?")
#: Days between the two calendars of Excel.
_CALENDAR_1904 = 1462


def shown(value: str, code: str, since_1904: bool = False) -> str:
    """A number of a cell as its format shows it; a form that is not understood shows the number itself.

    >>> [shown("0.05256", code) for code in ("0.0%", "0.00", "General", '0.0"个百分点"')]
    ['5.3%', '0.05', '0.05256', '0.1个百分点']
    >>> shown("1234567.8", "#,##0.0"), shown("45566", "yyyy-mm-dd"), shown("0.30000000000000004", "General")
    ('1,234,567.8', '2024-10-01', '0.3')
    """
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or abs(number) >= Decimal(10) ** 30:
        return value
    sections = _sections(code)
    section = sections[1] if number < 0 and len(sections) > 1 else sections[0]
    if number == 0 and len(sections) > 2:
        section = sections[2]
    literal = _QUOTED.sub("", _SKIPPED.sub("", section))
    if re.search(r"[ymdhs年月日]", literal, re.I) and not re.search(r"[0#]", literal):
        return _dated(number, literal, since_1904)
    return _numbered(number, section)


def _sections(code: str) -> list[str]:
    """Sections of a format for positive, negative and zero, split at semicolons outside quotes."""
    parts, quoted = [""], False
    for char in code:
        quoted = quoted != (char == '"')
        if char == ";" and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _numbered(number: Decimal, section: str) -> str:
    section = _SKIPPED.sub("", section)
    words = _QUOTED.sub(lambda match: "\0" * len(match[0]), section)
    digits = _DIGITS.search(words)
    if "general" in section.lower() or digits is None or "E" in words or "/" in words:
        return general(number)
    percent = words.count("%")
    scaled = number * Decimal(100) ** percent
    pattern = digits[0]
    scaled /= Decimal(1000) ** (len(pattern) - len(pattern.rstrip(",")))
    whole, _, places = pattern.rstrip(",").partition(".")
    rounded = abs(scaled).quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP)
    text = f"{rounded:,f}" if "," in whole else f"{rounded:f}"
    if places.endswith(("#", "?")) and "." in text:
        least = len(places.rstrip("#?"))
        left, _, right = text.partition(".")
        right = right[:least] + right[least:].rstrip("0")
        text = f"{left}.{right}" if right else left
    before, after = (_said(part) for part in (section[: digits.start()], section[digits.end() :]))
    sign = "-" if scaled < 0 and rounded else ""
    return f"{sign}{before.replace('-', '')}{text}{after}".replace("(", "").replace(")", "").strip()


def _said(part: str) -> str:
    """Literal characters of a part of a format."""
    return _QUOTED.sub(lambda match: match[1] or match[2] or "", part)


def general(number: Decimal) -> str:
    """A number without a format, with at most ten significant digits: the error of binary fractions is not shown.

    >>> general(Decimal("12.340000000000002")), general(Decimal("1E+3"))
    ('12.34', '1000')
    """
    if number == number.to_integral_value():
        return f"{number.quantize(Decimal(1)):f}"
    rounded = Decimal(f"{number:.10g}")
    return f"{rounded.normalize():f}"


def _dated(number: Decimal, literal: str, since_1904: bool) -> str:
    """A date as precise as its format shows it; a time of day for a number below one."""
    days = float(number) + (_CALENDAR_1904 if since_1904 else 0)
    if not 0 <= days < 2_958_466:
        return general(number)
    moment = datetime(1899, 12, 30) + timedelta(days=days)
    lower = literal.lower()
    if days < 1 or not re.search(r"[yd年日]|m{3}|月", lower):
        return f"{moment:%H:%M}"
    day = date(moment.year, moment.month, moment.day)
    if not re.search(r"d|日", lower):
        return f"{day:%Y-%m}" if re.search(r"m|月", lower) else f"{day:%Y}"
    return day.isoformat() if re.search(r"y|年", lower) else f"{day:%m-%d}"
