"""The name of what a number measures: cleaned of verbs, adverbs and places, joined from its parts."""

from __future__ import annotations

import re
from functools import cache

from planbrief.reading.grammar.wordlists import any_of, listed

_BLANKS = " \t\u3000*“”:：—-·、，"
_LEADS = re.compile(
    r"^(?:其中|全年|全省|全市|全区|全县|全州|全域|我省|我市|我区|本省|本市|各地|各级|预计|力争|到20\d\d年(?:底|末)?|"
    r"20\d\d年(?:底|末)?|截至[^，]{0,8}?(?:年底|月底|年末|目前)|"
    r"累计|共计?|已|成功|首次|又|再|也|并|且|使|让|令|而|则|同时|此外|另外|目前|年内|今年|去年|上年|"
    r"五年来|一年来|实际|名义|一举|已经|均|都|分别|先后|连续|"
    r"(?:一|二|三|四|五|六|七|八|九|十)(?:是|产(?!业))|——|在[^，]{0,14}?(?:上|中|下|基础上|时)|通过[^，]{2,12}?[，]|"
    r"(?:带动|促进|推动|确保|保持|实现|完成了?|达到|形成|拥有|有|以|对|将|把|向|与|和|及|以及|、))+"
)
_NOUN_END = re.compile(
    r"[，。；、:：（）“”\n\t]|居(?:全|世|中|西|东)|位列|排名|较|比(?:上年|20|去年|“)|占(?:全|规|地|比)|全部|"
    r"均(?![衡等值价])|都(?!市)|已|入选|获(?!批)|纳入|成为|实现|跻身|晋[级升]|"
    r"完成|开工(?!项目)|建成|投入|落地|成功|达到|增长|下降|以上|左右|的?比[重例]|覆盖(?!率)|推动|带动|参[加赛与]|正式|"
    r"顺利|累计|通过|列入|进入|上线|陆续|同步|全面|来(?=川|华|访)|在(?=[^线建职校])|为(?!主)|被|由|把|将|向|"
    r"以(?!上)|并|，"
)
#: Words behind a number of a measured unit that begin no name: the sentence goes on.
_NO_NOUN = re.compile(
    r"(?:的|以|左右|并|且|和|与|同|比|较|占|居|位|用于|支持|实施|推动|带动|增|降|提|至|到|为|全|均|"
    r"都|已|高于|低于|内|外|时|前|后|间|以内|以上|以下|台阶|大关|关口|规模|水平|目标|门槛|来|在|从|由|被)"
)
_TRAIL = re.compile(r"(?:的|了|等|项目达|数达|达|为|是|各|共|均|之)+$")


@cache
def _flow() -> re.Pattern[str]:
    return re.compile(rf"(?P<flow>{any_of(listed('verbs', 'flows'))})$")


@cache
def _flow_start() -> re.Pattern[str]:
    return re.compile(rf"^(?:{any_of(listed('verbs', 'flows'))})+")


@cache
def _dropped_start() -> re.Pattern[str]:
    return re.compile(rf"^(?:{any_of(listed('verbs', 'dropped'))})+(?=[一-龥“A-Z])")


@cache
def _verbs_only() -> re.Pattern[str]:
    every = any_of([*listed("verbs", "flows"), *listed("verbs", "dropped"), *listed("verbs", "adverbs")])
    return re.compile(rf"(?:{every}|[了着过新])*")


def cleaned(words: str) -> str:
    """A name without leading adverbs and trailing particles.

    >>> cleaned("其中全年城镇新增就业"), cleaned("预计地区生产总值的")
    ('城镇新增就业', '地区生产总值')
    """
    words = words.strip(_BLANKS)
    while True:
        shorter = _TRAIL.sub("", _LEADS.sub("", words).strip(_BLANKS))
        if shorter == words or not shorter:
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
    return bool(_flow_start().match(name))


def noun_behind(text: str, counted: bool) -> str:
    """The noun that begins behind a number and its unit; ``counted`` for a counting word (个, 家), which needs one.

    >>> noun_behind("国家级产业集群、居全国第1位", True), noun_behind("，居全国第2位", True)
    ('国家级产业集群', '')
    """
    text = text[:40]
    if text[:1] == "的" and counted:
        text = text[1:]
    if not counted and _NO_NOUN.match(text):
        return ""
    match = _NOUN_END.search(text)
    noun = text[: match.start()] if match else text
    noun = re.sub(r"\d.*$", "", noun)
    if text[len(noun) : len(noun) + 1] in ("“", "（") or (text[:1] == "“"):
        quoted = re.match(r"[^，。；、\d“]{0,14}“[^”\n]{1,16}”[^，。；、\d“（]{0,12}", text)
        if quoted:
            inner = quoted[0]
            stop = _NOUN_END.search(inner.split("”", 1)[1])
            noun = inner if not stop else inner.split("”", 1)[0] + "”" + inner.split("”", 1)[1][: stop.start()]
    return _TRAIL.sub("", noun.strip(" \t\u3000*"))


#: Heads that parts of a list share: 城镇、农村常住居民人均可支配收入.
_HEADS = re.compile(
    r"((?:常住)?居民(?:人均)?(?:可支配收入|消费支出)|人均可支配收入|(?:实现)?增加值(?:占[^，。；]{2,20}(?:比重?)?)?|"
    r"(?:总)?产值|(?:年)?产量|(?:年)?出栏量?|销售[额量收入]*|(?:出口|进口|贸易)(?:总?额)?|"
    r"投资(?:总?额)?|营业收入|利润(?:总额)?|(?:贷款|存款|各项)?余额|收入|支出|税收|数量|人数|总量|规模|占比|比重|"
    r"[一-龥]{0,4}率|里程|面积|(?:发病|死亡|事故)(?:起数|人数)|案件|起数|[一-龥]{0,3}标准|浓度|吞吐量|周转量|"
    r"消费量?|保有量|装机(?:容量)?|发电量|用电量|指数|强度|普及率|覆盖率)$"
)
_SPLIT = re.compile(r"、|和|及|与|以及")


def listed_names(words: str, count: int) -> list[str]:
    """The parts of a list of names, each with the head that they share, if there are as many as numbers.

    >>> listed_names("城镇、农村常住居民人均可支配收入", 2)
    ['城镇常住居民人均可支配收入', '农村常住居民人均可支配收入']
    >>> listed_names("固定资产投资、社会消费品零售总额", 2)
    ['固定资产投资', '社会消费品零售总额']
    """
    if words.count("一二三产") and count == 3:
        rest = words.split("一二三产", 1)[1].removeprefix("业")
        return [f"第{one}产业{rest}" for one in "一二三"]
    if re.search(r"三次产业|三产", words) and count == 3:
        rest = re.split(r"三次产业|三产", words, maxsplit=1)[1]
        return [f"第{one}产业{rest}" for one in "一二三"]
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


def _with_head(parts: list[str]) -> list[str]:
    last = parts[-1]
    match = _HEADS.search(last)
    head = match[1] if match and match.start() > 0 else ""
    if not head and len(last) > max(map(len, parts[:-1]), default=0) + 1:
        typical = min(len(part) for part in parts[:-1])
        head = last[typical:] if 0 < len(last) - typical <= 4 else ""
    if not head:
        return parts
    result = []
    for part in parts[:-1]:
        own = _HEADS.search(part)
        result.append(part if own or part.endswith(head[-2:]) else part + head)
    return [*result, last]
