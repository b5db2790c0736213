"""Numbers in digits that state no quantity, and why: dates, list numbers, grades, names of policies, conditions.

Each rule is the text in front of the number, the number itself and the text behind it, on the same line of the folded
text. Rules stand in order; a number for which none fits is a quantity.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from planbrief.reading.grammar.wordlists import any_of, listed


class Exclusion(NamedTuple):
    """A reason of the data contract, the rule that gave it, and how much it can be trusted (0 to 1)."""

    reason: str
    rule: str
    trust: float


_YEAR = r"(?:19|20)\d\d"
_DASH = r"\s*[-—–~至]+\s*"
#: In front of a clock time stands no word for the parts of a whole (结构由12:36:52).
_NO_RATIO = r"^(?!.*(?:结构|比例|比重|比值|之比|调整|优化|由|为|至)[^，。]{0,10}$)"
#: reason, rule, trust, front, own, back.
_RULES: tuple[tuple[str, str, float, str, str, str], ...] = (
    ("page_chrome", "image", 0.99, r"", r"", r"[\w-]*\.(?:png|jpe?g|gif|webp|pdf|docx?)"),
    ("page_chrome", "hash", 0.98, r"[0-9a-f]{6,}$|(?<![A-Za-z])[a-f]\d?$", r"", r"[0-9a-f]{5,}|[0-9a-f]*:$"),
    ("page_chrome", "hash", 0.95, r"[0-9a-f]{10,}$", r"", r""),
    ("page_chrome", "furniture", 0.9, r"(?:阅读量?|浏览次?数?|点击[量数]|字号|评论|访问量)[:：]?\s*$", r"", r""),
    ("document_number", "number", 0.99, r"[〔\[]$", _YEAR, r"[〕\]]"),
    ("document_number", "number", 0.99, rf"[〔\[（]{_YEAR}[〕\]）]\s*第?$", r"", r"号"),
    ("document_number", "order", 0.97, r"第$", r"\d+", r"号(?:令|公告|文)?(?![线高])"),
    ("date", "caption", 0.95, r"^(?:专栏|表|附表|图)[^（]*[（]$", _YEAR, rf"年?{_DASH}"),
    ("date", "caption", 0.95, rf"^(?:专栏|表|附表|图)[^（]*[（]{_YEAR}年?{_DASH}$", _YEAR, r"年?[）]"),
    ("plan_name_years", "title", 0.97, r"《[^》]*$", _YEAR, r""),
    ("plan_name_years", "title", 0.97, r"[（]$", _YEAR, rf"年?{_DASH}{_YEAR}年?[）]"),
    ("plan_name_years", "title", 0.97, rf"[（]{_YEAR}年?{_DASH}$", _YEAR, r"年?[）]"),
    ("plan_name_years", "title", 0.9, r"[（]$", _YEAR, r"年?版?[）]"),
    ("date", "clock", 0.99, _NO_RATIO + r".*(?<![.\d])$", r"\d{1,2}", r":\d\d(?::\d\d)?(?!\d)(?![.\d]*:\d)"),
    ("date", "clock", 0.99, _NO_RATIO + r".*(?<![.\d])\d{1,2}:(?:\d\d:)?$", r"\d\d", r"(?![\d.])(?!:\d\d?\.)"),
    ("date", "clock", 0.97, r"日\s*$", r"\d{1,2}", r"时"),
    ("date", "clock", 0.97, r"\d时$", r"\d{1,2}", r"分"),
    ("date", "year", 0.99, r"", _YEAR, r"\s*(?:年|[-—–/.~至]\s*\d{1,4}(?!\d*\s*[%万亿个家元项]))"),
    ("date", "year", 0.9, r"", _YEAR, r"回[望顾首]"),
    ("date", "iso", 0.99, rf"{_YEAR}[-/.]$", r"\d{1,2}", r"[-/.]\d{1,2}|(?![\d%万亿])"),
    ("date", "iso", 0.99, rf"{_YEAR}[-/.]\d{{1,2}}[-/.]$", r"\d{1,2}", r""),
    ("date", "range", 0.98, rf"{_YEAR}年?{_DASH}$", r"(?:19|20)\d\d", r"年|(?!\s*[万亿元%])"),
    ("date", "month", 0.99, r"", r"\d{1,2}", rf"月(?!底以)|{_DASH}\d{{1,2}}月"),
    ("date", "month", 0.99, rf"\d月{_DASH}$|年\d{{1,2}}{_DASH}$", r"\d{1,2}", r"月"),
    ("date", "day", 0.98, r"月\s*$|日\s*[-—–至、]+\s*$", r"\d{1,2}", rf"\s*日|{_DASH}\d+日"),
    ("date", "day", 0.95, rf"月\d{{1,2}}{_DASH}$", r"\d{1,2}", r"日"),
    ("date", "day", 0.95, r"", r"\d{1,2}", r"日(?=[，、上下晚召至—]|$)"),
    ("other", "event_date", 0.9, r"“$", r"\d{1,2}", r"[·•]\d{1,2}”?"),
    ("other", "event_date", 0.9, r"“?\d{1,2}[·•]$", r"\d{1,2}", r""),
    ("product_or_grade_code", "event_name", 0.85, r"", _YEAR, r"(?=[^\d年，。]{0,12}(?:大会|博览会|论坛|赛|奖|名单))"),
    ("figure_or_table_number", "figure", 0.97, r"(?:图|表|专栏|附表|附件|附图)\s*$", r"\d+(?:[-.]\d+)?", r""),
    (
        "list_number",
        "line_start",
        0.98,
        r"^[\s#>（\-▲]*$",
        r"\d{1,3}",
        r"\s*[.．、）)](?!\d)|\s*[.．](?=\d[^\d%万亿个]*[“A-Z一-龥])",
    ),
    ("list_number", "line_start", 0.9, r"^\s*$", r"\d{1,2}\.(?:19|20)\d\d", r"年"),
    ("list_number", "line_start", 0.9, r"^\s*$", r"\d{1,2}\.\d{1,2}", r"\+\d|[^\d%万亿，。；、]{1,16}[:：]"),
    ("other", "magnitude", 0.85, r"", r"[\d.]+", r"级(?:地震|强震|余震|台风|大风)"),
    ("list_number", "in_note", 0.85, r"(?:注|备注|说明)[:：]\s*$|[。；]$", r"\d{1,2}", r"[.．、](?!\d)[^\d]"),
    ("list_number", "in_line", 0.9, r"[。；:，\s]（$|^（$|[^\d]（$", r"\d{1,2}", r"）"),
    ("list_number", "heading", 0.9, r"^\s*第?$", r"\d{1,2}", r"[章节]"),
    ("toc", "leaders", 0.98, r"(?:[.…·]{3,}|\t)\s*$", r"\d{1,3}", r"\s*$"),
    ("list_number", "bare", 0.75, r"^[\s\-▲•]*$", r"\d{1,2}", r"(?!大)[一-龥]{2}(?!\d)"),
    ("page_number", "alone", 0.85, r"^[\s—–\-第]*$", r"\d{1,4}", r"[\s—–\-页]*$"),
    ("road_or_line_number", "road", 0.97, r"(?<![A-Za-z])[GSXYC]$", r"\d{1,4}", r"(?![A-Za-z])"),
    ("road_or_line_number", "road", 0.97, r"(?:国道|省道|县道)$", r"\d{2,4}", r""),
    ("road_or_line_number", "road", 0.97, r"", r"\d{1,4}", r"(?:国道|省道|县道|号线|号公路|号航站楼|号干线)"),
    ("road_or_line_number", "metro", 0.9, r"(?<![A-Za-z])[MRTLKZ]$", r"\d{1,3}[A-Z]?", r"号?线|[A-Z]?号?航站"),
    ("policy_code", "sum", 0.97, r"[“\d+×]\d*\+$|×$", r"\d+", r""),
    ("policy_code", "sum", 0.97, r"", r"\d+", r"\s*[+×]\s*(?:\d|[A-ZXN一-龥])"),
    (
        "policy_code",
        "hotline",
        0.97,
        r"",
        r"1(?:2\d{1,3}|10|19)",
        r"”?(?:政务|服务|便民|热线|平台|心理|市民|公益|先进|时间)",
    ),
    (
        "policy_code",
        "hotline",
        0.93,
        r"",
        r"12\d{3}|96\d{3,4}|1(?:10|14|19|20|22)",
        r"”?(?![余多个家项条处所座户人名次件万亿张套辆%])[一-龥]{0,8}?(?:热线|平台|服务|中心|台|维权|投诉|举报|援助|急救|指挥|便民)",
    ),
    ("other", "list_name", 0.95, r"", r"\d{2,4}", r"[”]?强"),
    ("product_or_grade_code", "particles", 0.99, r"PM_?$", r"", r""),
    ("product_or_grade_code", "letters", 0.95, r"[A-Za-z][-–]?$|尼龙$|[ⅠⅡⅢⅣ]$", r"[\d.]+", r""),
    (
        "product_or_grade_code",
        "letters",
        0.95,
        r"",
        r"[\d.]+",
        r"(?!P(?![A-Za-z])|[WV](?![A-Za-z]))[A-Z](?![A-Za-z]|FLOPS)(?!以上)(?=[^算，。；、]*)",
    ),
    ("product_or_grade_code", "version", 0.93, r"", r"\d\.\d", r"”?(?:版|时代|模式)|”"),
    ("product_or_grade_code", "version", 0.85, r"[一-龥]$", r"\d\.0", r"(?![%万亿个百倍:\d])"),
    ("product_or_grade_code", "generation", 0.95, r"第$", r"[\d.]+", r"代"),
    ("product_or_grade_code", "wafer", 0.93, r"", r"[\d.]+", r"英寸|纳米|微米"),
    ("product_or_grade_code", "class", 0.9, r"", r"\d", r"类(?:创?新药|医疗)|型(?:糖尿病|车)|超节点"),
    ("product_or_grade_code", "letters", 0.9, r"[歼运轰直][-—–]$", r"\d{1,2}", r""),
    ("policy_code", "circle", 0.85, r"", r"[\d.]+", r"微克(?:攻坚)?行动"),
    (
        "product_or_grade_code",
        "unit_number",
        0.9,
        r"[一-龥“·]$",
        r"\d{1,3}",
        r"号(?:机组?|楼|井|工程|墓|院|泊位|星|智算|系列|”)",
    ),
    ("product_or_grade_code", "number", 0.75, r"[一-龥“·]$", r"\d{1,3}", r"号"),
    ("product_or_grade_code", "title", 0.9, r"《[^》]*$", r"\d+", r"[^《]*》"),
    ("other", "edition", 0.9, r"第$", r"\d+", r"[届次批期轮](?!位)"),
    ("other", "threshold", 0.9, r"(?:单笔|单户|单个|每笔)$", r"[\d.]+", r"[万亿]?元?(?:及?以[上下])"),
    ("other", "threshold", 0.9, r"", r"[\d.]+", r"万(?:人口?)?以上(?:人口)?(?:的)?(?:大?县|市|镇|城市|人口)"),
    ("other", "distance", 0.85, r"(?:沿线|沿岸|周边|两侧|半径)$", r"[\d.]+", r"(?:公里|千米|米)"),
    ("other", "anniversary", 0.95, r"", r"\d+", r"周年"),
    ("other", "ratio_base", 0.9, r"\d:$", r"1", r"(?![\d:.])"),
    ("other", "threshold", 0.9, r"前$", r"[\d.]+", r"[%‰]"),
    ("other", "threshold", 0.85, r"前$", r"[\d.]+", r"[?？]"),
    ("other", "age", 0.9, r"(?:满|未满|年满)$", r"\d+", r"[个]?(?:周岁|岁|年|月)"),
    (
        "other",
        "age",
        0.9,
        r"",
        r"\d{1,2}",
        r"(?:周岁|岁)?(?:(?:及)?以[上下](?!。|，|；|、)[^，。；、]{0,8}?(?:老|儿童|人|婴|户|妇|困难|农|孤|失能|高龄)|[以之]?内儿童)",
    ),
    ("other", "age", 0.85, r"", r"\d{1,2}", r"[-—~至]\d{1,2}周?岁"),
    ("other", "age", 0.85, r"\d[-—~至]$", r"\d{1,2}", r"周?岁"),
    (
        "other",
        "service_hours",
        0.93,
        r"",
        r"\d+",
        r"小时(?:内|过境|免签|服务|不打烊|医疗|值|在线|自助|[^，。；]{0,4}(?:圈|交通))|×24",
    ),
    ("policy_code", "circle", 0.85, r"", r"[\d.]+", r"”?(?:分钟|小时)”?[^，。；、\d]{0,10}?(?:圈|通勤|直达|可达)"),
    (
        "other",
        "duration",
        0.8,
        r"连续$|连续超?过?$|再延长$|为期$|连续\d+[-—~至]$",
        r"\d+",
        r"(?:[-—~至]\d+)?(?:个月|年|天|个?季度|次|届)",
    ),
    ("other", "duration", 0.8, r"", r"\d+", r"连[增丰冠]"),
    ("other", "duration", 0.75, r"", r"\d{1,2}", r"(?:余|多)?年(?![度均轻产处出用可旅客销供发输货吞总])"),
    ("other", "service_hours", 0.8, r"每天$|全天$|全年$", r"\d+", r"(?:小时|天)(?!以上)"),
)
_COMPILED = tuple(
    (reason, rule, trust, re.compile(front), re.compile(own), re.compile(back))
    for reason, rule, trust, front, own, back in _RULES
)
_QUOTED = re.compile(r"“([^“”\n]{0,24})”")
#: What a number inside quotation marks has to be part of to state a quantity all the same.
_STATED = re.compile(r"\d[\d.]*(?:%|万?亿?(?:元|亩|吨|千瓦|公里|人))|[\d.]+倍")
#: A code of sums in front of what it counts: “2+1”大品种.
_COUNTED_SUM = re.compile(r"[\d+]*”?大(?=[一-龥])")
_UNIT_AHEAD = re.compile(
    r"(?!国[家内际])\s*[余多]?(?:[十百千]?[万亿]|[十百千万亿]*(?:[%‰元个]|[余多]|"
    + any_of(listed("units", "measures"))
    + "|"
    + any_of(listed("units", "classifiers"))
    + "))"
)
_BEFORE, _AFTER = 40, 24


class Surroundings:
    """The lines and quotation marks of a folded text, looked up by position."""

    def __init__(self, text: str) -> None:
        self.text = text
        quotes = [match.span() for match in _QUOTED.finditer(text)]
        self._quote_starts = [start for start, _ in quotes]
        self._quote_ends = [end for _, end in quotes]

    def quote(self, position: int) -> tuple[int, int] | None:
        """Start and end of the quotation marks around a position, None outside."""
        index = bisect_right(self._quote_starts, position) - 1
        if index >= 0 and position < self._quote_ends[index]:
            return self._quote_starts[index], self._quote_ends[index]
        return None

    def around(self, start: int, end: int) -> tuple[str, str]:
        """The text of the same line in front of and behind a span, bounded."""
        first = self.text.rfind("\n", max(0, start - _BEFORE), start)
        front = self.text[first + 1 : start] if first >= 0 else self.text[max(0, start - _BEFORE) : start]
        if first < 0 and start > _BEFORE:
            front = "…" + front
        last = self.text.find("\n", end, end + _AFTER)
        return front, self.text[end : last if last >= 0 else end + _AFTER]


def exclusion(surroundings: Surroundings, start: int, end: int) -> Exclusion | None:
    """Why a number in digits states no quantity; None where nothing says so.

    >>> def of(text, start, end): return exclusion(Surroundings(text), start, end)
    >>> of("到2026年达到750亿元", 1, 5).reason, of("到2026年达到750亿元", 8, 11)
    ('date', None)
    >>> of("推进“1+5”联盟", 3, 4).reason, of("满3岁儿童", 1, 2).reason, of("国家5G工厂", 2, 3).reason
    ('policy_code', 'other', 'product_or_grade_code')
    """
    if surroundings.text[max(0, start - 4) : start].rstrip(" \n_").endswith("PM"):
        return Exclusion("product_or_grade_code", "particles", 0.99)
    front, back = surroundings.around(start, end)
    own = surroundings.text[start:end]
    for reason, rule, trust, before, self_pattern, after in _COMPILED:
        if (not self_pattern.pattern or self_pattern.fullmatch(own)) and before.search(front) and after.match(back):
            if rule == "bare" and _UNIT_AHEAD.match(back):
                continue
            if rule == "sum" and _COUNTED_SUM.match(back):
                trust = 0.7
            return Exclusion(reason, rule, trust)
    if (quote := surroundings.quote(start)) is not None:
        inside = surroundings.text[quote[0] + 1 : quote[1] - 1]
        if not _STATED.search(inside) and not re.search(r"\d+[桥隧纵横]", inside):
            if re.fullmatch(r"\d{4}", own) and re.match("(?:19|20)", own) and inside.startswith(own):
                return Exclusion("product_or_grade_code", "quoted_year", 0.7)
            counted = re.match(r"\d+”?[个项条件]", surroundings.text[start : start + 8])
            return Exclusion("policy_code", "quoted", 0.7 if counted else 0.85)
    if re.fullmatch(_YEAR, own) and not _UNIT_AHEAD.match(back):
        return Exclusion("date", "bare_year", 0.6)
    return None
