"""Numerals and names: as they are printed in any form, and in both languages to be filled into a sentence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from planbrief.targets import periods

if TYPE_CHECKING:
    from planbrief.targets import Dataset

_FULL_WIDTH = str.maketrans(
    "０１２３４５６７８９．，％＋（）＞＜～：　\u00a0\u2009\u202f",
    "0123456789.,%+()><~:    ",
)

DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
DIGITS |= {"六": 6, "七": 7, "八": 8, "九": 9}
#: Financial forms and variants that documents use for the same digits.
DIGITS |= {"壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9, "兩": 2}
SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

_CHINESE = "[" + "".join([*DIGITS, *SMALL, *LARGE]) + "]"
_SCALE = "[" + "".join([*SMALL, *LARGE]) + "]*"
_ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
_ARABIC_NUMERAL = re.compile(rf"(?P<sign>(?<![\d\w%)])[-−])?(?P<digits>{_ARABIC})(?P<scale>{_SCALE})")
_CHINESE_NUMERAL = re.compile(rf"(?P<digits>{_CHINESE}+(?:点[{''.join(DIGITS)}]+)?)")
_FRACTION = re.compile(rf"(?P<under>{_CHINESE}+|\d+)分之(?P<over>{_CHINESE}+(?:点[{''.join(DIGITS)}]+)?|\d+(?:\.\d+)?)")
#: What is no quantity: calendar years and dates, ordinals.
_NO_QUANTITY = re.compile(
    r"(?:19|20)\d\d(?:\s*[-—–~至到/]+\s*(?:19|20)\d\d)?\s*年(?:\d{1,2}月(?:\d{1,2}日)?)?|第\d+|第[一二三四五六七八九十]+"
)
_PERCENT = {"百": 100, "千": 1000, "万": 10**4}


class Numeral(NamedTuple):
    """A numeral in a text: value in its printed unit, where it stands, the multiplier that its unit begins with.

    ``step`` is the place value of the last printed digit (0.1 for 142.8, 1 for 1000, 100 for 三千二百).
    """

    value: Decimal
    step: Decimal
    start: int
    end: int
    scale: int
    fraction: bool = False


def normalise(text: str) -> str:
    """Full-width digits, signs and spaces as ASCII; length and positions stay.

    >>> normalise("６３．５％")
    '63.5%'
    """
    return text.translate(_FULL_WIDTH)


def chinese_value(text: str) -> tuple[Decimal, Decimal]:
    """Value and place of the last digit of a Chinese numeral.

    >>> chinese_value("三千二百"), chinese_value("二十五"), chinese_value("三点五")
    ((Decimal('3200'), Decimal('100')), (Decimal('25'), Decimal('1')), (Decimal('3.5'), Decimal('0.1')))
    """
    whole, _, decimals = text.partition("点")
    # Digits without multipliers are read one by one (二〇二五), else by place value (二十五).
    if len(whole) > 1 and all(character in DIGITS for character in whole):
        value, step = Decimal("".join(str(DIGITS[character]) for character in whole)), Decimal(1)
    else:
        value, step = _place_value(whole)
    for place, character in enumerate(decimals, start=1):
        step = Decimal(1).scaleb(-place)
        value += DIGITS[character] * step
    return value, step


def _place_value(text: str) -> tuple[Decimal, Decimal]:
    total, section, digit, step = 0, 0, -1, 1
    for character in text:
        if character in DIGITS:
            digit, step = DIGITS[character], 1
        elif character in SMALL:
            section += (digit if digit > 0 else 1) * SMALL[character]
            digit, step = -1, 1 if SMALL[character] == 10 else SMALL[character]
        else:
            section += max(digit, 0)
            if LARGE[character] == 10**8:
                total = (total + section or 1) * 10**8
            else:
                total += (section or 1) * 10**4
            section, digit, step = 0, -1, step * LARGE[character]
    return Decimal(total + section + max(digit, 0)), Decimal(step)


def _split_scale(text: str) -> tuple[str, int]:
    """A Chinese numeral without the 亿 or 万 that its unit begins with: 千亿 → 千 and 10^8, 五亿 → 五 and 10^8."""
    for characters, size in (("亿億", 10**8), ("万萬", 10**4)):
        if len(text) > 1 and text[-1] in characters and not set(text[:-1]) & set("亿億"):
            return text[:-1], size
    return text, 1


def numerals(text: str) -> list[Numeral]:
    """The quantities of a text in order: Arabic numerals, or Chinese ones where there is no Arabic one.

    Calendar years (2035年) and ordinals are none.

    >>> [(str(n.value), n.scale) for n in numerals("到2035年达到3,500亿元以上")]
    [('3500', 100000000)]
    >>> [(str(n.value), n.scale) for n in numerals("千亿级")]
    [('1000', 100000000)]
    """
    # What is no quantity is blanked, not cut out: positions stay those of the text.
    plain = normalise(text)
    plain = _NO_QUANTITY.sub(lambda match: "\x00" * len(match[0]), plain)
    found: list[Numeral] = []
    for match in _FRACTION.finditer(plain):
        over, step = _number(match["over"])
        under = match["under"]
        if under in _PERCENT:
            found.append(Numeral(over, step, match.start(), match.end(), 1))
            continue
        below = _number(under)[0]
        if below:
            found.append(Numeral(over / below, step / below, match.start(), match.end(), 1, fraction=True))
    plain = _FRACTION.sub(lambda match: "\x00" * len(match[0]), plain)
    for match in _ARABIC_NUMERAL.finditer(plain):
        value, step = _number(match["digits"])
        scale = 1
        for character in match["scale"]:
            scale *= (SMALL | LARGE)[character]
        found.append(Numeral(-value if match["sign"] else value, step, match.start(), match.end(), scale))
    if not found:
        for match in _CHINESE_NUMERAL.finditer(plain):
            digits, scale = _split_scale(match["digits"])
            value, step = chinese_value(digits)
            found.append(Numeral(value, step, match.start(), match.end(), scale))
    return sorted(found, key=lambda numeral: numeral.start)


def _number(text: str) -> tuple[Decimal, Decimal]:
    if text[0] in DIGITS or text[0] in SMALL or text[0] in LARGE:
        return chinese_value(text)
    value = Decimal(text.replace(",", ""))
    exponent = value.as_tuple().exponent
    return value, Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)


#: What a Chinese name of a place ends in and everyday speech leaves out: 巴中市 → 巴中, 广西壮族自治区 → 广西.
_UNIT_OF_PLACE = re.compile(
    r"(?<=..)(?:(?:维吾尔|壮族|回族)?自治区|特别行政区|地区|[省市区县盟旗]|[^市]{1,6}族(?:[^市]{1,6}族)*自治[州县])$"
)
_ENGLISH_UNIT = re.compile(r" (?:province|municipality|city|district|county|autonomous region)$")


def folded(name: str) -> str:
    """A name as it is compared: letters small, full-width signs plain, no spaces at the ends.

    >>> folded(" Bazhong　"), folded("ＧＤＰ")
    ('bazhong', 'gdp')
    """
    wide = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in normalise(name))
    return wide.strip().casefold()


def short(name: str) -> str:
    """The name of a place without its administrative unit; any other name as it is.

    >>> short("巴中市"), short("广西壮族自治区"), short("甘孜藏族自治州"), short("fuling district"), short("全国")
    ('巴中', '广西', '甘孜', 'fuling', '全国')
    """
    return _ENGLISH_UNIT.sub("", _UNIT_OF_PLACE.sub("", name))


class Names(Collection[str]):
    """The ids of one table, each found by anything that its row is called.

    A name that belongs to two rows finds neither; their ids are suggested.
    """

    def __init__(self, rows: Iterable[tuple[str, ...]], *, places: bool = False) -> None:
        """From tuples of an id and its names; `places` have short names too."""
        self._ids: dict[str, None] = {}
        self._called: dict[str, list[str]] = {}
        for key, *names in rows:
            self._ids[key] = None
            forms = [folded(name) for name in names if name]
            for form in dict.fromkeys([*forms, *(short(form) for form in forms if places)]):
                self._called.setdefault(form, []).append(key)

    def __contains__(self, key: object) -> bool:
        return key in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, word: str) -> str:
        """The id that a word means; empty where it means none or several.

        >>> areas = Names([("bazhong", "巴中市", "Bazhong"), ("sichuan", "四川省", "Sichuan")], places=True)
        >>> areas.find("巴中"), areas.find("SICHUAN"), areas.find("四川省"), areas.find("巴东")
        ('bazhong', 'sichuan', 'sichuan', '')
        """
        if word in self._ids:
            return word
        found = self._called.get(folded(word), [])
        return found[0] if len(found) == 1 else ""

    def near(self, word: str) -> tuple[str, ...]:
        """Ids that may have been meant, the likeliest first: those that share the name, else those written like it.

        >>> names = Names([("gdp_growth", "地区生产总值增速"), ("gdp", "地区生产总值")])
        >>> names.near("gdp_grwth")[0], names.near("地区生产总直")
        ('gdp_growth', ('gdp',))
        >>> Names([("bazhong", "巴中市")], places=True).near("巴种")
        ('bazhong',)
        """
        form = folded(word)
        if shared := self._called.get(form):
            return tuple(shared)
        if len(form) > 200:  # nobody means a name by that, and comparing takes long
            return ()
        known = {folded(key): [key] for key in self._ids} | self._called
        # In a short Chinese name one wrong character is half of it: every other one must be right.
        one_off = [
            name for name in known
            if 1 < len(form) == len(name) < 5 and not name.isascii()
            and sum(a != b for a, b in zip(form, name, strict=True)) == 1
        ]  # fmt: skip
        close = [*get_close_matches(form, known, n=3, cutoff=0.72), *one_off]
        return tuple(dict.fromkeys(key for match in close for key in known[match]))[:3]


@dataclass(frozen=True)
class Label:
    """A name or short phrase that exists in Chinese and in English."""

    zh: str
    en: str


def label(ds: Dataset, table: str, key: str) -> Label:
    """Name of a row of a reference table; an empty key gives an empty label."""
    if not key:
        return Label("", "")
    return Label(ds.name(table, key, "zh"), ds.name(table, key, "en"))


def listing(labels: Iterable[Label]) -> Label:
    """Several names as one phrase: 甲、乙和丙 / A, B and C."""
    names = list(dict.fromkeys(labels))
    return Label(_join([n.zh for n in names], "、", "和"), _join([n.en for n in names], ", ", " and "))


def _join(names: list[str], comma: str, last: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return comma.join(names[:-1]) + last + names[-1]


def period(time_period: str) -> Label:
    """A time period in words: 2025-H1 → 2025年上半年 / first half of 2025."""
    return Label(periods.label(time_period, "zh"), periods.label(time_period, "en"))


def place(area: Label, time_period: str) -> Label:
    """A place with its period, which is left out where there is none: 巴中市2027年 / Bazhong, 2027."""
    if time_period in ("", "undated"):
        return area
    when = period(time_period)
    return Label(f"{area.zh}{when.zh}", f"{area.en}, {when.en}")


def _said(ds: Dataset, name: str, key: str, column: str) -> str:
    """What a table of words says of a key, empty where the project has no such table or the table no such key."""
    table = ds.package.tables.get(name)
    if table is None or not key:
        return ""
    ds._whole(name)  # remembers the read, so that a report is made anew when the table changes
    row = table.by_key.get(key)
    return row.values[column] if row else ""


def subject_label(ds: Dataset, subject: str) -> Label:
    """A subject as printed, and in English by the package's table of subjects where that has it."""
    return Label(subject, _said(ds, "subject_names", subject, "name_en") or subject)


