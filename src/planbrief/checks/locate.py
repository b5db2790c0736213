"""Unaccounted numbers of a text as ready rows, so that nobody ever counts characters by hand.

What the wording around a number decides fills its cells: comparator, transformation, period, reason to leave it out. A
person reads each row; where the wording leaves a choice the cell is empty."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planbrief.checks.verification import LARGEST_SOURCE
from planbrief.errors import PlanbriefError
from planbrief.targets.dataset import Dataset
from planbrief.targets.descriptor import COLUMNS
from planbrief.targets.printed_units import SIMPLIFIED, plain, unit_behind
from planbrief.targets.spans import NUMERAL, TOKEN, Places, read, tokens
from planbrief.targets.units import UnitTable
from planbrief.targets.wording import comparator as comparator_of

_JOINT = re.compile(r"\s*(?:-|－|–|—{1,2}|~|～|至)\s*")
#: Behind a Chinese numeral: what belongs to the printed form, then what makes it a quantity.
_TAIL = re.compile(r"[余餘多]?(?:[级級]|倍(?:以上)?)?")
_SIZE_CLASS = re.compile(rf"(?:[{NUMERAL.pattern[1:-2]}]+[个個](?:\([a-zè]+\))?)?{NUMERAL.pattern}(?=[级級])")
_CLASSIFIERS = re.compile("大(?![学会学型小])|[个家户条项座处类种张片支场所间]")
#: A position: 居全市首位, 居世界第一.
_RANK = re.compile(rf"[居列排][^，。；,;\d\n]{{0,8}}?(首(?=位)|第{NUMERAL.pattern})")
#: Numerals that mostly are part of a word: 一个, 千家万户.
_WORDS = frozenset("一万千十亿萬億")
#: Characters in front of a numeral that make it an ordinal, a date or part of a word.
_NO_QUANTITY = re.compile(r"(?:第|初|星期|周|[a-zA-Z0-9.,])$")


@dataclass(frozen=True)
class Located:
    """What :func:`locate` proposes: rows for the tables, and for the screen where each number stands."""

    source_id: str
    #: A row for the document's ``source.csv``, empty if the text is in it.
    source: dict[str, str]
    observations: tuple[dict[str, str], ...]
    exclusions: tuple[dict[str, str], ...]
    #: Line, column and surroundings of each row, in the order of the text: never for a file.
    contexts: tuple[str, ...]
    #: What a person should know first.
    notes: tuple[str, ...] = ()


class UnreadableSource(PlanbriefError):
    """A source text cannot be read."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file, self.reason = file, reason

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


def read_text(file: Path) -> tuple[bytes, str]:
    """Bytes and text of a source file; :class:`UnreadableSource` says what is wrong with it."""
    try:
        if file.stat().st_size > LARGEST_SOURCE:
            raise UnreadableSource(str(file), f"larger than {LARGEST_SOURCE // 2**20} MiB")
        raw = file.read_bytes()
        return raw, raw.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = f"byte {error.start} is no UTF-8; save the text as UTF-8 first (a GBK text: iconv -f GB18030 -t UTF-8)"
        raise UnreadableSource(str(file), hint) from None
    except (OSError, ValueError) as error:
        raise UnreadableSource(str(file), getattr(error, "strerror", None) or str(error)) from None


