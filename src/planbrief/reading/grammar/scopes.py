"""What carries over: heads and opening words set the time of what follows them.

A section's head (三、2026年工作安排) holds until the next head, a paragraph's opening (五年来，) until another opening,
the opening of a sentence (到2030年，) to the end of its paragraph.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from planbrief.reading.grammar.numerals import number
from planbrief.reading.grammar.wordlists import pattern
from planbrief.reading.grammar.wordlists import words as word_list

_ORDINALS = "一二三四五六七八九"

#: Names of patterns and what they mean; the first that fits at a place wins.
_PATTERN = re.compile("|".join(word_list("periods")["patterns"]))


#: Words in front of a month that is still to come: 预计6月底投产.
_AHEAD = re.compile(r"预计|计划|拟|将|力争|到|确保")


@dataclass(frozen=True, slots=True)
class Period:
    """A period with the words that named it.

    ``code`` is the form of the data (2025, 2025-H1, 2021/2025, 2025-01/2025-09); ``first`` and ``last`` are its years.
    ``role`` is ``plan`` for a five-year plan, ``stretch`` for other stretches of years, ``end`` for 到2030年 and 末,
    else ``point`` or ``now`` (目前: the month of publication), ``day`` for 9月5日
    without a year.
    """

    start: int
    end: int
    code: str
    first: int
    last: int
    role: str
    words: str


def periods(text: str, year: int, current: int = 0, month: int = 0) -> Iterator[Period]:
    """The periods that a stretch of text names.

    ``year`` and ``month`` are those of publication (0: relative words say nothing); ``current`` is the year that a bare
    1—11月 or 上半年 belongs to where no year stands before it (default: `year`).

    >>> [p.code for p in periods("1—11月，过去五年，去年前三季度，到2030年，“十五五”期间", 2026, 2025)]
    ['2025-01/2025-11', '2021/2025', '2025', '2025-01/2025-09', '2030', '2026/2030']
    """
    loose = not current
    current = current or year
    for match in _PATTERN.finditer(text):
        found = _read(match, year, _told(match, current, month) if loose and current == year else current, month)
        if found is None:
            continue
        code, first, last, role = found
        if role != "plan" and first == last:
            current = first
        # 今年前三季度 and 2026年…前三季度 say which year they mean; a bare 前三季度 is one that is over
        loose = loose and not (match["this"] or match["date"])
        before = text[max(0, match.start() - 3) : match.start()]
        if role == "point" and re.search(r"[到至]$|[到至]“?$", before):
            role = "end"
        yield Period(match.start(), match.end(), code, first, last, role, match[0])


def _told(match: re.Match[str], year: int, month: int) -> int:
    """The year of a bare 全年, 四季度 or 1—12月 that nothing dates: the last one that is over when it is told."""
    group = match.groupdict()
    quarters = group["quarter"] or group["front"]
    half = group["half"] or ""
    if group["months"]:
        last = int(group["m2"])
    elif group["first_months"]:
        last = _count(group["first_months"])
    elif quarters:
        last = 3 * _count(quarters)
    else:
        last = 6 if half.startswith("上") else 12 if half or group["whole"] else 0
    ahead = _AHEAD.search(match.string, max(0, match.start() - 8), match.start())
    ahead = ahead or pattern("ahead_behind").match(match.string, match.end())
    return year - 1 if month and last > month and not ahead else year


#: The name of a time alone, as in front of a number: 一季度增长6%，上半年5.8%.
TIME_ALONE = re.compile(r"(?:20\d\d年|[上下]半年|前?[一二两三四]季度|(?:1[-—])?\d{1,2}月份?|全年|[去上今]年|当[年月])$")


#: Form for the data, first and last year, role: what a pattern of a period says.
_Found = tuple[str, int, int, str]


def _read(match: re.Match[str], year: int, current: int, month: int) -> _Found | None:
    group = match.groupdict()
    # 十五 began in 2001, and each plan has five years: 十一五 in 2006, 十四五 in 2021.
    if group["plan"]:
        first = 2006 + 5 * _ORDINALS.index(group["plan_n"])
        return _in(first + 4, role="end") if group["plan_end"] else _over(first, first + 4, "plan")
    if group["range"]:
        first, last = int(group["from"]), int(group["to"])
        return _over(first, last) if first < last else None
    if dated := group["date"] or group["year2"]:
        return _in(int(dated[:4]), _part(group["m"], group["h"], group["q3"], group["q"] or group["q2"]))
    if not year or (group["now"] and not month):
        return None
    if group["now"]:
        return _in(year, f"-{month:02d}", "now")
    if named := int(group["dm"] or group["mon"] or 0):
        ahead = group["monthly"] and _AHEAD.search(match.string, max(0, match.start() - 8), match.start())
        current = year if group["day"] else current
        past = current - 1 if month and current == year and named > month and not ahead else current
        return _in(past, f"-{named:02d}", "day" if group["day"] else "point") if named <= 12 else None
    if group["months"]:
        one = int(group["ym"]) if group["ym"] else year - 1 if group["mrel"] == "去年" else current
        low, high = int(group["m1"]), int(group["m2"])
        return (f"{one}-{low:02d}/{one}-{high:02d}", one, one, "point") if 1 <= low < high <= 12 else None
    if group["pastn"]:
        count = _count(group["pn"] or group["pn2"] or group["pn3"] or group["pn4"] or "五")
        last = year - 1
        if count == 5:  # 过去五年 in the first years of a plan looks back on the plan before
            last -= last % 5 if last % 5 < 2 and year % 5 > 2 else 0
        return _over(last - count + 1, last)
    if group["nextn"]:
        count = _count(group["nn"] or "五")
        first = year if count == 5 and year % 5 == 1 else year + 1
        return _over(first, first + count - 1)
    if group["last"]:
        # 去年 is told from the day of publication, 上年 from the year that the text is about
        return _in(current - 1 if group["last"] == "上年" else year - 1)
    if group["first_months"]:
        last = _count(group["first_months"])
        return (f"{current}-01/{current}-{last:02d}", current, current, "point") if 1 < last <= 12 else None
    return _in(year if group["this"] else current, _part(None, group["half"], group["front"], group["quarter"]))


def _in(year: int, part: str = "", role: str = "point") -> _Found:
    """A year or a part of it; a part of several months (/09) is written from January to its last."""
    code = f"{year}-01/{year}-{part[1:]}" if part.startswith("/") else f"{year}{part}"
    return code, year, year, role


def _over(first: int, last: int, role: str = "stretch") -> _Found:
    return f"{first}/{last}", first, last, role


def _part(month: str | None, half: str | None, quarters: str | None, quarter: str | None) -> str:
    """The part of a year that words name: 9 (月), 上半年, the 三 of 前三季度, the 二 of 二季度; empty for the whole."""
    if month and 1 <= int(month) <= 12:
        return f"-{int(month):02d}"
    if half:
        return "-H1" if half[0] == "上" else "-H2"
    if quarters:
        return "-H1" if quarters in "二两" else "/09"
    return f"-Q{_count(quarter)}" if quarter else ""


def _count(words: str) -> int:
    """A count below twenty, in digits or characters: the 11 of 前11个月, the 十一 of 前十一个月."""
    return int(number(words))


_TOP_HEAD = re.compile(r"\s*(?:[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十]+[章篇部])")
#: A sentence, cut where it goes on without end (a list of thousands of numbers in one line).
_SENTENCE = re.compile(r"[^。！？；\n]{0,1200}[。！？；\n]?")
_OPENING = pattern("opening")
_FUTURE_HEAD = re.compile(r"目标|安排|任务|部署|打算|思路|要求|重点工作|工作重点|举措|建议|今后|未来|展望|行动|规划")
_PAST_HEAD = pattern("past_head")
_COMPARED = re.compile(r"(?:比|较|与|同|相比|从|由|自|对比|以|恢复[至到])[“]?$")
#: Lines above and below tables and pictures, which date nothing that follows.
_CAPTION = re.compile(r"\s*(?:专栏|附?表|附?图)\s*\d")
_REACH = 16


@dataclass(frozen=True, slots=True)
class Scope:
    """The time that heads and openings set: years, form for the data, and the words that set it.

    ``stretch`` is true for several years, ``end`` for the end of them
    (到2030年). ``tense`` is past, future or empty where nothing says it. ``rule`` names the
    kind of place (section, paragraph, sentence) that set it.
    """

    first: int = 0
    last: int = 0
    code: str = ""
    stretch: bool = False
    tense: str = ""
    rule: str = ""
    words: str = ""
    end: bool = False


NOTHING = Scope()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the folded text with the scope at its beginning and the periods that it names itself.

    ``area`` is a part of the document's area that its head is about, else empty; ``head`` is the last head above.
    """

    start: int
    end: int
    scope: Scope
    periods: tuple[Period, ...]
    heading: bool
    area: str = ""
    head: str = ""


