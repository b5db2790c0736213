"""The unit behind a number as a text prints it: traditional script, pinyin in brackets, symbols, emphasis marks."""

from __future__ import annotations

import re

from planbrief.targets.units import MULTIPLIERS, UnitTable

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