def locate(source_file: Path | str, dataset: Dataset, source_id: str = "") -> Located:
    """Numbers of a text that the tables do not account for, as ready rows.

    A number whose surroundings make plain that it states no quantity (a date, a list number) becomes an exclusion,
    every other one an observation; cells that the wording does not decide are empty. `source_id` names a text that is
    not yet under ``data/documents`` (default: from the file's name).
    """
    file = Path(source_file)
    raw, text = read_text(file)
    digest = hashlib.sha256(raw).hexdigest()
    known = dataset.package["sources"].rows
    rows = [row.values for row in known if source_id == row.values["source_id"]]
    rows += [row.values for row in known if digest == row.values["sha256"] or file.name == row.values["file_name"]]
    source: dict[str, str] = {}
    notes = []
    if rows and not (source_id and rows[0]["source_id"] != source_id):
        source_id, published = rows[0]["source_id"], rows[0]["date_published"]
        if rows[0]["sha256"] != digest:
            notes.append(f"{file.name} differs from the text that its source.csv describes: spans may have moved")
    else:
        source_id, published = source_id or slug(file.stem), ""
        source = dict.fromkeys(COLUMNS["sources"].split(), "")
        source |= {"source_id": source_id, "language": script(text), "file_name": file.name}
        source |= {"sha256": digest, "characters": str(len(text))}
    taken = [
        (int(row.values["char_start"]), int(row.values["char_end"]))
        for table in ("observations", "exclusions")
        for row in dataset.package[table].rows
        if row.values["source_id"] == source_id
    ]
    units = UnitTable(row.values for row in dataset.package["units"].rows)
    places = Places(text)
    paragraphs = paragraph_numbers(text)
    observations: list[dict[str, str]] = []
    exclusions: list[dict[str, str]] = []
    contexts: list[str] = []
    for start, end in sorted({*digit_spans(text), *numeral_spans(text, units)}):
        if any(first < end and start < last for first, last in taken):
            continue
        spot = places.spot(start)
        reason = exclusion_reason(text, start, end) if TOKEN.fullmatch(text[start:end]) else ""
        contexts.append(
            f"{spot.line}:{spot.column}  {places.excerpt(start, end)}" + (f"  ({reason})" if reason else "")
        )
        if reason:
            exclusions.append(
                {
                    "source_id": source_id,
                    "char_start": str(start),
                    "char_end": str(end),
                    "value_text": text[start:end],
                    "reason": reason,
                    "comment": "",
                }
            )
        else:
            row = observation(text, start, end, units, published)
            row |= {"source_id": source_id, "locator": f"第{paragraphs[spot.line]}段"}
            observations += numbered(row, source_id, start)
    return Located(source_id, source, tuple(observations), tuple(exclusions), tuple(contexts), tuple(notes))


def observation(text: str, start: int, end: int, units: UnitTable, published: str) -> dict[str, str]:
    """A row of observations as far as the wording decides it."""
    unit = unit_behind(text, end, units)
    value_text = text[start:end]
    front = plain(text[max(0, start - 12) : start])
    if re.match("首|第", value_text) or (not unit and re.search(r"[居列排位][^，。；\d]{0,8}第$", front)):
        unit = "位"
    if not unit and (value_text[-1] in "级級" or re.match("[级級]", text[end : end + 1])):
        unit = "亿元"
    if not unit and "倍" in value_text:
        unit = "倍"
    if not unit and text[end : end + 1] == "大":
        unit = "个"
    if multiplier := re.search("[万萬亿億]$", value_text):
        unit = multiplier[0].translate(SIMPLIFIED) + unit
    reading = read(value_text, unit)
    values = reading.values or ()
    row = dict.fromkeys(COLUMNS["observations"].split(), "")
    return row | {
        "time_period": period(text, start, end, published),
        "obs_value": " ".join(format(value, "f") for value in values),
        "upper_value": "" if reading.upper is None else format(reading.upper, "f"),
        "comparator": reading.comparator or comparator(text, start, end),
        "transformation": transformation(text, start, end, unit),
        "unit_measure": unit,
        "obs_status": "A",
        "char_start": str(start),
        "char_end": str(end),
        "value_text": value_text,
    }


def numbered(row: dict[str, str], source_id: str, start: int) -> Iterator[dict[str, str]]:
    """The row with its id, once for each value that the span stands for (二个千亿级: two clusters, 1000 亿元)."""
    values = row["obs_value"].split() or [""]
    for position, value in enumerate(values):
        letter = "" if position == 0 else chr(ord("a") + position)
        one = row | {"obs_id": f"{source_id}-{start:05d}{letter}", "obs_value": value}
        if len(values) > 1 and position == 0:
            one |= {"unit_measure": "个", "comparator": "eq"}
        yield one


def digit_spans(text: str) -> Iterator[tuple[int, int]]:
    """Numbers in digits; two that form a range (not of years) are one span."""
    found = list(tokens(text))
    position = 0
    while position < len(found):
        one = found[position]
        if position + 1 < len(found):
            other = found[position + 1]
            joined = _JOINT.fullmatch(text[one.end : other.start])
            reasons = exclusion_reason(text, one.start, one.end) or exclusion_reason(text, other.start, other.end)
            if joined and not reasons and read(one.text).values[0] < read(other.text).values[0]:
                yield one.start, other.end
                position += 2
                continue
        yield one.start, one.end
        position += 1


