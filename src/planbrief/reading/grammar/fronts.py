"""The words in front of a number, taken apart from the right: bound, level verb, change verb, adverbs, the rest.

进出口总额同比增长超 becomes the name 进出口总额, the adverb 同比, the change 增长 and the bound 超.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from planbrief.reading.grammar.tails import front_bound
from planbrief.reading.grammar.wordlists import alternatives, any_of, listed

_UP, _DOWN = frozenset(listed("verbs", "up")), frozenset(listed("verbs", "down"))
_ABOVE, _BELOW = frozenset(listed("verbs", "above")), frozenset(listed("verbs", "below"))
#: Nouns of rates of change, which are names and verbs at once: 增速5.7%, 降幅10%.
RATE_NOUNS = frozenset({"增速", "增幅", "涨幅", "增长率", "降幅", "减幅"})
#: Level verbs behind which a verb of change speaks of the level: 增长到, 降至.
_TO = re.compile(r"(?:至|到|达到?|为|成)")
_TO_VERB = re.compile(
    r"(?:[降升增缩减扩涨]|提高|提升|下降|降低|减少|缩小|收窄|压缩|压减|缩短|增加|扩大|上升|调整|"
    r"晋升|延长|扩展|整合|优化|合并)(?:到|至|为|成)"
)


@dataclass(frozen=True, slots=True)
class Front:
    """A front taken apart; ``change`` is +1, -1 or 0, ``to`` is true where the number is the level reached.

    ``gap`` is +1 or -1 where the number is a distance to another place (高于全国), with ``counterpart`` its name.
    ``start_value`` is true for the A of 从A提高到B.
    """

    core: str
    adverbs: str
    verb: str
    change: int
    to: bool
    bound: str
    rate_noun: bool
    gap: int = 0
    counterpart: str = ""
    start_value: bool = False
    reached: str = ""


@cache
def _reached() -> frozenset[str]:
    return frozenset(listed("verbs", "reached"))


@cache
def _suffix() -> re.Pattern[str]:
    """The longest word at the end of a front that is no part of a name; comparisons with a base count as adverbs."""
    known = any_of([*_UP, *_DOWN, *_reached(), *listed("verbs", "adverbs")])
    return re.compile(rf"(?:{known}了?|{_BASE}|连续(?:超过)?[一二两三四五六七八九十\d]+[年季月]|\d+年(?:来|间|内)?)$")


_GAP = re.compile(
    rf"(?P<verb>{any_of(_ABOVE | _BELOW)})(?:于|出|过)?(?P<place>全国|全省|全市|全区|上年|去年|全部|西部|中部|东部|"
    rf"预期|目标|规模以上|规上|同期|城镇|农村|GDP|地区生产总值|经济)"
    r"(?P<rest>[^，。；、]{0,10}?)(?P<about>约|近|超过?)?$"
)
#: A base of comparison: 比上年, 较2020年末, 比“十三五”时期.
_BASE = (
    r"(?:较|比|与)(?:上年|去年|上半年|上季度|上月|年初|一季度|前[二两三]季度|\d{1,2}(?:—\d{1,2})?月份?|20\d\d年|“?十[一二三四五]五”?)"
    r"(?:时期|期?末|底|期间|同期|全年)?(?:相比|时)?|"
    r"按(?:可比|不变)价格?(?:计算)?|(?:是|为|由|从|相当于|达到?)(?:20\d\d年|上年|“?十[一二三四五]五”?)(?:时期|期?末|底)?的?"
)
#: A distance to another place's average: 比全省平均水平高.
_BESIDE = re.compile(
    r"比(?P<place>全国|全省|全市|全区|西部|中部|东部)(?:平均(?:水平|数)?)?(?P<verb>高|低|快|慢)(?:出|于)?(?P<about>约|近|超过?)?$"
)
_BLANKS = " \t\u3000*“”:：—-·"
#: Words that end in a level verb's character and are names: 比重为 is split, 行为, 认为, 以上, 网上, 线上 are not.


@cache
def _kept_end() -> re.Pattern[str]:
    return re.compile(alternatives("names", "kept") + "$")


def take_apart(front: str) -> Front:
    """The parts of a front.

    >>> one = take_apart("进出口总额同比增长超过")
    >>> one.core, one.change, one.bound, one.to
    ('进出口总额', 1, 'gt', False)
    >>> two = take_apart("PM2.5平均浓度降至")
    >>> two.core, two.change, two.to
    ('PM2.5平均浓度', -1, True)
    """
    words = front.strip(_BLANKS)
    bound = front_bound(words)
    gap = _BESIDE.search(words) or _GAP.search(words)
    if gap is not None:
        sign = 1 if gap["verb"] in _ABOVE else -1
        inner = take_apart(words[: gap.start()])
        place = gap["place"]
        return Front(inner.core, inner.adverbs, gap["verb"], 0, False, bound, inner.rate_noun, sign, place)
    start_value = False
    reached = adverbs = verb = ""
    change = 0
    to = False
    while words:
        words = words.strip(_BLANKS)
        if _kept_end().search(words):
            break
        match = _suffix().search(words)
        if match is None:
            break
        piece = match[0]
        words = words[: match.start()]
        if re.match(r"[由从](?:20|上年|“?十)", piece):
            start_value = True
        if piece in _reached():
            reached = piece + reached
            start_value = start_value or (piece in ("由", "从", "自") and not to)
            if _TO_VERB.search(piece):
                to = True
                change = change or (-1 if re.match("[降下减缩收压]", piece) else 1)
                verb = verb or piece
            elif _TO.search(piece) and piece != "排在":
                to = to or not verb
        elif piece.removesuffix("了") in _UP | _DOWN and not verb:
            verb = piece.removesuffix("了")
            change = -1 if verb in _DOWN else 1
        elif piece.removesuffix("了") in _UP | _DOWN:
            words += piece
            break
        else:
            adverbs = piece + adverbs
    return Front(
        words.strip(_BLANKS),
        adverbs,
        verb,
        change,
        to and verb not in RATE_NOUNS,
        bound,
        verb in RATE_NOUNS,
        start_value=start_value,
        reached=reached,
    )
