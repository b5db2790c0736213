"""Units of measure: their names as printed, dimensions and factors; unlike ones never convert."""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from planbrief.errors import PlanbriefError, UnknownName
from planbrief.project import PROJECT_VARIABLE, NoProject, find, packaged

#: Multiplier characters of Chinese numerals; in front of a unit they multiply: 千亿 is 10^3 · 10^8.
MULTIPLIERS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}

#: How English says the powers of ten that occur in front of units.
_ENGLISH = {
    10**1: "10",
    10**2: "100",
    10**3: "1,000",
    10**4: "10,000",
    10**5: "100,000",
    10**6: "million",
    10**7: "10 million",
    10**8: "100 million",
    10**9: "billion",
    10**10: "10 billion",
    10**11: "100 billion",
    10**12: "trillion",
    10**13: "10 trillion",
    10**16: "10 quadrillion",
}

#: Dimension of the classifiers that English leaves out: 12 个 is "12".
CLASSIFIERS = "count"
#: Plurals that are no singular with an s behind it.
_IRREGULAR = {"people": "person", "inches": "inch", "batches": "batch"}


class UnlikeUnits(PlanbriefError):
    """Two quantities that measure different things were to be converted, added or compared."""

    def __init__(self, unit: str, dimension: str, other_unit: str, other_dimension: str) -> None:
        super().__init__(unit, dimension, other_unit, other_dimension)
        self.unit, self.dimension = unit, dimension
        self.other_unit, self.other_dimension = other_unit, other_dimension

    def __str__(self) -> str:
        return (
            f"{self.unit} measures {self.dimension} and {self.other_unit} measures {self.other_dimension}: "
            "unlike units are neither converted nor added nor compared"
        )


class Unit(NamedTuple):
    """A parsed unit: ``multiplier`` × ``base``; ``factor`` is the size of the whole in its dimension's base unit."""

    text: str
    multiplier: int
    base: str
    dimension: str
    factor: float
    name_zh: str
    name_en: str


def singular(name: str) -> str:
    """One of a unit: 1 enterprise, 1 kilometre, 1 company; per person.

    >>> singular("companies"), singular("square kilometres"), singular("cubic metres of gas"), singular("10,000 people")
    ('company', 'square kilometre', 'cubic metre of gas', '10,000 people')
    """
    head, of, rest = name.partition(" of ")
    if name[:1].isdigit():
        return name  # per 10,000 people
    head = _IRREGULAR.get(head, head)
    if head.endswith("ies"):
        head = head[:-3] + "y"
    elif head.endswith("s") and not head.endswith(("ss", "PFLOPS", "EFLOPS")):
        head = head[:-1]
    return head + of + rest


class UnitTable:
    """Base units by name, from ``data/units.csv`` or any rows with the same columns."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows = {str(row["unit"]): {name: str(value) for name, value in row.items()} for row in rows}
        self._parsed: dict[str, Unit] = {}

    @classmethod
    def read(cls, path: Path) -> UnitTable:
        """Read a ``units.csv``."""
        with path.open(encoding="utf-8", newline="") as file:
            return cls(csv.DictReader(file))

    def parse(self, unit: str) -> Unit:
        """Take a printed unit apart; :class:`~planbrief.errors.UnknownName` if its base unit is not in the table.

        The longest base unit wins (千瓦 is itself, not 千 × 瓦). A quotient (元/亩) has the quotient of two dimensions.
        """
        if unit not in self._parsed:
            self._parsed[unit] = self._parse(unit)
        return self._parsed[unit]

    def _parse(self, unit: str) -> Unit:
        text = unit.strip().replace("％", "%")
        multiplier, base = 1, text
        while base not in self.rows and base and base[0] in MULTIPLIERS:
            multiplier *= MULTIPLIERS[base[0]]
            base = base[1:] or "1"  # 3500万 without a unit counts in ten thousands
        if base in self.rows:
            row = self.rows[base]
            size = float(Decimal(row["factor"]) * multiplier)
            names = row.get("name_zh", "") or base, row.get("name_en", "")
            return Unit(unit, multiplier, base, row["dimension"], size, *names)
        over, slash, under = text.partition("/")
        if slash and over and under:
            top, bottom = self.parse(over), self.parse(under)
            dimension = f"{top.dimension}/{bottom.dimension}"
            english_name = f"{self.english(over)} per {singular(self.english(under)) or 'unit'}".strip()
            return Unit(unit, 1, text, dimension, top.factor / bottom.factor, text, english_name)
        raise UnknownName("unit", unit, tuple(self.rows))

    def english(self, unit: str) -> str:
        """English words for a unit behind a number: see :func:`english`."""
        parsed = self.parse(unit)
        name = "" if parsed.dimension in (CLASSIFIERS, "dimensionless") else parsed.name_en
        if parsed.multiplier == 1:
            return name
        words = _ENGLISH.get(parsed.multiplier) or f"10^{round(math.log10(parsed.multiplier))}"
        return f"{words} {name}".strip()


@lru_cache(maxsize=8)
def _read_cached(path: Path, _changed: int) -> UnitTable:
    return UnitTable.read(path)


@lru_cache(maxsize=8)
def _default_path(_folder: str, _named: str) -> Path:
    try:
        return find().data / "units.csv"
    except NoProject:
        return packaged().data / "units.csv"  # what 亩 and 千瓦 are is no project's own


def table(units: Any = None) -> UnitTable:
    """The table of units: the project's own unless one is given as table, path, rows or data frame."""
    if isinstance(units, UnitTable):
        return units
    # By time of change: an analyst who adds a unit in a running notebook has it at the next call.
    if units is None:
        path = _default_path(os.getcwd(), os.environ.get(PROJECT_VARIABLE, ""))
        return _read_cached(path, path.stat().st_mtime_ns)
    if isinstance(units, (str, Path)):
        path = Path(units)
        return _read_cached(path, path.stat().st_mtime_ns)
    if hasattr(units, "to_dict"):
        frame = units.reset_index() if units.index.name == "unit" else units
        return UnitTable(frame.to_dict("records"))
    return UnitTable(units)


