"""The name of what a number measures: cleaned of verbs, adverbs and places, joined from its parts."""

from __future__ import annotations

import re
from functools import cache

from planbrief.reading.grammar.wordlists import alternatives, any_of, listed

_BLANKS = " \t\u3000*“”:：—-·、，"


@cache
def _pattern(form: str, key: str) -> re.Pattern[str]:
    return re.compile(form.format(alternatives("names", key)))


#: Properties in front of a noun (吸引力强、带动面广的场景).
_DESCRIBED = re.compile(
    r"[一-龥]{2,8}[强广高大好优多新全快实足](?:、[一-龥]{2,8}[强广高大好优多新全快实足])+的(?=[一-龥]{2})"
)


@cache
def _flow() -> re.Pattern[str]:
    return re.compile(rf"(?P<flow>{any_of(listed('verbs', 'flows'))})$")


@cache
def _flow_start() -> re.Pattern[str]:
    return re.compile(rf"^(?:{any_of(listed('verbs', 'flows'))})+")


#: Nouns that only begin like a verb of doing: 服务业增加值, 上市公司, 转移支付.
_BRANCH = re.compile(r"服务(?:业|贸易|外包|器|收入|消费|零售)|建设用地|转移支付|上市(?:公司|企业)|开发(?:区|边界)")
#: Words that only begin like a dropped verb: 有色, 以旧换新, 对外.
_NOT_WORDS = "(?<!有(?=[色机效限]))(?<!以(?=旧|工))(?<!对(?=外|口|公|接))(?<!和(?=田|平|谐))(?<!集中(?=供|采))"


@cache
def _dropped_start() -> re.Pattern[str]:
    return re.compile(rf"^(?:{any_of(listed('verbs', 'dropped'))}{_NOT_WORDS})+(?=[一-龥“A-Z])")


@cache
def _verbs_only() -> re.Pattern[str]:
    every = any_of([*listed("verbs", "flows"), *listed("verbs", "dropped"), *listed("verbs", "adverbs")])
    return re.compile(rf"(?:{every}|[了着过新])*")


@cache
def _changing() -> re.Pattern[str]:
    verbs = any_of([*listed("verbs", "up"), *listed("verbs", "down"), "整合", "优化", "调整", "扩展", "拓展", "发展"])
    return re.compile(rf"(?:迅?速|稳步|大幅)?{verbs}(?:到|至|为|了|\d|$)")


def _trail(words: str) -> str:
    return _pattern("{}+$", "trails").sub("", words)


def cleaned(words: str) -> str:
    """A name without leading adverbs and trailing particles.

    >>> cleaned("其中全年城镇新增就业"), cleaned("预计地区生产总值的")
    ('城镇新增就业', '地区生产总值')
    """
    words = words.strip(_BLANKS)
    while True:
        shorter = _trail(_pattern("^{}+", "leads").sub("", words).strip(_BLANKS))
        if not shorter:
            return ""
        if shorter == words:
            break
        words = shorter
    dropped = _dropped_start().sub("", words)
    if len(dropped) >= 2:
        words = dropped
    return balanced(words.strip(_BLANKS))


def balanced(words: str) -> str:
    """Words without a bracket or quotation mark that is opened and not closed, or the other way round."""
    for opening, closing in ("“”", "（）", "《》"):
        if words.count(opening) != words.count(closing):
            if words.count(opening) < words.count(closing) and not words.startswith(closing):
                words = (
                    opening + words
                    if words.count(closing) == 1 and opening not in words
                    else words.replace(closing, "")
                )
            else:
                words = words.replace(opening, "").replace(closing, "")
    return words


def is_verbal(core: str) -> bool:
    """True where what stands in front of a number is only verbs and adverbs (新增, 加快打造): the name comes behind.

    >>> is_verbal("加快打造"), is_verbal("新增"), is_verbal("城镇新增就业")
    (True, True, False)
    """
    return bool(_verbs_only().fullmatch(core)) if core else True


def flow_verb(core: str) -> str:
    """The verb of adding or building at the end of a front: 新增 of 全省新增; empty if none."""
    match = _flow().search(core)
    return match["flow"] if match else ""


def starts_with_flow(name: str) -> bool:
    """True for a name that begins with a verb of adding or building (新增就业), which is counted over its period."""
    return bool(_flow_start().match(name)) and not _BRANCH.match(name)


def noun_behind(text: str, counted: bool) -> str:
    """The noun that begins behind a number and its unit; ``counted`` for a counting word (个, 家), which needs one.

    >>> noun_behind("国家级产业集群、居全国第1位", True), noun_behind("，居全国第2位", True)
    ('国家级产业集群', '')
    """
    text = text[:40]
    if (described := _DESCRIBED.match(text)) is not None:
        text = text[described.end() :]
    if re.match(r"[县市区镇乡]（", text):
        return text[0]
    if text[:1] == "的" and counted:
        text = text[1:]
    if (not counted and _pattern("{}", "no_noun").match(text)) or _changing().match(text):
        return ""
    match = _pattern("{}", "ends").search(text)
    noun = text[: match.start()] if match else text
    aged = re.match(r"\d+(?:周?岁|年)(?:及)?以[上下]", noun)
    kept = aged.end() if aged else 0
    noun = noun[:kept] + re.sub(r"\d(?!\d*强).*$", "", noun[kept:])
    noun = "" if noun.isdigit() else noun
    if text[len(noun) : len(noun) + 1] in ("“", "（") or (text[:1] == "“"):
        quoted = re.match(r"[^，。；、\d“]{0,14}“[^”\n]{1,16}”[^，。；、\d“（]{0,12}", text)
        if quoted:
            inner = quoted[0]
            stop = _pattern("{}", "ends").search(inner.split("”", 1)[1])
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
    for pattern in (r"、", r"、|以及|和(?!美)", r"、|以及|和(?!美)|及|与"):
        parts = [part for part in _outside_quotes(words, pattern) if part]
        if len(parts) == count:
            return _with_head(parts)
    return []


def _outside_quotes(words: str, pattern: str) -> list[str]:
    parts, current = [""], 0
    for piece in re.split(rf"({pattern})", words):
        if piece and re.fullmatch(pattern, piece) and current == 0:
            parts.append("")
            continue
        parts[-1] += piece
        current += piece.count("“") + piece.count("（") - piece.count("”") - piece.count("）")
    return parts


def _head(name: str) -> re.Match[str] | None:
    return _pattern("({})$", "heads").search(name) or _pattern("({})$", "measures").search(name)


def _with_head(parts: list[str]) -> list[str]:
    last = parts[-1]
    match = _head(last)
    head = match[1] if match and match.start() > 0 else ""
    if not head and len(last) > max(map(len, parts[:-1]), default=0) + 1:
        typical = min(len(part) for part in parts[:-1])
        head = last[typical:] if 0 < len(last) - typical <= 4 else ""
    if not head:
        return parts
    result = []
    for part in parts[:-1]:
        own = _head(part)
        result.append(part if own or part.endswith(head[-2:]) else part + head)
    return [*result, last]


def head_of(words: str) -> str:
    """The measure at the end of some words with what qualifies it; empty where they end in none.

    >>> head_of("主导产业工业总产值"), head_of("重点产业")
    ('主导产业工业总产值', '')
    """
    every = f"(?:{alternatives('names', 'heads')}|{alternatives('names', 'measures')})"
    match = re.search(rf"[一-龥]{{0,8}}{every}$", words)
    return match[0] if match else ""