def numeral_spans(text: str, units: UnitTable) -> Iterator[tuple[int, int]]:
    """Chinese numerals that clearly state a quantity: 三倍以上, 千亿级, 百余个, 四大, 六类; never 一 by itself."""
    for match in _SIZE_CLASS.finditer(text):
        yield match.start(), match.end() + 1
    for match in _RANK.finditer(text):
        yield match.span(1)
    sizes = [(match.start(), match.end() + 1) for match in _SIZE_CLASS.finditer(text)]
    for match in NUMERAL.finditer(text):
        start, end = match.span()
        if any(first <= start < last for first, last in sizes) or _NO_QUANTITY.search(text[max(0, start - 2) : start]):
            continue
        tail = _TAIL.match(text, end)
        stop = tail.end() if tail else end
        printed = text[start:stop]
        if "倍" in printed:
            yield start, stop
            continue
        behind = plain(text[stop : stop + 12])
        unit = unit_behind(text, stop, units)
        counted = bool(_CLASSIFIERS.match(behind)) or (
            unit and unit not in ("年", "月", "天", "次", "级", "期", "届", "度")
        )
        whole = read(printed).values
        vague = match.group() in _WORDS and printed[-1] not in "余餘多" and not behind.startswith("大")
        if counted and whole and not vague:
            yield start, stop


def paragraph_numbers(text: str) -> dict[int, int]:
    """Line → number of its paragraph (lines that hold something are counted)."""
    numbers, count = {}, 0
    for line, content in enumerate(text.split("\n"), start=1):
        count += bool(content.strip())
        numbers[line] = max(count, 1)
    return numbers


def slug(stem: str) -> str:
    """A source_id from a file name: lower case, hyphens, beginning with a letter."""
    words = re.sub("[^a-z0-9]+", "-", stem.lower()).strip("-")
    return words if words[:1].isalpha() else f"source-{words}".rstrip("-")


def script(text: str) -> str:
    """Language tag of a text by its characters."""
    if not re.search("[\u4e00-\u9fff]", text):
        return "en"
    traditional = sum(text.count(chr(code)) for code in SIMPLIFIED if chr(SIMPLIFIED[code]) != chr(code))
    simplified = sum(text.count(chr(code)) for code in set(SIMPLIFIED.values()) - set(SIMPLIFIED))
    return "zh-Hant" if traditional > simplified else "zh-Hans"


_CLAUSE = re.compile(r"[，。；、：,;:！？!?（）()\n]")
_SENTENCE_END = "。；！？\n"
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)(?:年(?:(\d{1,2})月|(上半年)|(下半年)|([前一])季度)?|(?=[—–-]|末|底))")
_THIS_YEAR = re.compile("今年|本年|年内")
_LAST_YEAR = re.compile("去年|上年")

#: Reasons for an exclusion, each with a pattern of the text in front of the number, one of the number itself, and one
#: of the text behind it, on the same line; the first that fits wins.
_REASONS: tuple[tuple[str, str, str, str], ...] = (
    ("page_chrome", r"", r"", r"[\w-]*\.(?:png|jpe?g|gif|webp)"),
    ("document_number", r"〔$", r"", r"〕"),
    ("document_number", r"〔\d{4}〕\s*第?$", r"", r"号"),
    ("document_number", r"第$", r"\d+", r"号令"),
    ("plan_name_years", r"《[^》]*$", r"(?:19|20)\d\d", r""),
    ("plan_name_years", r"[（(]$", r"(?:19|20)\d\d", r"\s*[-—–~至]+\s*(?:19|20)\d\d年?[）)]"),
    ("plan_name_years", r"[（(](?:19|20)\d\d\s*[-—–~至]+\s*$", r"(?:19|20)\d\d", r"年?[）)]"),
    ("date", r"", r"(?:19|20)\d\d", r"\s*(?:年|[-—–/.~至]\s*\d{1,4})"),
    ("date", r"(?:19|20)\d\d\s*[-—–~至/.]+\s*$", r"\d+", r""),
    ("date", r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]$", r"\d+", r""),
    ("date", r"", r"\d{1,2}", r"月(?!底以)"),
    ("date", r"月\s*$|日\s*[-—–至]+\s*$", r"\d{1,2}", r"\s*日"),
    ("date", r"", r"\d{1,2}", r"[日时]\b|日(?:[-—–至,，、]|$)"),
    ("date", r"", r"\d{1,2}", r":\d\d"),
    ("date", r"\d:$", r"\d\d", r""),
    ("figure_or_table_number", r"(?:图|表|专栏|附表|附件|附图)\s*$", r"\d+", r""),
    ("list_number", r"^[\s#*>（(]*$", r"\d{1,3}", r"\s*[.．、)）](?!\d)"),
    ("toc", r"[.…·\t]{3,}\s*$", r"\d+", r"\s*$"),
    ("page_number", r"^[\s—–-]*$", r"\d{1,4}", r"[\s—–-]*$"),
    ("road_or_line_number", r"(?<![A-Za-z])[GSXYC]$", r"\d{2,4}", r""),
    ("product_or_grade_code", r"[A-Za-z][-–]?$|尼龙$", r"", r""),
    ("product_or_grade_code", r"", r"\d", r"[A-Z](?![A-Za-z])"),
)
_COMPILED = tuple((name, re.compile(front), re.compile(own), re.compile(back)) for name, front, own, back in _REASONS)


