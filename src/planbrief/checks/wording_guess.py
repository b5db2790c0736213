"""What the wording around a number decides about it: comparator, transformation, period, reason to leave it out.

Only for the rows that ``planbrief locate`` proposes: a person reads each of them. Where the wording leaves a choice
the answer is empty.
"""

from __future__ import annotations

import re

from planbrief.targets.printed_units import plain
from planbrief.targets.wording import comparator as comparator_of

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


def reason(text: str, start: int, end: int) -> str:
    """Why a number states no quantity, where its surroundings make that plain; else empty.

    >>> reason("到2026年达到750亿元", 1, 5), reason("到2026年达到750亿元", 8, 11)
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
