"""Names in a text: areas of the document, indicators, bodies."""

from __future__ import annotations

import re
from functools import cache

from planbrief.reading.grammar.wordlists import alternatives, any_of, listed, pattern, with_years, words

_SUFFIX = r"(?:市|省|自治区|自治州|州|地区(?!生产总值|总产值)|盟|区|县)?"
_REGION = words("patterns")["region"]


_SPELT = "一二三四五六七八九"
_SPELT_DATE = re.compile(rf"20\d\d年[{_SPELT}十]{{1,2}}月[{_SPELT}十]{{1,3}}日")


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
    name = rf"(?!{no_place})(?:(?![省市区县请对])[一-龥]){{2,4}}(?<![各全部个及地小大城都超夜门上闹互])"
    other = rf"{name}(?:市|县|自治州)(?![场级域民区政容长属直树花乡])"
    no_prefecture = alternatives("places", "no_prefecture")
    return rf"(?:(?!{doing})(?:{_REGION}|{other})|(?!{no_prefecture}){any_of(names)}{_SUFFIX})"


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
    if match := pattern("own_area_named").match(name):
        return own, name[match.end() :], "own"
    if match := pattern("of_the_nation").match(name):
        if pattern("national").match(name):
            return own, name, "default"
        return "全国", name[match.end() :], "nation"
    if (
        own
        and not own.endswith(("省", "自治区"))
        and own not in provinces().values()
        and (zone := pattern("zone_alone").match(name))
    ):
        return re.sub(r"[省市区县]$", "", own) + zone["zone"], name[zone.end() :], "place"
    match = _leading().match(name)
    if match is not None and len(match["rest"]) >= 2:
        places = match["places"]
        short = re.sub(r"(?:省|市|自治区)$", "", own)
        rest = match["rest"].removeprefix("的")
        if places in (own, short):
            return own, rest, "own"
        if pattern("named_for_place").match(rest):
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
    # Surest first: who gave the report to which congress, the title, the paper's dateline, the name met most often.
    congress = re.search(r"在(?P<name>[一-龥]{2,8}?(?:省|市|区|县|州|盟))(?:第?[一二三四五六七八九十]+届)", head)
    if congress:
        return table.get(congress["name"], congress["name"]), congress[0]
    title = pattern("area_in_title").search(head)
    if title:
        name = re.sub(r"^(?:年|中共)|^.*(?:记者[从在]?|[日悉]从|本报|日前|近日)", "", title["name"])
        return table.get(name, name), title[0]
    told = pattern("told_by").search(head) or pattern("titled").match(head)
    if told:
        return table.get(told["name"], told["name"]), told[0]
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
    head = with_years(text[:1500])
    match = re.search(r"(?P<y>20\d\d)\s*[年/.-]\s*(?P<m>\d{1,2})\s*[月/.-]\s*(?P<d>\d{1,2})", head)
    if not match or not 1 <= int(match["m"]) <= 12 or not 1 <= int(match["d"]) <= 31:
        spelt = _SPELT_DATE.search(head)
        if not spelt:
            return ""
        from planbrief.reading.grammar.numerals import number

        year, rest = spelt[0].split("年")
        month, day = rest.rstrip("日").split("月")
        return f"{year}-{int(number(month)):02d}-{int(number(day)):02d}"
    return f"{match['y']}-{int(match['m']):02d}-{int(match['d']):02d}"


_BLANKS = " \t\u3000*“”:：—-·、，"


#: Nouns that only begin like a verb of doing: 服务业增加值, 上市公司, 转移支付.
_BRANCH = re.compile(r"服务(?:业|贸易|外包|器|收入|消费|零售)|建设用地|转移支付|上市(?:公司|企业)|开发(?:区|边界)")


def _trail(words: str) -> str:
    return pattern("trail").sub("", words)


def cleaned(words: str) -> str:
    """A name without leading adverbs and trailing particles.

    >>> cleaned("其中全年城镇新增就业"), cleaned("预计地区生产总值的")
    ('城镇新增就业', '地区生产总值')
    """
    words = words.strip(_BLANKS)
    while True:
        shorter = _trail(pattern("lead").sub("", words).strip(_BLANKS))
        if not shorter:
            return ""
        if shorter == words:
            break
        words = shorter
    dropped = pattern("dropped_start").sub("", words)
    if len(dropped) >= 2:
        words = dropped
    return balanced(words.strip(_BLANKS))


def balanced(words: str) -> str:
    """Words without a bracket or quotation mark that is opened and not closed, or the other way round."""
    for opening, closing in ("“”", "（）", "《》"):
        if words.count(opening) != words.count(closing):
            if words.count(opening) + 1 == words.count(closing) and words.find(closing) > 0:
                first = words.find(opening)
                words = opening + words if first < 0 or words.find(closing) < first else words.replace(closing, "")
            else:
                words = words.replace(opening, "").replace(closing, "")
    return words


def is_verbal(core: str) -> bool:
    """True where what stands in front of a number is only verbs and adverbs (新增, 加快打造): the name comes behind.

    >>> is_verbal("加快打造"), is_verbal("新增"), is_verbal("城镇新增就业")
    (True, True, False)
    """
    return bool(pattern("verbs_only").fullmatch(core)) if core else True


def flow_verb(core: str) -> str:
    """The verb of adding or building at the end of a front: 新增 of 全省新增; empty if none."""
    match = pattern("flow_end").search(core)
    return match["flow"] if match else ""


def starts_with_flow(name: str) -> bool:
    """True for a name that begins with a verb of adding or building (新增就业), which is counted over its period."""
    return bool(pattern("flow_start").match(name)) and not _BRANCH.match(name)