def exclusion_reason(text: str, start: int, end: int) -> str:
    """Why a number states no quantity, where its surroundings make that plain; else empty.

    >>> exclusion_reason("到2026年达到750亿元", 1, 5), exclusion_reason("到2026年达到750亿元", 8, 11)
    ('date', '')
    """
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    before = plain(text[max(first, start - 60) : start])
    after = plain(text[end : min(len(text) if last < 0 else last, end + 40)])
    if start - first > 60:
        before = "…" + before
    for name, front, own, back in _COMPILED:
        fitting = not own.pattern or own.fullmatch(text[start:end])
        if fitting and front.search(before) and back.match(after):
            return name
    return ""


def clause(text: str, start: int, end: int) -> tuple[str, str]:
    """Words in front of and behind a span, up to punctuation or the next number."""
    before, after = plain(text[max(0, start - 24) : start]), plain(text[end : end + 24])
    front = re.split(r"[，。；、：,;:！？!?（）()\n\d]", before)[-1]
    back = re.split(r"[，。；、：,;:！？!?（）()\n\d]", after)[0]
    return front.replace("*", ""), back.replace("*", "")


def comparator(text: str, start: int, end: int) -> str:
    """The comparator that the clause around a span decides.

    >>> comparator("利润率不低于5%", 6, 7), comparator("产值750亿元", 2, 5)
    ('ge', 'eq')
    """
    front, back = clause(text, start, end)
    return comparator_of(front + plain(text[start:end]) + back) or "eq"


def transformation(text: str, start: int, end: int, unit: str) -> str:
    """What kind of number it is; empty where a percentage can be a share or a growth rate.

    >>> transformation("同比增长10.2%", 4, 8, "%"), transformation("占地区生产总值比重25%", 9, 11, "%")
    ('yoy', 'share')
    """
    front, back = clause(text, start, end)
    if unit in ("%", "‰"):
        for word, name in (
            ("贡献率", "contribution"),
            ("年均|年平均", "avg_annual"),
            ("同比|比上年|较上年", "yoy"),
            ("占|比重|比例|覆盖率|率达", "share"),
        ):
            if re.search(word, front + back[:6]):
                return name
        return ""
    if "百分点" in unit:
        return "difference_pp"
    if unit == "倍":
        return "ratio_to_base" if re.search("[到为是至]$", front) else "increase_multiple"
    if unit == "位" or re.search("第$|排名$", front):
        return "rank"
    return "level"


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Start and end of the sentence that a span lies in."""
    first = max(text.rfind(mark, 0, start) for mark in _SENTENCE_END) + 1
    ends = [found for mark in _SENTENCE_END if (found := text.find(mark, end)) >= 0]
    return first, min(ends, default=len(text))


def period(text: str, start: int, end: int, published: str = "") -> str:
    """The period of a span, where its sentence names exactly one.

    >>> period("到2026年达到750亿元。2030年1000亿元", 8, 11)
    '2026'
    """
    first, last = sentence(text, start, end)
    words = plain(text[first:last])
    found = set()
    for match in _YEAR.finditer(words):
        year, month, first_half, second_half, _ = match.groups()
        part = f"-{int(month):02d}" if month and 1 <= int(month) <= 12 else ""
        found.add(year + (part or ("-H1" if first_half else "-H2" if second_half else "")))
    if published[:4].isdigit():
        year_of = int(published[:4])
        found |= {str(year_of)} if _THIS_YEAR.search(words) else set()
        found |= {str(year_of - 1)} if _LAST_YEAR.search(words) else set()
    return found.pop() if len(found) == 1 else ""
