"""What stands behind a number and belongs to it: 余, multipliers, the unit, and a bound such as 以上 or 左右."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from planbrief.reading.grammar.numerals import Numeral
from planbrief.reading.grammar.wordlists import any_of, listed, words

MEASURES = frozenset(listed("units", "measures"))
CLASSIFIERS = frozenset(listed("units", "classifiers"))
_SAME: dict[str, str] = words("units")["same"]
_UNIT = any_of(MEASURES | CLASSIFIERS)
#: Counting words that begin a longer word: 个月 is a unit, 人均, 位于, 场景, 点 of time, 级别, 区域, 村民 are not.
_NO_UNIT = (
    r"(?!(?:人均|人工智能|人口|人民|人大|人才|人员|人形|位于|位居|位列|场景|市场|市值|市(?=级|县|区|域)|区域|区间|"
    r"省级|省份|国家|国际|国内|县级|县域|"
    r"村民|村级|校园|点击|单位GDP|单项|部委|部分|部级|首次|首批|首位|级别|层次|层级|层面|门类|团体|团组|队伍|队员|"
    r"组团|组织|根本|根据|道路|道德|"
    r"封闭|口径|口岸|眼科|期间|代表|环境|环保|节能|节约|段时|次以上|银行|银发|金融|金属|桥梁|字号|床品|方式|方案|方向|"
    r"方便|度假|"
    r"场均|企业家|社区服务|机场群|园区综|品牌价|航线网|吨位|部门间|点以|成立|成功|成果|成为|成长|成效|成熟|成就|成都|"
    r"分钟级))"
)
_MULTIPLIER = r"[十百千万亿]*"
TAIL = re.compile(
    rf"(?P<near>余|多(?!个?百分|种形|元|样|层|措|式|点)|来(?=[个家名人户条项])|"
    rf"\+(?!\d))?(?P<scale>{_MULTIPLIER})(?P<near2>余|多(?!种形|样|层))?"
    rf"(?:{_NO_UNIT}(?P<unit>{_UNIT}))?(?P<near3>(?<=[倍成])多(?=[，。；、）]|$))?"
    rf"(?:(?P<per>/|"
    rf"每)(?P<base>{any_of([*listed('units', 'measures'), '人', '户', '年', '月', '日', '天', '人年', '次'])}))?"
    r"(?P<bracket>（[套间条台个辆次架栋座人]{1,2}）)?"
    r"(?P<bound>(?:及|\(含\)|（含）)?以[上下内外]|左右|上下|之[内外]|级以上|级)?"
)
_SCALE_ONLY = re.compile(r"[万亿]")
#: Nouns that say in people what a bare 万 counts: 80万重点群体.
_PERSONS = re.compile(
    r"(?:名|位)?[^，。；、\d]{0,10}?(?:群体|人员|群众|学生|毕业生|劳动力|职工|农民|居民|儿童|老年人|老人|残疾人|就业|"
    r"青年|干部|志愿者|户籍|人口|移民|婴幼儿|女生|女性|妇女|考生|党员|师生|患者|人才|工人|员工|市民|村民|旅客)"
)
#: Bounds in front of a number.
_FRONT = re.compile(
    r"(?:(?P<le>不(?:得|应|能|可|会)?(?:超过?|高于|大于|多于|突破)|未超过|[至最]多|小于等于|≤|<=)"
    r"|(?P<ge>不(?:得|应|能|可)?(?:低于|少于|小于)|至少|不下|大于等于|≥|>=|跨[上过入越]|迈[上入过]|站上|登上|跃上)"
    r"|(?P<lt>不足|不到|未达到?|(?<!不)[小低少]于|<)"
    r"|(?P<gt>(?<!不)超过?|超出|逾|突破|(?<!不)[大高多]于|>|破(?=$)|(?<=[已突接])过|(?<![通超跨迈不度胜路])过(?=$))"
    r"|(?P<approx>大约|大概|将近|接近|(?<![签合违条特节制公契预缔])约|(?<![最附临远靠])近))"
    r"(?:了|达到?|到|为|的|[上]|人民币|:)*$"
)


@dataclass(frozen=True, slots=True)
class Tail:
    """Unit and bound of a number; ``end`` is the position behind them."""

    end: int
    unit: str
    printed: str
    bound: str
    classifier: bool
    near: bool


def tail(text: str, numeral: Numeral) -> Tail:
    """What belongs to a number behind it.

    >>> from planbrief.reading.grammar.numerals import numerals
    >>> def of(text): return tail(text, next(numerals(text)))
    >>> of("60万吨以上").unit, of("60万吨以上").bound, of("12.7个百分点").unit, of("30余万人次").unit, of("2026年").unit
    ('万吨', 'ge', '个百分点', '万人次', '')
    """
    match = TAIL.match(text, numeral.end)
    if match is None:  # pragma: no cover - every group is optional
        return Tail(numeral.end, numeral.scale, "", "", False, False)
    printed = match["unit"] or ""
    scale = numeral.scale + match["scale"]
    near = bool(match["near"] or match["near2"] or match["near3"])
    end = match.end()
    if not printed and match["bound"] == "级":
        end -= 1
    bound = {"以上": "ge", "以下": "le", "以内": "le", "之内": "le", "以外": "gt", "之外": "gt"}.get(
        (match["bound"] or "").removeprefix("及").removeprefix("（含）").removeprefix("级"), ""
    )
    if match["bound"] in ("左右", "上下"):
        bound = "approx"
    if (match["bound"] or "").startswith("级") and (numeral.form == "size" or scale):
        bound = "ge"
    if near and not bound:
        bound = "ge"
    if not printed and scale in ("万亿", "亿") and re.match(r"[，。；、两]|$", text[match.end() :]):
        return Tail(end, scale + "元", "", bound, False, near)
    if not printed and not scale and text[numeral.end : numeral.end + 1] == "年" and numeral.value % 1:
        return Tail(numeral.end + 1, "年", "年", bound, False, near)
    if not printed and _SCALE_ONLY.search(scale) and _PERSONS.match(text, match.end()):
        return Tail(end, scale + "人", "", bound, False, near)
    unit = _SAME.get(printed, printed)
    if match["base"]:
        unit += "/" + match["base"]
    if not printed and not scale:
        end = numeral.end if not match["bound"] else end
    return Tail(end, scale + unit, printed, bound, printed in CLASSIFIERS and printed not in MEASURES, near)


def front_bound(before: str) -> str:
    """The bound that the words in front of a number set: ge, gt, le, lt, approx, or empty.

    >>> front_bound("控制在不超过"), front_bound("突破"), front_bound("不低于"), front_bound("达到")
    ('le', 'gt', 'ge', '')
    """
    match = _FRONT.search(before)
    return (match.lastgroup or "") if match else ""


def scaled(value: Decimal, old: str, new: str) -> Decimal:
    """A value in another multiplier of the same unit: 3000 in 元 beside 亿元."""
    factors = {"": 0, "十": 1, "百": 2, "千": 3, "万": 4, "亿": 8, "万亿": 12}
    return value.scaleb(factors.get(old, 0) - factors.get(new, 0))


def canonical_unit(printed: str) -> str:
    """A printed unit in the form of the data: 平方千米 as 平方公里, ％ as %.

    >>> canonical_unit("万平方千米"), canonical_unit("％")
    ('万平方公里', '%')
    """
    match = re.match(r"(?P<scale>[十百千万亿]*)(?P<unit>.*)", printed.replace("％", "%"))
    if match is None:
        return printed
    return match["scale"] + _SAME.get(match["unit"], match["unit"])