def without_flow(name: str) -> str:
    """A name without the verb of adding or building that it begins or ends with.

    >>> without_flow("建设农田"), without_flow("服务业增加值")
    ('农田', '服务业增加值')
    """
    bare = pattern("flow_start").sub("", name.removesuffix(flow_verb(name)))
    return bare if len(bare) >= 2 and not _BRANCH.match(name) else name


def noun_behind(text: str, counted: bool) -> str:
    """The noun that begins behind a number and its unit; ``counted`` for a counting word (个, 家), which needs one.

    >>> noun_behind("国家级产业集群、居全国第1位", True), noun_behind("，居全国第2位", True)
    ('国家级产业集群', '')
    """
    text = text[:40]
    if (described := pattern("described").match(text)) is not None:
        text = text[described.end() :]
    if re.match(r"[县市区镇乡]（", text):
        return text[0]
    if text[:1] == "的" and counted:
        text = text[1:]
    if (not counted and pattern("no_noun").match(text)) or pattern("changing").match(text):
        return ""
    match = pattern("noun_end").search(text)
    noun = text[: match.start()] if match else text
    aged = re.match(r"\d+(?:周?岁|年)(?:及)?以[上下]", noun)
    kept = aged.end() if aged else 0
    noun = noun[:kept] + re.sub(r"\d(?!\d*强).*$", "", noun[kept:])
    noun = "" if noun.isdigit() else noun
    if text[len(noun) : len(noun) + 1] in ("“", "（") or (text[:1] == "“"):
        quoted = re.match(r"[^，。；、\d“]{0,14}“[^”\n]{1,16}”[^，。；、\d“（]{0,12}", text)
        if quoted:
            inner = quoted[0]
            stop = pattern("noun_end").search(inner.split("”", 1)[1])
            noun = inner if not stop else inner.split("”", 1)[0] + "”" + inner.split("”", 1)[1][: stop.start()]
    return _trail(noun.strip(" \t\u3000*"))


def listed_names(words: str, count: int) -> list[str]:
    """The parts of a list of names, each with the head that they share, if there are as many as numbers.

    >>> listed_names("城镇、农村常住居民人均可支配收入", 2)
    ['城镇常住居民人均可支配收入', '农村常住居民人均可支配收入']
    >>> listed_names("固定资产投资、社会消费品零售总额", 2)
    ['固定资产投资', '社会消费品零售总额']
    """
    sectors = re.search(r"(?:一、?二、?三产业?|三次产业|^三产)(?P<rest>.*)", words)
    if sectors is not None and count == 3:
        return [f"第{one}产业{sectors['rest']}" for one in "一二三"]
    if words.startswith("城乡") and count == 2:
        return ["城镇" + words[2:], "农村" + words[2:]]
    # The loosest mark that gives as many names as there are numbers: 和 and 与 also stand inside names.
    for mark in (r"、", r"、|以及|和(?!美)", r"、|以及|和(?!美)|及|与"):
        parts = [cleaned(part) or part for part in _outside_quotes(words, mark) if part]
        if len(parts) == count:
            return _with_head(parts)
    return []


def _outside_quotes(words: str, mark: str) -> list[str]:
    parts, current = [""], 0
    for piece in re.split(rf"({mark})", words):
        if piece and re.fullmatch(mark, piece) and current == 0:
            parts.append("")
            continue
        parts[-1] += piece
        current += piece.count("“") + piece.count("（") - piece.count("”") - piece.count("）")
    return parts


@cache
def _listed_place() -> re.Pattern[str]:
    """The last place of a list with what is told of each: 丙三市地区生产总值."""
    return re.compile(rf"(?P<place>{_place()})(?:[两二三四五六七八九十]+[省市区县州])?(?P<rest>[一-龥A-Z]{{2,}})$")


def _head(name: str) -> re.Match[str] | None:
    return pattern("list_head").search(name) or pattern("list_measure").search(name)


def _with_head(parts: list[str]) -> list[str]:
    last = parts[-1]
    placed = _listed_place().match(last)
    if placed is not None and all(re.fullmatch(_place(), part) for part in parts[:-1]):
        place = re.sub("[两二三四五六七八九十]+[省市区县州]$", "", placed["place"])
        return [part + placed["rest"] for part in (*parts[:-1], place)]
    match = _head(last)
    head = match[1] if match and match.start() > 0 else ""
    size = len(parts[0])
    alike = all(len(part) == size and {part[0], part[-1]} & {last[0], last[size - 1 : size]} for part in parts[:-1])
    if alike and size >= 2 and len(last) > size + 1 and not any(_head(part) for part in parts[:-1]):
        head = last[size:]  # 炼铁、炼钢先进产能占比: built alike, so what is behind is told of both
    if not head and len(last) > max(map(len, parts[:-1]), default=0) + 1:
        typical = min(len(part) for part in parts[:-1])
        head = last[typical:] if 0 < len(last) - typical <= 4 else ""
    if not head:
        return parts
    result = []
    for part in parts[:-1]:
        own = _head(part) or (len(part) >= 4 and starts_with_flow(part))
        shared = next((size for size in range(min(len(part), len(head)) - 1, 1, -1) if part[-size:] in head), 0)
        rest = head[head.index(part[-shared:]) + shared :] if shared else head
        result.append(part if own or part.endswith(head[-2:]) else part + rest)
    return [*result, re.sub("等(?=[产行]业)", "", last)]


def measure_of(words: str) -> str:
    """The measure that some words end in, alone: 产值 of 主导产业产值; empty for none."""
    found = _head(words)
    return found[1] if found is not None else ""


def head_of(words: str) -> str:
    """The measure at the end of some words with what qualifies it; empty where they end in none.

    >>> head_of("主导产业工业总产值"), head_of("重点产业")
    ('主导产业工业总产值', '')
    """
    match = pattern("measure_end").search(words)
    return match[0] if match else ""