class Clock:
    """The date of publication, and the tense that a period has seen from it."""

    def __init__(self, published: str = "") -> None:
        self.year = int(published[:4]) if re.match(r"(?:19|20)\d\d", published) else 0
        self.month = int(published[5:7]) if re.match(r"\d{4}-\d\d", published) else 0

    def tense(self, last: int, code: str = "") -> str:
        """Past or future of a year, or of the last year of a period.

        Of the year of publication a part that is over is past; the whole year is future in its first months.
        """
        if not self.year or not last:
            return ""
        if last != self.year:
            return "past" if last < self.year else "future"
        part = re.search(r"-(?:(?P<month>\d\d)|H(?P<half>[12])|Q(?P<quarter>[1-4]))$", code)
        if part is None:
            # Work reports come between January and April and speak of the year ahead; later the year is under way.
            return "future" if self.month <= 4 else ""
        month = int(part["month"] or 0) or int(part["half"] or 0) * 6 or int(part["quarter"] or 0) * 3
        return "past" if month <= self.month else "future"

    def scope(self, period: Period, rule: str) -> Scope:
        """The scope that a period sets."""
        stretch = "/" in period.code and period.first != period.last
        tense = "past" if period.role == "now" else self.tense(period.last, period.code)
        end = period.role == "end"
        return Scope(period.first, period.last, period.code, stretch, tense, rule, period.words, end)


