"""Which area a number is about: the document's own, unless a place stands in front of what is measured."""

from __future__ import annotations

import re
from functools import cache

from planbrief.reading.grammar.wordlists import alternatives, any_of, listed

_SUFFIX = r"(?:市|省|自治区|自治州|州|地区(?!生产总值|总产值)|盟|区|县)?"
_REGION = (
    r"(?!建|新|国家|省级|市级|全|各|推|示范|重点|打造|支持|加快|推进|实施|设立|获批|每)[一-龥]{2,8}?(?:双城经济圈|经济圈|都市圈|城市群|经济区|经济带|大湾区|新区|高新区|经开区|开发区|"
    r"综保区|自贸区|自贸港|自贸试验区|保税区|科技城|科学城|科创小镇|旅游区)"
)
_OWN = re.compile(r"^(?:全省|全市|全区|全县|全州|我省|我市|我区|本省|本市|全域|市域)(?=[一-龥]{2})")
_NATION = re.compile(r"^(?:全国|我国|国内)(?=[一-龥]{2})")
#: Titles, prizes and things of the nation that an area has: 全国文明城市, 全国儿童文学奖.
_NATIONAL = re.compile(
    r"全国(?:(?:性|重点|首|统一|最|一流|百强|文明|示范|试点|质量|工业|先进|先行)|[^，。]{0,12}(?:奖|景区|线路|称号|"
    r"单位|城市|县|基地|园区|集体|个人|品牌|名单|百强|村|镇|乡|学校|中心|案例)$)"
)
#: A zone without its name (高新区已有…) is that of the document's area.
_ZONE = re.compile(r"^(?P<zone>高新区|经开区|开发区)(?=[一-龥]{2})")


_SPELT_DATE = re.compile(
    r"二[〇○零][一-九〇○零]{2}年[一-十]{1,2}月[一-十]{1,3}日".replace("一-九", "一二三四五六七八九").replace(
        "一-十", "一二三四五六七八九十"
    )
)


@cache
def provinces() -> dict[str, str]:
    """Short and full names of provinces → full names.

    >>> provinces()["四川"], provinces()["内蒙古自治区"]
    ('四川省', '内蒙古自治区')
    """
    result = {}
    for full in listed("places", "provinces"):
        short = re.sub(r"(?:省|市|(?:壮族|回族|维吾尔)?自治区|特别行政区)$", "", full)
        result[short] = result[full] = full
    return result


@cache
def _place() -> str:
    names = [*provinces(), *listed("places", "prefectures")]
    no_place = alternatives("places", "no_place")
    doing = any_of([*listed("verbs", "flows"), *listed("verbs", "dropped"), "提升", "增加", "减少"])
    name = rf"(?!{no_place})[一-龥]{{2,4}}(?<![各全部个及地小大城都超夜门上闹])"
    other = rf"{name}(?:市|县|自治州)(?![场级域民区政容长属直树花乡])"
    return rf"(?:(?!{doing})(?:{_REGION}|{other})|{any_of(names)}{_SUFFIX})"


@cache
def _leading() -> re.Pattern[str]:
    one = _place()
    return re.compile(
        rf"^(?:在|位于)?(?P<places>{one}(?:(?:、|和|与|及){one}){{0,7}})(?:等(?:地|市|"
        rf"[\d一-龥]市)?)?(?P<rest>的?[一-龥A-Z“].*)$"
    )


def split_area(name: str, own: str) -> tuple[str, str, str]:
    """Area, the name without it, and the rule that found it; `own` is the document's area.

    >>> split_area("泸州经济总量", "四川省"), split_area("全省地区生产总值", "四川省")
    (('泸州', '经济总量', 'place'), ('四川省', '地区生产总值', 'own'))
    """
    if match := _OWN.match(name):
        return own, name[match.end() :], "own"
    if match := _NATION.match(name):
        if _NATIONAL.match(name):
            return own, name, "default"
        return "全国", name[match.end() :], "nation"
    if own and (zone := _ZONE.match(name)):
        return re.sub(r"[省市区县]$", "", own) + zone["zone"], name[zone.end() :], "place"
    match = _leading().match(name)
    if match is not None and len(match["rest"]) >= 2:
        places = match["places"]
        short = re.sub(r"(?:省|市|自治区)$", "", own)
        rest = match["rest"].removeprefix("的")
        if places in (own, short):
            return own, rest, "own"
        if re.match(
            r"[一-龥]{0,6}(?:高速|高铁|铁路|公路|机场|大学|学院|港(?!口)|至|银行|集团|大桥|水库|工程|项目|"
            r"公司|电站|博览会|论坛)",
            rest,
        ):
            return own, name, "default"
        return places, rest, "place"
    return own, name, "default"


def document_area(text: str) -> tuple[str, str]:
    """The area of a document from its first lines, with the words that say it; empty if none is named.

    >>> document_area("2026年四川省政府工作报告\\n来源：四川日报")[0]
    '四川省'
    """
    head = text[:1200]
    table = provinces()
    congress = re.search(r"在(?P<name>[一-龥]{2,8}?(?:省|市|区|县|州|盟))(?:第?[一二三四五六七八九十]+届)", head)
    if congress:
        return table.get(congress["name"], congress["name"]), congress[0]
    title = re.search(
        r"(?P<name>[一-龥]{2,8}?(?:省|自治区|市|区|县|州|盟))(?:人民)?(?:20\d\d年|政府|国民经济|产业|"
        r"委)",
        head,
    )
    if title:
        name = re.sub(r"^(?:年|中共)", "", title["name"])
        return table.get(name, name), title[0]
    counts = {name: head.count(name) for name in [*table, *listed("places", "prefectures")]}
    best = max(counts, key=lambda name: counts[name])
    if counts[best]:
        return table.get(best, best), best
    return "", ""


def published_date(text: str) -> str:
    """The date of publication from the first lines (ISO), or empty.

    >>> published_date("政府工作报告\\n——2026年1月26日在某省人民代表大会上")
    '2026-01-26'
    """
    head = text[:1500]
    match = re.search(r"(?P<y>20\d\d)\s*[年/.-]\s*(?P<m>\d{1,2})\s*[月/.-]\s*(?P<d>\d{1,2})", head)
    if not match or not 1 <= int(match["m"]) <= 12 or not 1 <= int(match["d"]) <= 31:
        spelt = _SPELT_DATE.search(head)
        if not spelt:
            return ""
        from planbrief.reading.grammar.numerals import number

        year, rest = spelt[0].split("年")
        month, day = rest.rstrip("日").split("月")
        digits = "".join(str("〇一二三四五六七八九".index(c)) for c in year.replace("○", "〇").replace("零", "〇"))
        return f"{digits}-{int(number(month)):02d}-{int(number(day)):02d}"
    return f"{match['y']}-{int(match['m']):02d}-{int(match['d']):02d}"
