"""What a number measures: its own noun, the one carried over from before, or its place in a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from planbrief.reading.grammar import names
from planbrief.reading.grammar.clauses import STEPS, Quantity
from planbrief.reading.grammar.names import split_area
from planbrief.reading.grammar.wordlists import alternatives, listed, pattern
from planbrief.reading.grammar.wordlists import words as word_list

_HEAD_OF_LINE = re.compile(r"[\s\-▲•●>#*]*$")
#: Names that begin or end in the middle of a phrase.
_CUT = re.compile(r"^(?:[至于等把向被该]|成为|(?:实施|开展)(?![一-龥“”·]{4,}))|(?:[多在了着把向被每对]|给予)$")
#: What is named by what it is counted in.
_NAMED_BY_UNIT = {"桥": "桥梁", "隧": "隧道", "金": "金牌", "银": "银牌", "铜": "铜牌"}
#: Money that a verb of giving hands out (统筹5亿元专项资金).
_MONEY = re.compile("[一-龥“”]{0,12}?(?:资金|基金|债券|贷款|补贴|消费券)")
#: The values are those of growth, so is the name: 投资降幅收窄 is a gain of 投资.
_OF_A_FALL = re.compile("(?<=[一-龥]{2})[降减跌]幅$")
#: Longest name that is trusted, in characters.
_LONG = 24


@dataclass
class Said:
    """What a sentence has said so far: the last name, its place, the names of the last list and of all numbers.

    ``average`` and ``flow``: the last number was an average over years, an amount added over the period. ``share`` is
    the name of the last share of something, ``against`` what the last rank referred to, ``form`` the last number's,
    ``part`` the whole of which parts are told, ``since`` the year before which the last change began,
    ``before`` the last name in front of the semicolon that the sentence stands behind.
    """

    carried: str = ""
    place: str = ""
    zone: str = ""
    names: list[str] = field(default_factory=list)
    recent: list[str] = field(default_factory=list)
    average: bool = False
    flow: bool = False
    share: str = ""
    against: str = ""
    form: str = ""
    sign: int = 1
    part: str = ""
    since: int = 0
    before: str = ""


@dataclass
class Subject:
    """A name with its area, the rules that found them, and what speaks against them."""

    name: str
    rule: str
    area: str = ""
    area_rule: str = ""
    noun: bool = False
    doubts: list[str] = field(default_factory=list)


def subject(
    text: str, own_area: str, found: Sequence[Quantity], index: int, said: Said, rank_start: int | None
) -> Subject:
    """The subject of a quantity of a sentence; ``rank_start`` is where the words of its rank begin in its segment."""
    one = found[index]
    keep = False
    if one.tail.printed in _NAMED_BY_UNIT:
        result = Subject(_NAMED_BY_UNIT[one.tail.printed], "unit", noun=True)
    elif one.place and (said.names or one.ratio > 2):
        paired = one.place < len(said.names)
        name = said.names[one.place] if paired else (said.names or [said.carried])[-1]
        result = Subject(name, "list", doubts=[] if paired else ["list_unpaired"])
        keep = True
    else:
        core = one.front.core
        if rank_start is not None:
            core = pattern("before_rank").sub("", names.cleaned(one.segment[:rank_start]))
            core = "" if names.is_verbal(core) or pattern("no_ranked").fullmatch(core) else core
        length = 1 + sum(1 for _ in _run(found, index))
        if length > 1 and one.ratio <= 2:
            result = _list(one, core, length, found, index, said)
        else:
            result = _single(text, one, core, found, index, said)
            if result.rule != "ratio":
                said.names = [result.name]
            keep = result.rule in ("carried", "share_of")
    if one.unit in ("%", "个百分点"):
        result.name = _OF_A_FALL.sub("", result.name)
    inner = word_list("verbs")["inner"].get(one.front.verb, "")
    if inner and inner not in result.name:
        result.name += inner
        if result.rule == "carried":
            result.doubts.append("verb_in_name")
    _place(result, own_area, said, keep or one.mark == "、", one.lead)
    said.recent.append(result.name)
    return result


def _run(found: Sequence[Quantity], index: int) -> Iterator[Quantity]:
    for later in found[index + 1 :]:
        if not later.place:
            return
        yield later


def _lead(one: Quantity) -> str:
    return re.split(r"[，；:（]", one.lead)[-1]


def _list(one: Quantity, core: str, length: int, found: Sequence[Quantity], index: int, said: Said) -> Subject:
    head, _, of = core.partition("分别占")
    whole = f"占{of.rstrip('的')}" if of and head else ""
    words = names.cleaned(head if whole else core)
    parts: list[str] = []
    if not names.is_verbal(core) and words not in listed("names", "generic"):
        parts = names.listed_names(words, length) or _told_of(found, index, words, length)
    else:
        if len(said.names) == length:
            parts = said.names
        elif len(set(said.recent[-length:])) == length:
            parts = said.recent[-length:]
        else:
            parts = names.listed_names(names.cleaned(_lead(one)), length)
        words = words or said.carried
    doubts = []
    if not parts:
        if names.is_verbal(core) and (noun := _noun_of_run(found, index)):
            parts = [noun] * length
        else:
            doubts.append("list_unpaired")
            parts = [words or said.carried] * length
    said.names = [part + whole for part in parts]
    said.carried = parts[-1]
    return Subject(said.names[0], "list", doubts=doubts)


def _told_of(found: Sequence[Quantity], index: int, words: str, length: int) -> list[str]:
    """The names of which a count in front of a list sums up as many (甲、乙、丙三大主导产业产值分别突破)."""
    before = found[index - 1] if index else None
    if before is None or before.value != length or before.form != "count":
        return []
    parts = names.listed_names(names.cleaned(before.segment), length)
    measure = names.measure_of(words)
    return [part + measure for part in parts] if measure else []


def _noun_of_run(found: Sequence[Quantity], index: int) -> str:
    """The noun behind the last number of a list (3个万亿级和7个千亿级产业集群)."""
    last = [found[index], *_run(found, index)][-1]
    return names.noun_behind(_behind(last), True)


def _behind(one: Quantity) -> str:
    behind = one.behind
    if one.form == "size" and not one.tail.printed:
        behind = behind.removeprefix("级")
    if one.form == "count" or not one.unit:
        behind = re.sub(r"^大(?![于约概学会型])", "", behind)
    return behind


def _ratio(core: str, said: Said) -> Subject:
    if names.is_verbal(core) and len(said.names) == 3:
        return Subject(said.names[0], "ratio")
    parts = names.listed_names(core, 3)
    if not parts and ("产业" in core or "结构" in core):
        parts = [f"第{one}产业比重" for one in "一二三"]
    parts = parts or [names.cleaned(core)] * 3
    parts = [re.sub("(?:结构|比例|占比)$", "", part) for part in parts]
    said.names = [part + ("比重" if part.endswith("产业") else "") for part in parts]
    return Subject(said.names[0], "ratio")


def _single(text: str, one: Quantity, core: str, found: Sequence[Quantity], index: int, said: Said) -> Subject:
    front = one.front
    if one.ratio > 2:
        return _ratio(core, said)
    # The order below is that of how sure a place is: a share's own 占, a clause that is only the setting (在…情况下),
    # a part told by a verb, then the noun behind a count, and last what stands in front.
    if re.match(r"占(?!地|补)", core) or (front.reached.startswith("占") and not core):
        whole = core if core.startswith("占") else "占比"
        base, whole = said.carried or names.cleaned(_lead(one)), whole.removesuffix("的")
        other = pattern("other_name").search(whole)
        said.share = other["name"] if other else names.balanced(base + whole)
        return Subject(said.share, "share_of", doubts=["carried"])
    if re.match(r"的(?:情况|背景|条件|形势)下", one.behind) and "在" in core[1:]:
        whole, _, inner = core.rpartition("在")
        said.carried = names.cleaned(whole)
        return Subject(inner, "front")
    if re.match(r"的?(?:情况|基础|背景|条件|形势)[下上]", core) and said.carried and said.names:
        return Subject(said.carried, "main_clause", doubts=["carried_far"])
    if re.match(r"的?(?:情况|基础|背景|条件|形势)[下上]", core) and said.recent:
        return Subject(re.split(r"[在于]", said.recent[-1])[0], "main_clause", doubts=["carried_far"])
    part = _part(one, found[index - 1] if index else None, said)
    if part:
        return Subject(part, "carried", doubts=["carried", "flow_carried"])
    verbal = names.is_verbal(core)
    behind = _behind(one)
    # 推动30%的企业上云: what stands behind is the whole of which it is a part.
    if one.unit in ("%", "成") and behind.startswith("的") and verbal:
        noun = names.cleaned(re.split(r"[，。；、（]", behind[1:])[0])
        return Subject(noun[:_LONG] + "比例", "behind", noun=True)
    # 连跨两个千亿元台阶: the 2 counts steps, the 千亿元 is their size.
    if index and found[index - 1].width and re.match(STEPS, behind):
        return Subject(f"{said.carried}台阶规模", "step", noun=True, doubts=[] if one.form == "size" else ["size"])
    if one.form == "size" and re.match(STEPS, behind):
        base = said.carried if verbal else names.cleaned(core)
        return Subject(base, "carried", doubts=["carried" if base else "no_name"])
    counted = one.tail.classifier or one.form in ("count", "size", "scheme")
    counted = counted or (not one.tail.printed and (one.unit.endswith("人") or one.behind[:1] == "大"))
    # The parts of 三纵两横 or 2+4 have no noun of their own but the scheme's; a person looks at each.
    if one.form == "scheme":
        summed = re.match(r"(?:\+\d+)*”?(?=[一-龥])", text[one.end : one.end + 20])
        noun = names.noun_behind(text[one.end + summed.end() :], True) if summed is not None and summed[0] else ""
        if noun:
            return Subject(noun, "behind", noun=True)
        part = text[one.end : one.end + 1]
        scheme = "叠加" if text.startswith("叠加", one.end + 1) else "空间布局"
        if part in "纵横环航":
            around = text[one.end : one.end + 30] + text[max(0, one.start - 60) : one.start]
            scheme = {"水": "水网体系", "电": "电网体系"}.get(
                next(iter(re.findall("[水电](?=[网利])", around)), ""), "综合交通体系"
            )
        return Subject(f"{scheme}要素数量（{part}）", "unit", noun=True, doubts=["scheme_part"])
    if one.tail.printed in ("部门", "方面", "环节", "领域") and (verbal or core.endswith("等")):
        return Subject(one.tail.printed, "unit", noun=True)
    # 统筹5亿元专项资金: the money is named behind its sum.
    money = _MONEY.match(behind) if one.unit.endswith("元") and names.flow_verb(core) else None
    if money is not None:
        said.carried = money[0]
        return Subject(money[0], "behind", noun=True)
    noun = names.noun_behind(behind, counted) if counted or not (front.change or front.gap) else ""
    following = found[index + 1] if index + 1 < len(found) else None
    if one.width:
        said.carried = said.carried if verbal else names.cleaned(core)
        return Subject(f"{said.carried}{one.width}台阶", "step", noun=True, doubts=[] if said.carried else ["no_name"])
    # 3个过3000亿元城市, 形成1个千亿级、4个百亿级产业集群: the noun stands behind the second of two numbers.
    if (
        counted
        and following is not None
        and not noun
        and one.tail.end == following.start
        and not following.tail.classifier
    ):
        noun = names.noun_behind(_behind(following), True)
    if following is not None and following.form == "size" and following.start == one.tail.end:
        stop = max(following.end, following.tail.end)
        stop += text[stop : stop + 1] == "级"
        thing = names.noun_behind(_behind(following), True)
        if not thing and (quoted := re.compile(r"[^。\n”]{0,24}”(?=[一-龥]{2})").match(text, stop)):
            thing = names.noun_behind(text[quoted.end() : quoted.end() + 24], True)
        noun = text[following.start : stop] + thing
    if noun.endswith("级") and following is not None and following.mark == "、":
        noun += names.noun_behind(_behind(following), True).partition("级")[2]  # 4个国家级、3个省级中心
    if (len(noun) >= 2 or noun in tuple("县市区镇乡")) and (verbal or counted):
        return _counted(one, core, noun, verbal, said)
    if verbal:
        return _carried(text, one, core, said)
    name = names.cleaned(core)
    if not (one.front.reached or one.front.change or one.front.gap or one.front.bound or names.head_of(core)):
        thing = names.noun_behind(behind, False) if re.search("[吨瓦方里米]$", one.tail.printed) else ""
        thing = thing.split("等")[0]
        if len(thing) >= 3 and name:
            said.carried = name + thing
            return Subject(name + thing, "behind", noun=True, doubts=["verb_in_name"])
    if not name:
        return _carried(text, one, core, said)
    # 总量, 规模, 增速 alone are of what was told before.
    if name in listed("names", "generic") and said.carried:
        if name.startswith("总"):
            said.carried = said.carried.removeprefix("新增")
        return Subject(said.carried, "carried", doubts=["carried"])
    if front.reached.startswith("占全国") and one.unit in ("%", "成"):
        name += "占全国"
    if name in _SCOPES and said.carried:
        name += re.sub(f"^(?:{'|'.join(_SCOPES)})", "", said.carried)  # 恩格尔系数为30%，其中城镇为29%
    name = _beside(name, one, said.carried or said.before, found[index - 1].unit if index else "")
    said.carried = name
    doubts = ["long_name"] if len(name) > _LONG else ["short_name"] if len(name) < 2 else []
    if name in (*listed("names", "bare"), *listed("names", "generic")) or _CUT.search(name):
        doubts.append("bare_noun")
    return Subject(name, "front", doubts=doubts)


#: Parts of an area of which the same is told.
_SCOPES = ("城镇", "农村", "城市", "乡村")
_HERD = re.compile("[存出]栏量?$")
#: What is told of a crop beside its area: 粮食播种面积…，总产量….
_YIELDS = ("总产", "总产量", "单产", "亩产", "平均亩产")
#: A verb in front of the first of a list, which says of all of it that it was added: 新增甲12家、乙3家.
_NEW = re.compile("新[增设]")


def _beside(name: str, one: Quantity, before: str, unit: str) -> str:
    """A name with what it leaves out because the one before said it: 生猪存栏…，出栏; 一产增加值…，二产."""
    if before[:2] in ("存栏", "出栏") and one.unit.endswith(("头", "只", "羽")) and re.fullmatch("[一-龥]{1,3}", name):
        return before[:2] + name
    new = _NEW.match(before)
    if new is not None and one.mark == "、" and one.tail.classifier and one.unit == unit and not _NEW.match(name):
        return new[0] + name
    if _HERD.fullmatch(name) and _HERD.search(before):
        return _HERD.sub("", before) + name
    group = re.search("(?:商品)?零售额(?=中?$)", _lead(one) or before) if name.endswith("类") else None
    if group is not None:
        return name + group[0]
    if name in _YIELDS and (crop := re.match("(.{1,8}?)(?:播种面积|种植面积|总产|单产|产量|制种)", before)) is not None:
        return crop[1] + name
    if re.fullmatch("收入|支出", name) and (whole := re.fullmatch("(.*(?:预算|基金|财政).*)(?:收入|支出)", before)):
        return whole[1] + name
    branch = re.search("(?<![就创毕事作开停失从])业$|第?[一二三]产$", name) and before.endswith("增加值")
    return name + "增加值" if branch and (one.unit.endswith("元") or (one.unit == "%" and one.front.change)) else name


def _counted(one: Quantity, core: str, noun: str, verbal: bool, said: Said) -> Subject:
    flow = names.flow_verb(core)
    counts_owners = one.behind[:1] == "大" or not re.search("[，；。、]", one.behind)
    if counts_owners and len(thing := noun.removesuffix(names.measure_of(noun) or "大")) >= 2:
        noun = thing.split("对")[0]  # 三大产业产值 counts branches, 9个产业产值突破 owners of what follows
    said.carried = noun
    doubts = ["long_name"] if len(noun) > _LONG - 2 else []
    if not verbal and len(core) > 3 and not flow and not re.search(r"等$|、", core):
        doubts.append("verb_in_name")
    lead = "" if flow in listed("verbs", "weak") else flow
    own = names.cleaned(core)
    own = "" if said.recent and own in said.recent[-1] else own
    if one.form == "count" and one.behind[:1] == "大" and not verbal and not flow and re.fullmatch("[一-龥]{2,5}", own):
        lead = own
    if noun.endswith("级") or (not lead and noun in listed("names", "bare")):
        doubts.append("bare_noun")
    return Subject(lead + noun, "behind", noun=True, doubts=doubts)


_PART = re.compile(r"其中[，：:]?[有含约近超]?")


def _part(one: Quantity, before: Quantity | None, said: Said) -> str:
    """The name of a part of what was just counted, told by a verb: 其中用于民生35亿元, 其中投产30个、在建50个."""
    opened = one.segment.startswith("其中")
    whole = said.carried if opened else said.part
    said.part = ""
    if before is None or not whole:
        return ""
    alike = one.unit[-1:] == before.unit[-1:] or {one.unit[-1:], before.unit[-1:]} <= set("人名次位")
    found = pattern("told_of_some").match(one.segment.removeprefix("其中").lstrip("，:有"))
    if not alike or found is None or not (opened or found["told"] in listed("verbs", "parts")):
        return ""
    said.part = whole
    return f"{whole}（{found['told']}）"


#: Verbs of reaching people with what was told before, which are no part of it (发放低保金…，惠及8万人).
_REACHING = frozenset("惠及 覆盖 服务 吸纳 安置 救助 帮扶".split())
#: Verbs that name what they count without any noun.
_ACTIVITIES = frozenset("造林 植树造林 植树 培训 减税降费".split())


def _carried(text: str, one: Quantity, core: str, said: Said) -> Subject:
    base, rule = said.carried, "carried"
    # 占比达30%，提高2个百分点: points behind a share are of the share.
    if said.share and one.unit.endswith("百分点"):
        base = said.share
    elif said.form == "share" and one.unit == "%" and one.front.to and said.recent:
        base = said.recent[-1]  # 占比重由5%提高到8%
    if not base:
        base, rule = _far(text, one), "carried_far"
    doubts = [rule if base else "no_name"]
    if base in listed("names", "bare"):
        doubts.append("bare_noun")
    if base and _PART.fullmatch(one.segment) and (told := re.match("[一-龥]{2,16}", one.behind)) is not None:
        return Subject(f"{base}（{told[0]}）", rule, doubts=doubts)  # some of them, else it would be all of them again
    # A verb of adding in front of a carried name makes it another one: 项目30个，新开工12个.
    flow = names.flow_verb(core)
    if (
        base.startswith("新增")
        and re.search("累计|总[量数]", one.segment)
        and re.search("[达至超破]", one.front.reached)
    ):
        return Subject(base.removeprefix("新增"), rule, doubts=doubts)
    if flow and not one.front.change:
        doubts.append("flow_carried")
        if one.unit.endswith("元") and one.mark != "、":
            return Subject(flow + "资金", "front", doubts=["short_name"])
        if flow in _REACHING and re.search("[人名户]$", one.unit):
            noun = "户数" if one.unit.endswith("户") else "人数"
            return Subject(flow + noun, "front", doubts=["short_name"])
        if flow in _ACTIVITIES:
            return Subject(flow, "front")
        base = re.sub("总[数量]$", "", base)
        if not base.startswith(flow):
            base = flow + names.without_flow(base)
    return Subject(base, rule, doubts=doubts)


def _far(text: str, one: Quantity) -> str:
    """A name from the clause before, or from the line above where the number opens its line."""
    lead = _lead(one)
    if lead.strip():
        return re.split(alternatives("verbs", "turned"), names.cleaned(lead))[0][:_LONG]
    first = text.rfind("\n", 0, one.start) + 1
    if _HEAD_OF_LINE.fullmatch(text[first : one.start]):
        above = text[max(0, first - 60) : first].rstrip().rsplit("\n", 1)[-1]
        if above and above[-1] not in "。；！？" and len(above) <= 40:
            last = re.split("[，；:]", above.rstrip("，:："))[-1]
            return names.cleaned(re.sub(r"^[\s\-▲•●>#*\d.、]+", "", last))
    return ""


#: Ends of the names of zones: what a sentence goes on to tell is of the zone that it began with.
_ZONES = re.compile(r"(?:高新区|经开区|开发区|新区|科技城|科学城|小镇|园区|片区|综保区)$")


def _place(result: Subject, own_area: str, said: Said, keep: bool, lead: str) -> None:
    """Split the area off a name; a carried name keeps the area that it was said of."""
    # A place behind a number (30个城市…) is a kind of thing, in front of it the area that the number is of.
    area, rest, rule = split_area(result.name, own_area)
    if (
        rule in ("nation", "place")
        and result.noun
        and (rule == "nation" or pattern("kind_of_place").match(result.name))
    ):
        area, rest, rule = own_area, result.name, "default"
    if rule == "default" and keep and said.place:
        area, rule = said.place, "carried"
    if (
        rule == "default"
        and pattern("extent_first").match(rest)
        and (built := pattern("built").search(lead.rstrip("，")))
    ):
        said.zone = built["zone"]
    if rule == "place":
        said.zone = area if _ZONES.search(area) else ""
    elif rule == "default" and said.zone:
        area, rule = said.zone, "carried"
        result.doubts.append("place")
    if rule == "default" and re.match(r"(?:园区|片区|库区|景区|校区)", rest):
        result.doubts.append("joint_area")
    if rule in ("place", "nation"):
        result.doubts.append("places" if "、" in area or len(area) > 5 else "place")
        said.place = area
    elif rule == "own" or not keep:
        said.place = ""
    if rule in ("place", "nation", "own") and said.carried == result.name:
        said.carried = rest
    result.name, result.area, result.area_rule = rest, area, rule


def doubts_around(found: Sequence[Quantity], index: int, topic: str, own_area: str, of: Subject) -> list[str]:
    """What the words around a number have against its row; ``topic`` is its sentence as far as the number."""
    one = found[index]
    before = found[index - 1] if index else None
    after = found[index + 1] if index + 1 < len(found) else None
    doubts = []
    places = pattern("other_areas").finditer(topic) if of.area_rule == "default" else ()
    # 成渝地区双城经济圈…: another area named before a number may be what it is of; a person decides.
    joint = [match for match in places if not own_area.startswith(match[0])]
    if joint and not re.search("全[省市区]|我[省市区]", topic[joint[-1].end() :]):
        passed = joint[-1].end() <= len(topic) - len(one.segment) and not pattern("alliances").search(topic)
        passed = passed and bool(re.search("[，；：]", topic[: joint[0].start()])) and of.rule == "front"
        doubts.append("place_before" if passed else "joint_area")
    if pattern("leaves_out").search(topic):
        doubts.append("leaves_out")
    measured = one.unit not in ("", "%") and not one.tail.classifier
    kinds = bool(after is not None and one.tail.bound and not after.mark)  # 亿元以上项目30个: which are counted
    kinds = bool(kinds or (one.tail.bound and re.match("的(?!目标)", one.behind)))  # 年产5万吨以上的企业
    if measured and (kinds or one.unit == "千伏" or pattern("superlative").search(one.segment)):
        doubts.append("condition")
    if one.front.gap and pattern("other_indicator").search(one.segment):
        doubts.append("gap_beside")
    if before is not None and not one.mark and re.search("[为向对给与]$", before.segment):
        doubts.append("verb_in_name")  # 为8个省份保供煤炭9亿吨: the things counted are no part of the name
    return doubts