#: A document in numbered sections: only there an opening (今年，) holds beyond its paragraph.
_DIVIDED = re.compile(r"^[ \t]*(?:[一二三]、|第[一二三]章)", re.MULTILINE)


def document_scope(text: str, clock: Clock) -> Scope:
    """The period that the title of a communiqué names for all of its text.

    >>> document_scope("某市2025年国民经济和社会发展统计公报\\n2026年3月", Clock("2026-03-20")).code
    '2025'
    """
    for line in text[:600].split("\n"):
        if len(line) <= 60 and (plan := re.search(r"第十([一二三四五六七八九])个五年(?:规划|计划)", line)):
            found = list(periods(f"十{plan[1]}五", clock.year))
            return replace(clock.scope(found[0], "title"), tense="future")
        if (
            len(line) <= 60
            and pattern("told_of_one_period").search(line)
            and (found := list(periods(line, clock.year)))
        ):
            scope = clock.scope(found[0], "title")
            return replace(scope, tense=scope.tense or "past")
    return NOTHING


def plan_start(head: str) -> str:
    """The year in which the five-year plan begins that the first lines are the title of, else empty.

    >>> plan_start("某市国民经济和社会发展第十五个五年规划纲要"), plan_start("某市政府工作报告")
    ('2026', '')
    """
    for line in head.split("\n")[:20]:
        plan = re.search("第?十(?P<n>[一二三四五六七八九])(?:个五年|五”?)[^，。]{0,24}(?:规划|计划|纲要)", line)
        if plan is not None and len(line) <= 60:
            return str(2001 + 5 * "一二三四五六七八九".index(plan["n"]) + 5)
    return ""