def dimension(unit: str, *, units: Any = None) -> str:
    """What a unit measures.

    >>> dimension("亿元"), dimension("万亩"), dimension("个百分点")
    ('money', 'area', 'percentage_points')
    """
    return table(units).parse(unit).dimension


def factor(unit: str, *, units: Any = None) -> float:
    """Size of one unit in the base unit of its dimension.

    >>> factor("千亿元"), factor("公顷")
    (100000000000.0, 10000.0)
    """
    return table(units).parse(unit).factor


def to_base(value: Any, unit: Any, *, units: Any = None) -> Any:
    """A value in the base unit of its dimension (元, m², m³, W, kWh, kg, m, …).

    Parameters
    ----------
    value : float or array-like
        Amount in `unit`.
    unit : str or array-like of str
        Printed unit: multipliers 十 百 千 万 亿 and a base unit: 亿元 10^8 元, 万亿元 10^12 元,
        1 万亩 = 10^4 · 10000/15 m². Percentages and percentage points stay what they are.
    units : UnitTable, path, rows or data frame, optional
        The table of base units; by default the project's ``data/units.csv``.

    Returns
    -------
    float or array-like
        pandas in, pandas out.

    Raises
    ------
    planbrief.errors.UnknownName
        For a unit whose base is not in the table.

    References
    ----------
    SDMX UNIT_MULT (power of ten); 《中华人民共和国法定计量单位》 (1984): 15 亩 = 1 公顷.

    >>> to_base(142.8, "亿元")
    14280000000.0
    """
    known = table(units)
    if isinstance(unit, str):
        return _scaled(value, known.parse(unit).factor)
    import numpy as np

    factors = np.array([known.parse(one).factor for one in np.ravel(np.asarray(unit, dtype=object))])
    factors = factors.reshape(np.shape(unit))
    if not hasattr(value, "index") and hasattr(unit, "index"):
        return unit.__class__(np.asarray(value, dtype=float) * factors, index=unit.index)
    return _scaled(value, factors)


def _scaled(value: Any, by: Any) -> Any:
    """`value` × `by`, as exact as the printed digits for a plain number."""
    # 142.8 亿元 in floats would be 14280000000.000002 元: decimals keep what is printed.
    if isinstance(value, (int, float)) and isinstance(by, float):
        return float(Decimal(repr(float(value))) * Decimal(repr(by))) if math.isfinite(value) else value * by
    if isinstance(value, (list, tuple)):
        import numpy as np

        return np.asarray(value, dtype=float) * by
    return value * by


def convert(value: Any, from_unit: str, to_unit: str, *, units: Any = None) -> Any:
    """A value in another unit of the same dimension.

    Raises
    ------
    UnlikeUnits
        If the units measure different things.

    >>> round(convert(1, "万亩", "公顷"), 3), convert(0.75, "千亿元", "亿元")
    (666.667, 750.0)
    """
    known = table(units)
    source, goal = require_like(from_unit, to_unit, units=known)
    return _scaled(value, source.factor / goal.factor)


def require_like(unit: str, other_unit: str, *, units: Any = None) -> tuple[Unit, Unit]:
    """Both units parsed; :class:`UnlikeUnits` unless they measure the same."""
    known = table(units)
    first, second = known.parse(unit), known.parse(other_unit)
    if first.dimension != second.dimension:
        raise UnlikeUnits(unit, first.dimension, other_unit, second.dimension)
    return first, second


