"""Kind of a number: aim, limit, promised money, forecast, endowment, achievement, or how many things a scheme has."""

from __future__ import annotations

import re
from typing import NamedTuple

from planbrief.reading.grammar.clauses import Quantity


class Kind(NamedTuple):
    """A kind of the data contract, the rule that gave it, and a doubt (or empty)."""

    kind: str
    rule: str
    doubt: str = ""


_COUNTED = re.compile(
    r"方面|举措|措施|政策|环节|原则|步骤|意识|领域|类型|层次|维度|大工程|行动$|赛道$|体系$|部门$|"
    r"省份$|方向$|要求$|专项$|支柱产业|主导产业|优势产业|片区$|大类|组团$|空间层次|名片$|版块|板块|品牌$|定位|"
    r"突破$|任务$"
)
_RESOURCE = re.compile(
    r"装机|储量|资源量|产能|库容|蕴藏量|蓄水能力|供水能力|蓄引提水能力|矿权面积|展览面积|规划面积|"
    r"占地面积|建筑面积|总面积|市域面积|国土面积|床位规模|设计吞吐|年产$|年产能力|通过能力|处理能力|野生|物种|"
    r"品种资源|空间$"
)
_MONEY = re.compile(r"[万亿]元$|^元$|美元$")
_PROMISED = re.compile(
    r"安排|投入|发放|下达|统筹|筹措|筹集|补贴|补助|资金|基金|债券|贷款|授信|额度|奖补|注资|指标|"
    r"配额|签约|签订|计划总投资|总投资|配置"
)
_FUTURE = re.compile(
    r"力争|目标|预期|计划|规划到|将(?!军|来|近)|拟|到20\d\d年|确保|争取|预计到|有望|未来|远期|"
    r"再(?:新)?[增建]|努力"
)
_FORECAST = re.compile(r"预计|预测|预估|有望|届时|将达|暂为预估")
_LIMIT = re.compile(r"红线|保护面积|保有量|控制在|不得|不超过|不低于|不少于|不高于|上限|下限|以内|限额|开发强度|边界")
_PAST = re.compile(r"已|目前|现有|完成|实现了|建成|获批|成功|累计|达到了|入驻|投运|投产|荣获|现已|拥有")


def kind(one: Quantity, name: str, sentence: str, tense: str, planned: bool, dated: bool) -> Kind:
    """Kind of a quantity from its tense and what it counts; ``planned`` is true in a document that plans.

    ``dated`` says whether its own sentence names the period that gives the tense.
    """
    words = one.segment + one.behind[:4]
    counted = one.tail.classifier or one.form == "count"
    scheme = counted and (
        (one.form == "count" and one.unit in ("", "个") and one.behind[:1] == "大") or _COUNTED.search(name)
    )
    if tense == "future":
        if scheme and not re.search(r"新[增建设]|以上", words):
            return Kind("count", "scheme", "scheme")
        if _FORECAST.search(sentence) and not re.search("目标|力争", sentence):
            return Kind("estimate", "forecast", "forecast")
        if _MONEY.search(one.unit) and re.search(
            r"安排|发放|下达|补助|补贴|奖补|授信|债券|贷款|资金|基金", one.segment + one.behind[:8]
        ):
            return Kind("commitment", "promised", "promised")
        return Kind("target", "future")
    if tense == "past":
        if scheme:
            return Kind("count", "scheme")
        if _RESOURCE.search(name):
            return Kind("resource", "resource", "resource")
        return Kind("actual", "past")
    if scheme or (one.form == "count" and counted):
        return Kind("count", "scheme")
    if _FORECAST.search(sentence):
        return Kind("estimate", "forecast", "forecast")
    if _LIMIT.search(words + name):
        return Kind("constraint", "limit", "limit")
    if _RESOURCE.search(name):
        return Kind("resource", "resource", "undated_resource")
    if _MONEY.search(one.unit) and _PROMISED.search(one.segment + name) and not _PAST.search(one.segment):
        return Kind("commitment", "promised", "promised")
    if _FUTURE.search(sentence) or one.form == "size":
        return Kind("target", "future_words", "undated_future")
    if planned and not _PAST.search(sentence):
        return Kind("target", "plan", "undated_plan")
    return Kind("actual", "statement", "undated")