def sentences(text: str, clock: Clock) -> Iterator[Sentence]:
    """The sentences of a folded text in order, each with its scope; blank ones are left out."""
    # Three scopes hold at a time: the section's (its head), the paragraph's (an opening like 五年来，), which falls
    # back to the section's at the next head, and the sentence's own (到2030年，).
    of_all = paragraph = document_scope(text, clock)
    area = ""
    above: Scope | None = None
    section = paragraph
    divided = bool(_DIVIDED.search(text)) or len(pattern("dated_head").findall(text)) > 1
    titles: dict[str, str] = {}
    named_parts = Counter((match["name"], match["level"]) for match in pattern("parts_listed").finditer(text))
    parts = {name: name + level for (name, level), count in named_parts.items() if count > 1}
    above_line = ""
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end + 1
        line = text[position:end]
        heading = is_heading(line)
        head, named_part = pattern("part_head").match(line), pattern("part_line").match(line)
        title = head["title"].strip() if head is not None else line.strip()
        if head is not None or (title and title in titles):
            area = titles[title] = (head["area"] or _place_of(title, text)) if head is not None else titles[title]
            above_line = title
        elif heading or pattern("small_head").match(line):
            above_line = title
        elif named_part is not None and named_part["name"] in parts:
            area = parts[named_part["name"]]
        if head is not None and above is not None:
            paragraph, above = above, None
        if heading:
            if pattern("year_line").match(line):
                above = paragraph if above is None else above
            elif _TOP_HEAD.match(line):
                above = None
            paragraph = _headed(line, clock, paragraph, of_all)
            section = paragraph
        local = paragraph
        for match in _SENTENCE.finditer(text, position, end):
            if match.start() == match.end() or not match[0].strip():
                continue
            words = match[0]
            named = [] if _CAPTION.match(words) else _named(words, clock, local)
            # An opening holds beyond its paragraph only in documents with sections; news and lists date each sentence.
            if not heading and (opening := _opening(words, named)) is not None:
                scope = clock.scope(opening, "sentence")
                if (
                    divided
                    and _persists(words, opening, clock.year)
                    and not _digresses(scope, section, paragraph, clock)
                ):
                    paragraph = local = replace(scope, rule="paragraph")
                elif (
                    opening.role != "point"
                    or pattern("year_alone").match(words, opening.start)
                    or words.startswith("以来", opening.end)
                ):
                    local = scope
            yield Sentence(match.start(), match.end(), local, tuple(named), heading, area, above_line)
        position = end


def _place_of(title: str, text: str) -> str:
    """The zone that a head is about (打造某某中心), by the full name that the text has for it; empty for others."""
    match = re.fullmatch(r"(?:打造|建设|推进)(?P<zone>[一-龥]{2,8})", title)
    if match is None:
        return ""
    full = re.search(re.escape(match["zone"]) + "(?:片区|新区|园区)", text)
    return full[0] if full is not None else ""


def is_heading(line: str) -> bool:
    """A numbered or short line without a sentence in it.

    >>> is_heading("三、2026年工作安排"), is_heading("“十四五”时期工作回顾"), is_heading("一是扩大内需。")
    (True, True, False)
    """
    words = line.strip()
    if not words or len(words) > 48 or words[-1] in "。；，！、：:":
        return False
    if _TOP_HEAD.match(words) and "。" not in words:
        return True
    if re.match(r"20\d\d年(?!\d)", words) and len(words) <= 24 and "，" not in words:
        return True
    return "。" not in words and "，" not in words and bool(_PAST_HEAD.search(words) or _FUTURE_HEAD.search(words))


def _bracketed(words: str, position: int) -> bool:
    return words.count("（", 0, position) + words.count("(", 0, position) > words.count(
        "）", 0, position
    ) + words.count(")", 0, position)


