"""The clause around a number: what stands before and behind it and which phrase it belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from planbrief.reading.grammar.numerals import Numeral, Tail, front_bound, scaled, tail
from planbrief.reading.grammar.scopes import TIME_ALONE
from planbrief.reading.grammar.wordlists import listed, pattern

_UP, _DOWN = frozenset(listed("verbs", "up")), frozenset(listed("verbs", "down"))
_ABOVE, _BELOW = frozenset(listed("verbs", "above")), frozenset(listed("verbs", "below"))
#: Nouns of rates of change, which are names and verbs at once: 增速5.7%, 降幅10%.
RATE_NOUNS = frozenset({"增速", "增幅", "涨幅", "增长率", "降幅", "减幅"})
#: Level verbs behind which a verb of change speaks of the level: 增长到, 降至.
_TO = re.compile(r"(?:至|到|达到?|为|成)")


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


_REACHED = frozenset(listed("verbs", "reached"))
_BLANKS = " \t\u3000*“”:：—-·"


def take_apart(front: str) -> Front:
    """The parts of a front.

    >>> one = take_apart("进出口总额同比增长超过")
    >>> one.core, one.change, one.bound, one.to
    ('进出口总额', 1, 'gt', False)
    >>> two = take_apart("PM2.5平均浓度降至")
    >>> two.core, two.change, two.to
    ('PM2.5平均浓度', -1, True)
    """
    # Taken apart from the number backwards: bound, verb of reaching, verb of change, adverbs; what is left names.
    words = front.strip(_BLANKS)
    if TIME_ALONE.match(words):
        return Front("", words, "", 0, False, "", False)
    bound = front_bound(words)
    # Distances first: 高于全国2个百分点 has 高 and no growth, 比上年提高2.1 a base and no place.
    gap = (
        pattern("gap_average").search(words)
        or pattern("over_average").search(words)
        or pattern("gap").search(words)
        or pattern("gap_beside").search(words)
    )
    if gap is not None:
        sign = 1 if gap["verb"] in _ABOVE or gap["verb"][0] in "超高" else -1
        inner = take_apart(words[: gap.start()])
        place = gap["place"]
        return Front(inner.core, inner.adverbs, gap["verb"], 0, False, bound, inner.rate_noun, sign, place)
    if (than := pattern("than").search(words)) is not None and not re.search("[由从到至达]", than["base"]):
        inner = take_apart(words[: than.start()])
        rate_noun = inner.rate_noun or inner.core.endswith(("降幅", "增速", "增幅", "涨幅"))
        sign = -1 if than["verb"] in _DOWN else 1
        return Front(
            inner.core, inner.adverbs + than[0], than["verb"], sign, False, bound, rate_noun and not inner.core
        )
    start_value = False
    reached = adverbs = verb = ""
    change = 0
    to = False
    while words:
        words = words.strip(_BLANKS)
        if pattern("kept_end").search(words):
            break
        if TIME_ALONE.match(words):
            words, adverbs = "", words + adverbs
            break
        match = pattern("suffix").search(words)
        if match is None:
            break
        piece = match[0]
        words = words[: match.start()]
        if re.match(r"[由从](?:20|[上去前]|[一二三四]季|\d|“?十)", piece):
            start_value = True
        if piece in _REACHED:
            reached = piece + reached
            start_value = start_value or (piece in ("由", "从", "自") and not to)
            if pattern("to_verb").search(piece):
                to = True
                change = change or (-1 if re.match("[降下减缩收压]", piece) else 1)
                verb = verb or piece
            elif _TO.search(piece) and piece != "排在":
                to = to or not verb
        elif piece.removesuffix("了") in _UP | _DOWN and not verb:
            verb = piece.removesuffix("了")
            change = -1 if verb in _DOWN else 1
        elif piece.removesuffix("了") in _UP | _DOWN:
            # A second verb of change belongs to the name: 降低成本增长5%.
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


#: The number of a note behind a figure: 3125.68亿元[2]，.
_NOTE_MARK = re.compile(r"[\[〔]\d{1,2}[\]〕]")
_MARKS = "，。；：:！？!?（）\n"
_JOINT = re.compile(r"\s*(?:-|—{1,2}|–|~|至|到)\s*")
_LIST = re.compile(r"\s*(?:、|，|和|及|与|以及|或|、?和)\s*第?[-−]?")
_RATIO = re.compile(r"\s*:\s*")
#: The base of a ratio, which belongs to the number in front of it.
_TO_ONE = re.compile(r"\s*:\s*1(?![\d:.%])")
#: What is passed in reaching a level: 迈上3万亿元台阶.
STEPS = "新?(?:台阶|大关|关口|量级|门槛)"
#: Steps of a width that are counted: 两个千亿元台阶, 4个1000亿元台阶.
_WIDE_STEPS = re.compile(rf"个(?P<width>[一二三四五六七八九十百千万亿\d]{{1,6}}元?级?)(?={STEPS})")


@dataclass(slots=True)
class Quantity:
    """A number that states something, with what surrounds it (positions in the folded text).

    ``segment`` is the text between the last mark or number and this one; ``lead`` the rest of the text since the number
    before. ``place`` counts the numbers of a list from 0 and ``length`` how many there are, ``ratio`` how many a ratio
    has and ``whole`` whether they add up to 100; ``stated`` is true where
    分别 says that names and numbers pair up. ``width`` is the printed one of the steps
    that are counted (两个千亿元台阶).
    """

    start: int
    end: int
    value: Decimal
    upper: Decimal | None
    form: str
    tail: Tail
    segment: str = ""
    lead: str = ""
    front: Front = field(default_factory=lambda: take_apart(""))
    behind: str = ""
    place: int = 0
    length: int = 1
    stated: bool = False
    unit: str = ""
    mark: str = ""
    ratio: int = 0
    whole: bool = False
    width: str = ""
    doubts: list[str] = field(default_factory=list)


def quantities(text: str, start: int, end: int, found: Sequence[Numeral]) -> tuple[list[Quantity], list[Numeral]]:
    """The quantities among the numbers of a sentence from `start` to `end`, and numbers that are the 1 of a ratio."""
    result: list[Quantity] = []
    bases: list[Numeral] = []
    position = 0
    while position < len(found):
        one = found[position]
        following = found[position + 1] if position + 1 < len(found) else None
        behind = tail(text, one)
        if following is not None:
            gap = text[one.end : following.start]
            if gap == "/" and following.value in (1, 10) and text[following.end : following.end + 1] == "万":
                per = f"/{following.text}万"  # a rate per so many people: 11.8/10万
                printed = Tail(following.end + 1, per, per, "", False, False)
                result.append(Quantity(one.start, one.end, one.value, None, one.form, printed, unit=per))
                bases.append(following)
                position += 2
                continue
            # 1/3 is one span and a quotient of four digits; a damaged file may hold any number, hence the limit.
            if gap == "/" and one.form == following.form == "digits" and following.value:
                whole = tail(text, following)
                value = one.value / following.value
                value = round(value, 4).normalize() if value < 10**20 else value
                result.append(Quantity(one.start, following.end, value, None, "fraction", whole, unit=whole.unit))
                result[-1].doubts.append("fraction")
                position += 2
                continue
            if (ranged := _range(text, start, one, following, behind)) is not None:
                result.append(ranged)
                position += 2
                continue
            count = _ratio_length(text, found, position)
            if count >= 2:
                members = _ratio(text, found[position : position + count])
                bases += found[position + len(members) : position + count]
                result += members
                position += count
                continue
        end_of = one.end
        if not one.text[0].isdigit():
            end_of = _dressed(text, one, behind)
        to_one = _TO_ONE.match(text, one.end) if one.form == "digits" else None
        if to_one is not None:
            behind = replace(behind, end=to_one.end(), unit="", printed="")
        unit = "%" if one.form == "percent" else behind.unit
        quantity = Quantity(one.start, end_of, one.value, one.upper, one.form, behind, unit=unit)
        quantity.ratio = 2 if to_one is not None else 0
        if (step := _WIDE_STEPS.match(text, one.end)) is not None:
            quantity.width, quantity.unit = step["width"], "个"
        result.append(quantity)
        position += 1
    _surround(text, start, end, result)
    return result, bases


def _dressed(text: str, one: Numeral, behind: Tail) -> int:
    """The end of a numeral in characters with its 余, 级, 倍, 成, 番 and 以上: the printed form of the data."""
    match = re.compile(r"[余多]?(?:[级倍成番](?:以上)?)?").match(text, one.end)
    if one.form in ("rank",) or match is None:
        return one.end
    if one.form in ("count", "scheme") and match[0] and match[0][0] not in "余多":
        return one.end
    return match.end()


def _range(text: str, start: int, one: Numeral, other: Numeral, behind: Tail) -> Quantity | None:
    gap = text[one.end : other.start]
    rest = gap
    printed = ""
    if behind.unit and behind.end <= other.start:
        printed, rest = behind.unit, text[behind.end : other.start]
    if not _JOINT.fullmatch(rest) or one.form != other.form:
        return None
    # 从10%到15% are two values at two times, 10%—15% one range.
    if re.search(r"[从由自][^，。；]{0,6}$", text[max(start, one.start - 8) : one.start]) and re.search("[至到]", rest):
        return None
    last = tail(text, other)
    low, high = one.value, other.value
    if printed and printed != last.unit:
        low = scaled(low, re.sub(r"[^十百千万亿]", "", printed), re.sub(r"[^十百千万亿]", "", last.unit))
    if low >= high:
        return None
    return Quantity(one.start, other.end, low, high, one.form, last, unit=last.unit)


def _ratio(text: str, members: Sequence[Numeral]) -> list[Quantity]:
    """The parts of a ratio (16:37:47); of a ratio to one (2.2:1) only the first states something."""
    count = len(members)
    whole = abs(float(sum(one.value for one in members)) - 100) <= 1
    result = []
    for index, one in enumerate(members):
        if count == 2 and index == 1 and one.value == 1:
            continue
        part = Quantity(one.start, one.end, one.value, None, "ratio", tail(text, one), ratio=count, whole=whole)
        if count > 2:
            part.place, part.length, part.stated = index, count, True
        result.append(part)
    return result


def _ratio_length(text: str, found: Sequence[Numeral], position: int) -> int:
    count = 1
    while position + count < len(found):
        gap = text[found[position + count - 1].end : found[position + count].start]
        if not _RATIO.fullmatch(gap) or found[position + count].form != "digits":
            break
        count += 1
    return count


def _surround(text: str, start: int, end: int, found: list[Quantity]) -> None:
    previous_end = start
    previous: Quantity | None = None
    for index, one in enumerate(found):
        gap = _NOTE_MARK.sub("", text[previous_end : one.start])
        if one.form == "percent":  # 下降百分之六: the unit is said in front of the number
            gap = gap.removesuffix("百分之")
        # A number is the next of a list where only 、 or 和 parts it from the one before, and nothing names it anew.
        classed = previous is not None and previous.form == "size" != one.form
        pure = bool(previous is not None and not classed and (_LIST.fullmatch(gap) or (one.ratio > 2 and one.place)))
        after = found[index + 1].start if index + 1 < len(found) else end
        one.behind = _NOTE_MARK.sub("", text[max(one.tail.end, one.end) : after].split("\n")[0])
        apart = previous is not None and gap.strip() == "，" and _other_things(previous, one)
        if pure and previous is not None and not apart:
            _continue(previous, one, gap)
        else:
            if previous is not None and not previous.tail.printed and gap[:1] == "大":
                gap = gap[1:]
            cut = _last_mark(gap)
            one.lead, one.segment = gap[: max(cut - 1, 0)], gap[cut:]
            one.mark = gap[cut - 1] if cut else ""
            if previous is not None and not cut:
                one.mark, one.segment = _listed(gap)
                if one.mark and one.segment and previous.behind.endswith(one.segment):
                    previous.behind = previous.behind[: -len(one.segment)].rstrip("、和及与以")
            if (per := pattern("per_front").search(one.segment)) is not None and one.tail.printed:
                one.unit, one.segment = f"{one.unit}/{per['base']}", one.segment[: per.start()]
            one.front = take_apart(one.segment)
            # 分别增长5%和下降3%: a verb without a noun of its own keeps its place in the list.
            verb_only = previous is not None and not one.front.core and (one.front.verb or one.front.gap)
            if verb_only and re.match(r"[、和及与]", gap) and previous is not None and previous.stated:
                front = one.front
                _continue(previous, one, gap)
                one.front = front
            one.stated = one.stated or "分别" in one.segment
        previous_end = max(one.tail.end, one.end)
        previous = one
    for index in range(len(found) - 1, 0, -1):
        if found[index].place:
            found[index - 1].length = found[index].length = max(found[index].length, found[index].place + 1)
    _share_units(found)


def _other_things(previous: Quantity, one: Quantity) -> bool:
    """Whether a number behind a comma counts things of its own: 分别增至37座、14座，6部作品获奖."""
    if previous.length == 1 and not previous.stated:
        return True
    counted = bool(one.tail.printed and previous.tail.printed) and one.unit != previous.unit
    return counted and bool(one.tail.classifier) and re.match("[一-龥]", one.behind) is not None


def _continue(previous: Quantity, one: Quantity, gap: str) -> None:
    one.place, one.stated = previous.place + 1, previous.stated
    one.front, one.segment, one.lead, one.mark = previous.front, previous.segment, previous.lead, "、"
    one.length = one.place + 1


def _listed(gap: str) -> tuple[str, str]:
    """The segment of a number that follows another without a mark: behind the first 、 or 和 outside quotes."""
    depth = 0
    for index, character in enumerate(gap):
        depth += (character == "“") - (character == "”")
        if character == "、" and depth == 0:
            return "、", gap[index + 1 :]
    if match := re.search(r"(?:和|以及|及|与)(?=[一-龥“]|$)", gap):
        return "、", gap[match.end() :]
    return "", gap


def _last_mark(gap: str) -> int:
    """Position behind the last mark of a gap that is not inside closed brackets or quotation marks."""
    depth = 0
    for index in range(len(gap) - 1, -1, -1):
        character = gap[index]
        if character in "）”":
            depth += 1
        elif character in "（“" and depth:
            depth -= 1
        elif depth == 0 and (character in _MARKS or (character == "（")):
            return index + 1
    return 0


def _share_units(found: list[Quantity]) -> None:
    """A unit printed once at the end of a list holds for all of it: 分别达到20、30公里."""
    for index in range(len(found) - 1, 0, -1):
        one, before = found[index], found[index - 1]
        if not one.place:
            continue
        own, shared = before.unit, one.unit
        if before.ratio:
            continue
        if not before.tail.printed:
            own = own.removesuffix("元")  # 45亿、23亿和12亿千瓦时: what looked like money has the unit of the last
        multiplier_only = bool(re.fullmatch("[十百千万亿]+", own)) and own in shared
        if not own or multiplier_only or (own == "个" and shared.endswith("百分点")):
            before.unit = shared
