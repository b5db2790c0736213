"""What a number says: target, actual or resource, and a level or which kind of change."""

from __future__ import annotations

import re
from decimal import Decimal
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


#: People are counted anew every time; things of a list are not.
_PEOPLE = ("位", "人", "户", "名")


def _counts_things(one: Quantity) -> bool:
    return one.tail.classifier or one.form in ("count", "scheme") or (not one.unit and one.behind[:1] == "大")


def _is_scheme(one: Quantity, name: str) -> bool:
    """Whether a count says how many a list or scheme has (三区三线, 甲、乙等8个县), not what becomes of them."""
    behind, segment, printed = one.behind, one.segment, one.tail.printed
    # 3个项目开工 tells what happened to them, 数量达到30家 is a level that was reached.
    if one.form == "rank" or one.width or pattern("happened_to").match(behind):
        return False
    if name.endswith("数量") and one.front.reached:
        return False
    if one.form == "scheme" or (behind[:1] == "大" and not printed and one.unit in ("", "个")):
        return True
    if re.search("(?:”指|包括|即|共分为?)$", segment) or re.match("[^，。；、]{0,10}之一", behind):
        return True
    if _says("counted", printed) or (_says("counted", name) and one.tail.bound != "ge" and printed not in _PEOPLE):
        return True
    enumerated = "、" in one.front.core and one.unit == "个" and re.match("[一-龥]|$", behind)
    bounded = one.front.bound or one.tail.bound
    if enumerated and not bounded and not pattern("no_list").search(segment):
        return True
    # 做优做强5个集群 is about things that are there; projects, trainings and repairs are work still to be done.
    project = re.match("[^，。；、]{0,10}(?:项目|实事|工程)", behind) or one.unit.endswith(("人", "名"))
    work = re.match("[^，。；、]{0,14}(?:培训|工作|改造|整治|治理)", behind) and printed not in ("项", "件")
    return not (one.front.change or project or work) and bool(pattern("existing").search(segment))


def kind(one: Quantity, name: str, sentence: str, said: str, tense: str, planned: bool, level: bool) -> Kind:
    """Kind of a quantity from its tense and what it counts; ``planned`` is true in a document that plans.

    ``said`` is the sentence as far as the number; ``level`` is false for shares, rates and ranks, which are no
    endowment but of land and resources.
    """
    level = level or bool(_ENDOWED.search(name))
    words = one.segment + one.behind[:4]
    counted = _counts_things(one)
    scheme = counted and _is_scheme(one, name)
    grown = one.front.change and not one.front.to
    held = level and not grown and _says("resource", name) and not re.search("新增|人均", one.segment + name)
    making = bool(one.front.change or pattern("making").search(one.segment))
    red_line = _says("red_line", words + name) and "转移" not in words
    # The rules are tried in order: first what a word beside the number decides whatever the time (a red line, a sum
    # that is told for when a thing is done, an aim in brackets), then the tense that head or opening set, and only
    # where nothing dates the sentence what the number is about.
    if red_line and level and not scheme and one.form not in ("count", "scheme"):
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
        # What a budget hopes to receive is an aim, what it will hand out a promise.
        gained = re.search("力争|争取|招引|引进|吸引|突破", one.segment) or name.endswith("收入")
        if not gained and _says("money", one.unit) and _says("granted", one.segment + one.behind[:8]):
            return Kind("commitment", "promised", "promised")
        return Kind("target", "future")
    # A look back may still say what is to come: 预计全年增长5%.
    if tense == "past" and _says("ahead", (one.lead[-14:] + one.segment).removesuffix("将")):
        return Kind("estimate" if "预计" in one.lead + one.segment else "target", "ahead", "forecast")
    if tense == "past":
        if scheme:
            return Kind("count", "scheme")
        if held:
            return Kind("resource", "resource", "resource")
        # 控制在5%以内 of a year that is over: the ceiling, or what was reached? A person looks.
        kept_below = one.tail.bound == "le" and "控制在" in words
        return Kind("actual", "past", "forecast_near" if "预计" in said else "kept_below" if kept_below else "")
    # From here on nothing dates the sentence, so every reading but a scheme's is to be looked at.
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
    # Units decide before verbs: 提高2个百分点 and 增长2倍 have the verbs of growth and are none.
    if "百分点" in unit:
        # 降幅收窄 and 下降…扩大: points are about the rate, so a fall of it turns the sign of the verb.
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
    # 新增100亩林地, 风貌提升3万户: so much land or work, and no difference to an earlier amount.
    land = front.change > 0 and re.match(r"的?[一-龥]{0,6}(?:用地|耕地|林地|绿地|面积)", one.behind)
    work = front.verb in ("提升", "优化") and unit.endswith(_WORKED_UNITS) and "比" not in words
    plain = front.change and not front.to and not front.rate_noun and not (noun or land or work)
    if plain and front.verb in listed("verbs", "absolute"):
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
    # 增速提高到6%: a level of a rate of growth is a rate of growth.
    rated = front.to and _RATE_NAME.search(name + front.core)
    named_rate = _RATE_NAME.search(front.core[-6:] + front.adverbs)
    changing = bool((front.change and not front.to) or front.rate_noun or rated or named_rate)
    verb = None if changing or front.to or re.search("率|比[重例]|占比", front.core) else _VERB_NOUN.search(front.core)
    if verb is not None:
        return Change("cumulative" if stretch else "yoy", -1 if verb["down"] else 1, "verb_noun", "verb_noun")
    if changing:
        # 年均浓度 and 年均气温 name a level over one year: their change is on the year before.
        sign = -1 if (front.change < 0 or re.search("降幅|减幅", around)) else 1
        if re.search("年(?:平)?均(?!浓度|气温|值|降[水雨])|平均每年|逐年", around + front.adverbs):
            return Change("avg_annual", sign, "average")
        if pattern("since_base").search(around + front.adverbs) and not re.search("同比|比上年", around):
            return Change("cumulative", sign, "cumulative")
        if stretch:  # 五年增长30%: over all of them, unless an average is meant and left unsaid
            return Change("cumulative", sign, "cumulative_stretch", "stretch_growth")
        # Growth on the month before, on usual years or on a budget is no growth on the year before.
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