def _headed(line: str, clock: Clock, before: Scope, of_all: Scope) -> Scope:
    """The scope under a head; a chapter of a plan that says no time is of the years of its title again."""
    if _CAPTION.match(line):
        return before
    found = [one for one in periods(line, clock.year) if not _COMPARED.search(line[: one.start])]
    found = [one for one in found if not _bracketed(line, one.start) and one.last - one.first < 6]
    future, past = bool(_FUTURE_HEAD.search(line)), bool(_PAST_HEAD.search(line))
    if found:
        chosen = found[0]
        scope = clock.scope(chosen, "section")
        if future and not past and scope.tense != "future" and len(found) > 1:
            scope = clock.scope(found[-1], "section")
        return scope
    if not _TOP_HEAD.match(line):
        return before
    if not past and of_all.tense == "future" and before.tense == "past":
        return of_all
    if past and not future and clock.year and not pattern("review").search(line):
        return Scope(0, 0, "", False, "past", "section", line.strip())
    if past and not future and clock.year:
        return Scope(clock.year - 1, clock.year - 1, str(clock.year - 1), False, "past", "section", line.strip())
    if before.tense == "future" or not future:
        return before
    return Scope(0, 0, "", False, "future", "section", line.strip())


def _named(words: str, clock: Clock, scope: Scope) -> list[Period]:
    result = []
    current = scope.last if scope.tense == "past" else clock.year if scope.code or scope.tense else 0
    for one in periods(words, clock.year, current, clock.month):
        before, after = words[: one.start], words[one.end : one.end + 8]
        # The years in a title or in the name of a plan (“十四五”规划) date the document that is named.
        if before.count("《") > before.count("》") or pattern("named_by_time").match(after):
            continue
        if (
            one.role == "plan"
            and re.match(r"(?:规划|纲要|开局|收官|圆满|目标|的|，为|期?末|批复|批准|确定|专项|重[大点])", after)
            and "末" not in one.words
        ):
            continue
        result.append(one)
    return result


def _opening(words: str, named: list[Period]) -> Period | None:
    """The period that a sentence opens with, if it is the time of what follows."""
    if not named:
        return None
    match = _OPENING.match(words)
    start = match.end() if match else 0
    first = named[0]
    if first.last - first.first > 5 or _bracketed(words, first.start):
        return None
    # Farther in, a period dates a part of the sentence: 全市生产总值在2025年达到….
    if first.start > max(start, 0) + _REACH - 8 or _COMPARED.search(words[: first.start]):
        return None
    if first.start > start and first.role == "plan" and not pattern("span_of_plan").match(words, first.end):
        return None
    if words[first.start - 1 : first.start] in ("创", "为") and words.startswith("以来", first.end):
        return None
    return first


def _digresses(scope: Scope, section: Scope, paragraph: Scope, clock: Clock) -> bool:
    """True for a look back in a section about the future, and for a look at the plan among this year's tasks."""
    if section.tense == "future" and scope.tense == "past":
        return True
    return scope.stretch and scope.tense == "future" and paragraph.code == str(clock.year)


def _persists(words: str, opening: Period, year: int) -> bool:
    """True where an opening holds for the paragraphs that follow: 五年来, 过去一年, 今年, “十四五”时期, 2025年是."""
    if opening.role in ("plan", "stretch"):
        match = _OPENING.match(words)
        return opening.start <= (14 if opening.words != "五年" else match.end() if match else 0)
    if pattern("just_past").search(words, 0, opening.start):
        return True
    if opening.role == "end":
        return False
    if re.match(r"(?:(?:刚刚)?过去(?:的)?一年|一年来|这一年|今年|新的一年)$", opening.words):
        return opening.words != "今年" or bool(pattern("told_this_year").match(words, opening.end))
    return (
        bool(re.fullmatch(r"(?:19|20)\d\d年", opening.words))
        and opening.last <= year
        and bool(pattern("told_of_year").match(words, opening.end))
    )
