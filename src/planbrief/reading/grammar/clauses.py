"""The numbers of one sentence in their clauses: what stands in front of each, which form lists, which form ranges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from planbrief.reading.grammar.fronts import Front, take_apart
from planbrief.reading.grammar.numerals import Numeral
from planbrief.reading.grammar.tails import Tail, scaled, tail

_MARKS = "，。；：:！？!?（）\n"
_JOINT = re.compile(r"\s*(?:-|—{1,2}|–|~|至|到)\s*")
_LIST = re.compile(r"\s*(?:、|，|和|及|与|以及|或|、?和)\s*第?")
_RATIO = re.compile(r"\s*:\s*")


@dataclass(slots=True)
class Quantity:
    """A number that states something, with what surrounds it (positions in the folded text).

    ``segment`` is the text between the last mark or number and this one; ``lead`` the rest of the text since the number
    before. ``place`` counts the numbers of a list from 0 and ``length`` how many there are, ``ratio`` how many a ratio
    has and ``whole`` whether they add up to 100; ``stated`` is true where
    分别 says that names and numbers pair up.
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
            if gap == "/" and one.form == following.form == "digits" and following.value:
                whole = tail(text, following)
                value = one.value / following.value
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
        quantity = Quantity(one.start, end_of, one.value, one.upper, one.form, behind, unit=behind.unit)
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
        gap = text[previous_end : one.start]
        pure = bool(previous is not None and (_LIST.fullmatch(gap) or (one.ratio > 2 and one.place)))
        after = found[index + 1].start if index + 1 < len(found) else end
        one.behind = text[max(one.tail.end, one.end) : after].split("\n")[0]
        if pure and previous is not None and not (gap.strip() == "，" and previous.length == 1 and not previous.stated):
            _continue(previous, one, gap)
        else:
            if previous is not None and previous.form == "count" and gap[:1] == "大":
                gap = gap[1:]
            cut = _last_mark(gap)
            one.lead, one.segment = gap[: max(cut - 1, 0)], gap[cut:]
            one.mark = gap[cut - 1] if cut else ""
            if previous is not None and not cut:
                one.mark, one.segment = _listed(gap)
            one.front = take_apart(one.segment)
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
    if match := re.search(r"(?:和|以及|及|与)(?=[一-龥“])", gap):
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
        multiplier_only = bool(re.fullmatch("[十百千万亿]+", own)) and own in shared
        if not own or multiplier_only or (own == "个" and shared.endswith("百分点")):
            before.unit = shared