def english(unit: str, *, units: Any = None) -> str:
    """English for a printed unit, as it stands behind a number.

    Classifiers (个, 户, 家, 条 …) and the pure number have none; a unit that the table does not know gives "".

    >>> english("亿元"), english("万亩"), english("个百分点"), english("万千瓦"), english("家")
    ('100 million yuan', '10,000 mu', 'percentage points', '10,000 kW', '')
    """
    try:
        return table(units).english(unit)
    except UnknownName:
        return ""


#: Traditional → simplified, for the characters that units, bounds and multipliers are written with.
SIMPLIFIED = str.maketrans(
    "萬億畝噸個戶頃條項處種類張級兩餘場臺輛間層時頭隻員點倍歲冊屆棟單邊樓園區會線達過約數計畫標準煤兆圓幾雙從業參與專無鐘釐麥圖書館國縣鎮鄉村陸環評獎號",
    "万亿亩吨个户顷条项处种类张级两余场台辆间层时头只员点倍岁册届栋单边楼园区会线达过约数计画标准煤兆元几双从业参与专无钟厘麦图书馆国县镇乡村陆环评奖号",
)
#: Pinyin that a page puts in brackets behind a character: 萬(wàn)噸.
PINYIN = re.compile(r"[(（][a-zA-Zà-üÀ-Üāēīōūǖǎěǐǒǔǚǜńňǹ]{1,12}[)）]")
#: Symbols and variants → the unit as ``data/units.csv`` names it.
SYMBOLS = (
    (re.compile("％"), "%"),
    (re.compile("平方千米|km²|km2|k㎡|㎢"), "平方公里"),
    (re.compile("㎡|m²|m2(?![\\dA-Za-z])"), "平方米"),
    (re.compile("m³|㎥"), "立方米"),
    (re.compile("kV|KV"), "千伏"),
    (re.compile("kW(?![Hh])|KW(?![Hh])"), "千瓦"),
    (re.compile("kWh|KWH|kWH|度电"), "千瓦时"),
    (re.compile("GWH|gwh"), "GWh"),
    (re.compile("千米"), "公里"),
)
#: Words that begin like a unit: 部门, 起来, 组织, 市场.
_NO_UNIT = re.compile(
    "日|P[A-Za-z_]|部[门委队分署件]|起[来步点]|组[织成合建团]|方[面案向式便]|单[位元独]|款项|列[入为]|架构|例[如外]|块[状]|市[场民政值级]"
    "|区[域间]|县[域级委]|省[级份委]|国[家内际有]|村[民级]|乡[村镇愁]|镇[域区]|校[园区]|金[融属]|银[行发]|桥梁|口[岸径]|期[间末]"
    "|段时|环[境保节]|节[能约点]|点[位]?以|字号|层[面次级]|门[类户]|团[体队]|队[伍员]|根[本据]|道[路德]|封闭|眼科|床品|成[立功果为长效熟品就都]"
    "|级别|品[牌]|双[向方]|回[升落顾]|本[地市省次级]|册立|轮[候]|遍布|头部|企业家|社区服务|园区综|岁月"
)
_SKIPPED = re.compile(r"(?:[ \t\u3000*_~]|余|多|左右|以上|以内|以下)*")
#: Characters read behind a number.
_REACH = 40


def plain(text: str) -> str:
    """A stretch of text with simplified units and without pinyin in brackets (offsets are lost).

    >>> plain("萬(wàn)噸，個(gè)百分點(diǎn)")
    '万吨，个百分点'
    """
    return PINYIN.sub("", text).translate(SIMPLIFIED)


def unit_behind(text: str, end: int, units: UnitTable) -> str:
    """The unit that begins behind offset `end`, with its multipliers and in simplified characters; empty if none.

    >>> table = UnitTable([{"unit": "吨", "dimension": "mass", "factor": "1000"}])
    >>> unit_behind("60萬(wàn)噸", 2, table), unit_behind("600多吨", 3, table), unit_behind("60年", 2, table)
    ('万吨', '吨', '')
    """
    following = plain(text[end : end + _REACH]).split("\n")[0]
    # Symbols first, then the longest base unit (千瓦时 before 千瓦), multipliers only where no unit begins with them.
    for pattern, unit in SYMBOLS:
        following = pattern.sub(unit, following)
    following = following[_SKIPPED.match(following).end() :]  # type: ignore[union-attr]
    multiplier = ""
    while True:
        base = _base(following, units)
        if base:
            rest = following[len(base) :]
            under = _base(rest[1:], units) if rest[:1] == "/" else ""
            return multiplier + base + (f"/{under}" if under else "")
        if not following or following[0] not in MULTIPLIERS:
            return ""
        multiplier, following = multiplier + following[0], following[1:]
        following = following.lstrip("余多")


def _base(text: str, units: UnitTable) -> str:
    """The longest base unit that `text` begins with, unless a longer word begins there."""
    if _NO_UNIT.match(text):
        return ""
    return max((unit for unit in units.rows if unit != "1" and text.startswith(unit)), key=len, default="")
