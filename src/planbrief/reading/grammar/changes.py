"""What a number says: target, actual or resource, and a level or which kind of change."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from planbrief.reading.grammar.clauses import Quantity
from planbrief.reading.grammar.wordlists import alternatives, listed, pattern


class Kind(NamedTuple):
    """A kind of the data contract, the rule that gave it, and a doubt (or empty)."""

    kind: str
    rule: str
    doubt: str = ""


_AREA_UNITS = ("亩", "公顷", "平方公里", "平方米", "千伏", "千瓦")


def _says(key: str, words: str) -> bool:
    return bool(re.search(alternatives("kinds", key), words))


#: Endowments of which a share or a rank is told: 占市域面积的, 储量全国第5.
_ENDOWED = re.compile(r"储量|资源量|矿权面积|域面积|国土|(?:农业|生态|城镇)空间|用地占比")


def kind(one: Quantity, name: str, sentence: str, said: str, tense: str, planned: bool, level: bool) -> Kind:
    """Kind of a quantity from its tense and what it counts; ``planned`` is true in a document that plans.

    ``said`` is the sentence as far as the number; ``level`` is false for shares, rates and ranks, which are no
    endowment but of land and resources.
    """
    level = level or bool(_ENDOWED.search(name))
    words = one.segment + one.behind[:4]
    counted = one.tail.classifier or one.form in ("count", "scheme") or (not one.unit and one.behind[:1] == "大")
    listed = "、" in one.front.core and one.unit == "个" and bool(re.match("[一-龥]|$", one.behind))
    listed = listed and not pattern("no_list").search(one.segment)
    unbounded = not (one.front.bound or one.tail.bound)
    among = re.match("[^，。；、]{0,10}之一", one.behind)
    scheme = counted and (
        one.form == "scheme"
        or (not one.tail.printed and one.unit in ("", "个") and one.behind[:1] == "大")
        or (counted and bool(re.search("(?:”指|包括|即|共分为?)$", one.segment)))
        or (_says("counted", name) and one.tail.bound != "ge" and one.tail.printed not in ("位", "人", "户", "名"))
        or _says("counted", one.tail.printed)
        or (listed and unbounded)
        or bool(among)
    )
    made = re.match("[^，。；、]{0,10}(?:项目|实事|工程)", one.behind)
    worked = re.match("[^，。；、]{0,14}(?:培训|工作|改造|整治|治理)", one.behind) and one.tail.printed not in (
        "项",
        "件",
    )
    worked = worked or one.unit.endswith(("人", "名"))
    existing = counted and not one.front.change and not made and not worked and pattern("existing").search(one.segment)
    scheme = (
        (scheme or bool(existing))
        and one.form != "rank"
        and not one.width
        and not pattern("happened_to").match(one.behind)
    )
    scheme = scheme and not (name.endswith("数量") and bool(one.front.reached))
    grown = one.front.change and not one.front.to
    held = level and not grown and _says("resource", name) and not re.search("新增|人均", one.segment + name)
    making = bool(one.front.change or pattern("making").search(one.segment))
    kept = _says("red_line", words + name) and "转移" not in words
    if kept and level and not scheme and one.form not in ("count", "scheme"):
        return Kind("constraint", "limit", "limit")
    if pattern("when_done").search(said) and not re.search("目标|力争", sentence):
        return Kind("estimate", "when_done", "forecast")
    if (one.mark == "（" and one.lead.endswith("目标")) or re.match("的[^，。；、]{0,4}目标", one.behind):
        return Kind("target", "future_words")
    if tense == "future":
        if scheme and not re.search("新[增建设]", words) and one.tail.bound != "ge":
            return Kind("count", "scheme", "scheme")
        if _says("forecast", said) and not re.search("目标|力争", sentence):
            return Kind("estimate", "forecast", "forecast")
        if planned and _ENDOWED.search(name) and (not making or "储量" in name):
            return Kind("resource", "resource", "resource")
        gained = re.search("力争|争取|招引|引进|吸引|突破", one.segment) or name.endswith("收入")
        if not gained and _says("money", one.unit) and _says("granted", one.segment + one.behind[:8]):
            return Kind("commitment", "promised", "promised")
        return Kind("target", "future")
    if tense == "past" and _says("ahead", (one.lead[-14:] + one.segment).removesuffix("将")):
        return Kind("estimate" if "预计" in one.lead + one.segment else "target", "ahead", "forecast")
    if tense == "past":
        if scheme:
            return Kind("count", "scheme")
        if held:
            return Kind("resource", "resource", "resource")
        kept_below = one.tail.bound == "le" and "控制在" in words
        return Kind("actual", "past", "forecast_near" if "预计" in said else "kept_below" if kept_below else "")
    if not planned and _says("forecast", said):
        return Kind("estimate", "forecast", "forecast")
    if not planned and pattern("done_already").search(one.segment) and one.behind[:1] != "大":
        return Kind("actual", "statement", "undated")
    if scheme or (one.form == "count" and (planned or not making or "、" in one.front.core)):
        return Kind("count", "scheme")
    if _says("forecast", said):
        return Kind("estimate", "forecast", "forecast")
    if planned and making and not _says("past", one.segment):
        return Kind("target", "future_words", "undated_future")
    if _says("limit", words + name):
        return Kind("constraint", "limit", "limit")
    if held:
        return Kind("resource", "resource", "undated_resource")
    if _says("money", one.unit) and _says("promised", one.segment + name) and not _says("past", one.segment + name):
        return Kind("commitment", "promised", "promised")
    if _says("future", sentence) or one.form == "size":
        return Kind("target", "future_words", "undated_future")
    if planned and counted and not _says("past", one.segment):
        return Kind("count", "listed", "undated_plan")
    if planned and level and one.unit.endswith(_AREA_UNITS) and not _says("past", one.segment):
        return Kind("resource", "area", "undated_resource")
    if planned and not _says("past", sentence):
        return Kind("target", "plan", "undated_plan")
    return Kind("actual", "statement", "undated")


@cache
def _absolute() -> frozenset[str]:
    return frozenset(listed("verbs", "absolute"))


class Change(NamedTuple):
    """A form of the data contract with the sign of the value, the rule that gave them, and a doubt (or empty)."""

    transformation: str
    sign: int
    rule: str
    doubt: str = ""


#: Units of what is worked on (风貌提升3万户): behind 提升 they say how much was done, not by how much it grew.
_WORKED_UNITS = ("户", "亩", "公里", "平方米", "个", "处", "条", "所", "项")
#: A verb in front of what it changes, and the number behind both: 压减成本3%.
_VERB_NOUN = re.compile("(?:(?P<down>减|降低|压缩|压减|缩短)|节约|节省|提升|提高)[^，。占率]{1,6}$")
_RATE_NAME = re.compile(r"增速|涨幅|增幅|增长率|增长速度|减幅|降幅|年均增长")


def change(one: Quantity, name: str, ranked: bool, stretch: bool, noun: bool) -> Change:
    """Form and sign of a quantity.

    ``name`` is what it measures, ``ranked`` whether it is a place in an order, ``stretch`` whether its period is
    several years, ``noun`` whether a thing counted stands behind it (提升20个网络 counts networks).
    """
    front, unit = one.front, one.unit
    words = one.segment
    if ranked or one.form == "rank":
        return Change("rank", 1, "rank")
    if "百分点" in unit:
        falls = -1 if pattern("falls").search(words + name) else 1
        if front.gap:
            return Change("difference_pp", front.gap * falls, "gap")
        if falls < 0 and front.change:
            return Change("difference_pp", -front.change, "fall")
        if re.search("每年|年均|逐年", words):
            return Change("difference_pp", front.change or 1, "points", "yearly_points")
        down = front.change < 0 or bool(re.search(r"(?:下降|降低|回落|收窄|减少|低于|缩小|低)", words + name))
        return Change("difference_pp", -1 if down else 1, "points", "" if front.change or down else "no_verb")
    if unit in ("番",) or one.form == "doubling":
        return Change("increase_multiple", 1, "doubling")
    if unit == "倍" or one.form == "multiple":
        if front.change and not front.to:
            return Change("increase_multiple", 1, "multiple")
        if front.to or re.search(r"的$|是|相当|达到?", words):
            return Change("ratio_to_base", 1, "multiple_level", "multiple")
        return Change("increase_multiple", 1, "multiple", "multiple")
    if unit in ("%", "‰", "成"):
        return _percent(one, name, stretch)
    if one.ratio > 2:
        return Change("share" if one.whole else "level", 1, "ratio")
    if front.gap:
        return Change("difference", front.gap, "gap", "absolute_gap")
    land = front.change > 0 and re.match(r"的?[一-龥]{0,6}(?:用地|耕地|林地|绿地|面积)", one.behind)
    work = front.verb in ("提升", "优化") and unit.endswith(_WORKED_UNITS) and "比" not in words
    plain = front.change and not front.to and not front.rate_noun and not (noun or land or work)
    if plain and front.verb in _absolute():
        return Change("difference", front.change, "difference")
    return Change("level", 1, "level")


def _percent(one: Quantity, name: str, stretch: bool) -> Change:
    front, words = one.front, one.segment
    around = words + name
    if pattern("contribution").search(around + re.split("[，。；、]", one.behind[:10])[0]):
        return Change("contribution", 1, "contribution")
    if front.gap:
        return Change("difference_pp", front.gap, "gap", "percent_gap")
    if "自然增长率" in around:
        return Change("level", 1, "level")  # births less deaths are no part of a whole, and may be negative
    rated = front.to and _RATE_NAME.search(name + front.core)
    changing = bool((front.change and not front.to) or front.rate_noun or rated)
    if not changing and _RATE_NAME.search(front.core[-6:] + front.adverbs):
        changing = True
    verb = None if changing or front.to or re.search("率|比[重例]|占比", front.core) else _VERB_NOUN.search(front.core)
    if verb is not None:
        return Change("cumulative" if stretch else "yoy", -1 if verb["down"] else 1, "verb_noun", "verb_noun")
    if changing:
        sign = -1 if (front.change < 0 or re.search("降幅|减幅", around)) else 1
        if re.search("年(?:平)?均(?!浓度|气温|值|降[水雨])|平均每年|逐年", around + front.adverbs):
            return Change("avg_annual", sign, "average")
        if pattern("since_base").search(around + front.adverbs) and not re.search("同比|比上年", around):
            return Change("cumulative", sign, "cumulative")
        if stretch:
            return Change("cumulative", sign, "cumulative_stretch", "stretch_growth")
        odd = re.search("环比|[常往历]年|偏[多少高低]|[比较]上?年?初?预算", around + front.adverbs + front.verb)
        return Change("yoy", sign, "growth", "percent_gap" if odd else "")
    if re.search(r"负增长", around):
        return Change("yoy", -1, "growth")
    if pattern("ratio_to_time").search(words):
        return Change("ratio_to_base", 1, "multiple_level", "multiple")
    beyond = one.value > 100 and "率" in name  # 任务完成率达120% is no part of a whole
    if beyond or re.search("利润率|收益率|回报率", name):
        return Change("level", 1, "level")
    if re.search("预算数?的$|完成[^，。]{0,12}(?:目标|任务|计划)", words):
        return Change("level" if one.value > 100 else "share", 1, "share", "percent_gap")  # 107 % is no part
    return Change("share", 1, "share", "" if pattern("shares").search(around + one.behind[:3]) else "bare_percent")


def signed(value: Decimal, sign: int, comparator: str) -> tuple[Decimal, str]:
    """A value with its sign, and the comparator about the signed value (下降超10% is below −10).

    >>> signed(Decimal(10), -1, "gt")
    (Decimal('-10'), 'lt')
    """
    if sign >= 0:
        return value, comparator
    turned = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
    return -value, turned.get(comparator, comparator)