def comment_zh(ds: Dataset, comment: str) -> str:
    """A comment on an observation in Chinese by the package's table of comments; empty where that has none."""
    return _said(ds, "comments", comment, "comment_zh")


def measured(ds: Dataset, indicator: str, activity: str = "", subject: str = "") -> Label:
    """What is measured, with the activity or subject it is measured of unless the name says it: 总产值（能源化工）."""
    name = label(ds, "indicators", indicator)
    detail = label(ds, "activities", activity) if activity else subject_label(ds, subject)
    zh = name.zh if detail.zh in name.zh else f"{name.zh}（{detail.zh}）"
    en = name.en if detail.en.lower() in name.en.lower() else f"{name.en} ({detail.en})"
    return Label(zh, en)


#: What a place in a Chinese document is called in English; titles of its sections stay as they are printed.
_PLACES = (
    (r"第(\d+)段（(.+)）", r"para. \1 (\2)"), (r"第(\d+)段", r"para. \1"), (r"第(\d+)点", r"point \1"),
    (r"第(\d+)行", r"row \1"), (r"(\d{4})年列", r"column \1"), (r"第(\d+)列", r"column \1"),
    (r"第(\d+)页", r"page \1"), (r"表\s?(\d+)", r"table \1"), (r"图\s?(\d+)", r"figure \1"),
    (r"专栏\s?(\d*)", r"box \1"), (r"幻灯片", "slide"), (r"图内文字", "text of the figure"), (r"图例", "legend"),
    (r"小标题", "subheading"), (r"标题", "title"), (r"目录", "contents"), (r"正文", "text"),
    (r"各节开头", "section heads"),
)  # fmt: skip


def located(locator: str) -> Label:
    """A place in a document, in English with its structure in words: 表1 第2行 2023年列, table 1 row 2 column 2023."""
    words = locator
    for printed, english in _PLACES:
        words = re.sub(printed, english, words)
    return Label(locator, words)
