"""The grammar of Chinese statistical prose: a text → one proposed row for each of its numerals."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from planbrief.reading.grammar import names
from planbrief.reading.grammar.areas import document_area, published_date, split_area
from planbrief.reading.grammar.changes import change, signed
from planbrief.reading.grammar.clauses import Quantity, quantities
from planbrief.reading.grammar.confidence import rate
from planbrief.reading.grammar.exclusions import Exclusion, Surroundings, exclusion
from planbrief.reading.grammar.folding import Folded, fold
from planbrief.reading.grammar.kinds import kind
from planbrief.reading.grammar.numerals import Numeral, numerals
from planbrief.reading.grammar.periods import Period
from planbrief.reading.grammar.scopes import Clock, Scope, Sentence, sentences
from planbrief.reading.grammar.tails import front_bound
from planbrief.reading.proposals import Proposal

_COMPARED = re.compile(r"(?:比|较|与|同|相比|自|对比)[“]?$")
_RANK_FRONT = re.compile(
    r"(?:(?:规模|总量|增速|增幅|数量|水平)?(?:均|双双|也|都|已|仍)?(?:稳|继续|保持)?(?:居|位居|位列|列|排名?|排在|"
    r"跃居|跃升?至|升[至到]|提升至|提高至|晋升至|上升至|保持)"
    r"|(?=全国第|全省第|全市第|世界第|全球第|西部第|中部第|东部第|第))(?P<place>[^，。；、]{0,12}?)(?:第|前)?$"
)
_FROM = re.compile(r"[从由自](?P<place>[^，。；、]{0,8}?)第?$")
_STEPS = re.compile(r"(?:台阶|大关|关口|量级|门槛)")
_HEAD_OF_LINE = re.compile(r"[\s\-▲•●>#*]*$")


@dataclass
class _State:
    """What a sentence has said so far."""

    carried: str = ""
    carried_area: tuple[str, str] = ("", "")
    names: list[str] = field(default_factory=list)
    average: bool = False


class Grammar:
    """Reads one text; ``area`` and ``published`` (ISO date) come from the caller or from the text's first lines."""

    def __init__(self, text: str, area: str = "", published: str = "") -> None:
        self.text = text
        self.folded: Folded = fold(text)
        head = self.folded.text[:2000]
        self.area = area or document_area(head)[0]
        self.published = published or published_date(head)
        self.clock = Clock(self.published)
        self.planned = bool(re.search(r"规划|计划|纲要|方案", head[:400])) and "政府工作报告" not in head[:600]
        self._surroundings = Surroundings(self.folded.text)

    def rows(self, skip: Sequence[tuple[int, int]] = ()) -> list[Proposal]:
        """Rows for all numerals outside the spans `skip` (offsets of the document: tables that are read apart)."""
        found = [one for one in numerals(self.folded.text) if not self._inside(one, skip)]
        starts = [one.start for one in found]
        rows: list[Proposal] = []
        for sentence in sentences(self.folded.text, self.clock):
            low, high = bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)
            if low < high:
                rows += self._sentence(sentence, found[low:high])
        return sorted(rows, key=lambda row: (row.start, row.part))

    def _inside(self, one: Numeral, skip: Sequence[tuple[int, int]]) -> bool:
        if not skip:
            return False
        start = self.folded.start(one.start)
        index = bisect_left(skip, (start + 1,)) - 1
        return index >= 0 and start < skip[index][1]

    def _sentence(self, sentence: Sentence, found: Sequence[Numeral]) -> Iterator[Proposal]:
        stated: list[Numeral] = []
        for one in found:
            reason = exclusion(self._surroundings, one.start, one.end) if one.form == "digits" else None
            if self._is_slogan(one):
                continue
            if reason is None:
                stated.append(one)
            else:
                yield self._excluded(one, reason)
        text = self.folded.text
        found_here, bases = quantities(text, sentence.start, sentence.end, stated)
        for base in bases:
            yield self._excluded(base, Exclusion("other", "ratio_base", 0.85))
        state = _State()
        words = text[sentence.start : sentence.end]
        for index, one in enumerate(found_here):
            yield self._observed(sentence, words, one, found_here, index, state)

    def _is_slogan(self, one: Numeral) -> bool:
        """A count in characters that opens a short phrase in quotation marks: “两个毫不动摇”."""
        if one.form != "count":
            return False
        quote = self._surroundings.quote(one.start)
        return quote is not None and quote[0] == one.start - 1 and quote[1] - quote[0] <= 12

    def _excluded(self, one: Numeral, reason: Exclusion) -> Proposal:
        start, end = self.folded.start(one.start), self.folded.end(one.end)
        row = Proposal(start, end, self.text[start:end], "exclusion", reason.reason)
        row.why["reason"] = (reason.rule, "")
        row.confidence = reason.trust
        return rate(row)

    # What a quantity says

    def _observed(
        self, sentence: Sentence, words: str, one: Quantity, found: Sequence[Quantity], index: int, state: _State
    ) -> Proposal:
        start, end = self.folded.start(one.start), self.folded.end(one.end)
        row = Proposal(start, end, self.text[start:end], doubts=list(one.doubts))
        rank = self._rank(one)
        name = self._name(one, found, index, state, row, rank, sentence)
        explicit = self._period_in(sentence, one)
        scope = self.clock.scope(explicit, "named") if explicit is not None else sentence.scope
        form = change(one, name, scope, scope.stretch)
        if (
            state.average
            and form.transformation in ("cumulative", "yoy")
            and one.front.change
            and "同比" not in one.segment
        ):
            form = form._replace(transformation="avg_annual", rule="average_carried")
        state.average = form.transformation == "avg_annual" or (state.average and one.place > 0)
        if form.doubt:
            row.doubts.append(form.doubt)
        comparator, rule = self._comparator(one, found, index)
        if one.upper is not None:
            comparator = "range"
        value, comparator = signed(one.value, form.sign, comparator)
        upper = one.upper
        if upper is not None and form.sign < 0:
            value, upper = -upper, value
        period, period_rule = self._period(one, form.transformation, scope, name, row, explicit)
        tense = scope.tense
        if (
            not tense
            and explicit is None
            and re.search(r"力争|到20\d\d年|将达|目标", words[: max(0, one.start - sentence.start)])
        ):
            tense = ""
        sort = kind(one, name, words, tense, self.planned, bool(explicit))
        if one.front.start_value:
            sort = sort._replace(kind="actual", rule="start_value")
            row.doubts.append("from_value")
        if sort.doubt:
            row.doubts.append(sort.doubt)
        unit = self._unit(one, form.transformation, rank, row)
        area = row.cells.pop("_area", "")
        row.cells |= {
            "indicator": "",
            "indicator_phrase": name,
            "ref_area_name": area or self.area,
            "obs_value": plain(value),
            "upper_value": "" if upper is None else plain(upper),
            "unit_measure": unit,
            "time_period": period,
            "kind": sort.kind,
            "comparator": comparator or "eq",
            "transformation": form.transformation,
            "price_base": self._price(one, words),
            "activity": "",
            "subject": "",
        }
        row.why |= {
            "obs_value": (form.rule, one.front.verb),
            "comparator": (rule, ""),
            "transformation": (form.rule, one.front.verb + one.front.reached),
            "kind": (sort.rule, scope.words),
            "time_period": (period_rule, scope.words),
        }
        return rate(row)

    def _price(self, one: Quantity, words: str) -> str:
        return "real" if re.search(r"可比价|不变价|实际增长", one.segment) else ""

    def _rank(self, one: Quantity) -> re.Match[str] | None:
        segment = one.segment
        if one.form == "rank":
            return _RANK_FRONT.search(segment) or re.search("$", segment)
        if not one.tail.unit or one.tail.printed in ("位", "名"):
            if segment.endswith("第"):
                return _RANK_FRONT.search(segment) or _FROM.search(segment) or re.search("第$", segment)
            if re.search(r"(?:居|列|排)[^，。；、]{0,8}前$", segment):
                return _RANK_FRONT.search(segment)
        return None

    def _unit(self, one: Quantity, transformation: str, rank: re.Match[str] | None, row: Proposal) -> str:
        unit = one.unit
        if rank is not None or transformation == "rank":
            return "位"
        if one.form == "multiple":
            return "倍"
        if one.form == "doubling":
            return "番"
        if one.form == "tenth":
            return "成"
        if one.form == "percent":
            return "%"
        if one.form == "size" and not one.tail.printed and "亿" in unit:
            row.doubts.append("size")
            return unit + "元"
        if one.form == "size":
            row.doubts.append("size")
            return re.sub("^方$", "立方米", unit)
        if one.ratio > 2:
            return "%"
        if one.form == "count" and one.behind[:1] == "大" and not unit:
            return "个"
        if not unit:
            row.doubts.append("ratio" if one.ratio else "no_unit")
        return unit

    def _comparator(self, one: Quantity, found: Sequence[Quantity], index: int) -> tuple[str, str]:
        if one.tail.bound:
            return one.tail.bound, "behind"
        bound = one.front.bound or front_bound(one.segment)
        if bound:
            return bound, "front"
        for later in found[index + 1 :]:
            if later.place <= one.place or not later.place:
                break
            if later.tail.bound and one.stated:
                return later.tail.bound, "shared"
        if one.form == "size":
            return "ge", "size"
        if _STEPS.match(one.behind):
            return "ge", "step"
        return "", "bare"

    # What it measures

    def _name(
        self,
        one: Quantity,
        found: Sequence[Quantity],
        index: int,
        state: _State,
        row: Proposal,
        rank: re.Match[str] | None,
        sentence: Sentence,
    ) -> str:
        if one.place and (state.names or one.ratio > 2):
            name = state.names[one.place] if one.place < len(state.names) else (state.names or [state.carried])[-1]
            row.why["indicator_phrase"] = ("list", "")
            if one.place >= len(state.names):
                row.doubts.append("list_unpaired")
            return self._placed(name, state, row, keep=True)
        core = one.front.core
        if rank is not None:
            core = names.cleaned(one.segment[: rank.start()])
            core = re.sub(r"(?:均|双双|也|都|已|仍|稳|规模)+$", "", core)
            core = core if not names.is_verbal(core) else ""
        length = 1 + sum(1 for later in self._run(found, index))
        listed = one.stated or length > 1
        if listed and length > 1:
            words = names.cleaned(core)
            parts = names.listed_names(words, length) if words and not names.is_verbal(core) else []
            if (
                not parts
                and len(state.names) == length
                and (not words or words in ("增速", "占比", "增幅", "排名", "年均增速") or names.is_verbal(core))
            ):
                parts = state.names
            if not parts and not words:
                parts = names.listed_names(names.cleaned(self._lead(one)), length)
            if not parts:
                row.doubts.append("list_unpaired")
                parts = [words or state.carried] * length
            state.names = parts
            state.carried = parts[-1]
            row.why["indicator_phrase"] = ("list", words)
            return self._placed(parts[0], state, row)
        name, rule = self._single(one, core, state, row, sentence)
        row.why["indicator_phrase"] = (rule, "")
        state.names = [name]
        return self._placed(name, state, row, keep=rule in ("carried", "share_of"))

    def _run(self, found: Sequence[Quantity], index: int) -> Iterator[Quantity]:
        for later in found[index + 1 :]:
            if not later.place:
                return
            yield later

    def _lead(self, one: Quantity) -> str:
        return re.split(r"[，；:（]", one.lead)[-1]

    def _single(self, one: Quantity, core: str, state: _State, row: Proposal, sentence: Sentence) -> tuple[str, str]:
        front = one.front
        if one.ratio > 2:
            parts = names.listed_names(core, 3)
            if not parts:
                parts = (
                    [f"第{i}产业比重" for i in "一二三"]
                    if "产业" in core or "结构" in core
                    else [names.cleaned(core)] * 3
                )
            state.names = [
                re.sub("(?:结构|比例|占比)$", "", part) + ("比重" if part.endswith("产业") else "") for part in parts
            ]
            return state.names[0], "ratio"
        if re.match(r"占(?!地|补)", core) or (front.reached.startswith("占") and not core):
            whole = core if core.startswith("占") else "占比"
            row.doubts.append("carried")
            return names.balanced((state.carried or names.cleaned(self._lead(one))) + whole), "share_of"
        counted = one.tail.classifier or one.form == "count" or (one.form == "size")
        behind = one.behind
        if one.form == "size" and not one.tail.printed:
            behind = behind.removeprefix("级")
        if one.form == "count" and behind[:1] == "大":
            behind = behind[1:]
        noun = names.noun_behind(behind, counted) if not (front.change or front.gap) or counted else ""
        if one.unit in ("%", "成") and behind.startswith("的") and names.is_verbal(core):
            noun = names.cleaned(re.split(r"[，。；、（]", behind[1:])[0])
            return noun[:24] + "比例", "behind"
        verbal = names.is_verbal(core)
        flow = names.flow_verb(core)
        if noun and (verbal or counted) and len(noun) >= 2:
            lead = (
                flow
                if flow and flow not in ("实施", "打造", "推进", "完成", "建设", "支持", "落实", "优化", "服务", "开展")
                else ""
            )
            state.carried = noun
            if len(noun) > 22:
                row.doubts.append("long_name")
            if not verbal and len(core) > 3 and not flow:
                row.doubts.append("verb_in_name")
            return lead + noun, "behind"
        if verbal:
            base, rule = state.carried, "carried"
            if not base:
                base, rule = self._far(one, sentence), "carried_far"
            row.doubts.append(rule if base else "no_name")
            if flow and not front.change:
                row.doubts.append("flow_carried")
                if not base.startswith(flow):
                    return (flow + base if len(base) else flow), rule
            return base, rule
        name = names.cleaned(core)
        if front.rate_noun and not name:
            name = state.carried
        state.carried = name
        if len(name) > 24:
            row.doubts.append("long_name")
        if len(name) < 2:
            row.doubts.append("short_name")
        return name, "front"

    def _far(self, one: Quantity, sentence: Sentence) -> str:
        """A name from the clause before, or from the line above where the number opens its line."""
        lead = self._lead(one)
        if lead.strip():
            return re.split(
                r"(?:持续|不断|进一步|稳步|大幅|显著|明显|全面|加快|实现|取得|再|超额|首次|历史性)", names.cleaned(lead)
            )[0][:24]
        text = self.folded.text
        first = text.rfind("\n", 0, one.start) + 1
        if _HEAD_OF_LINE.fullmatch(text[first : one.start]):
            above = text[max(0, first - 60) : first].rstrip().rsplit("\n", 1)[-1]
            if above and above[-1] not in "。；！？" and len(above) <= 40:
                return names.cleaned(re.sub(r"^[\s\-▲•●>#*\d.、]+", "", re.split("[，；:]", above.rstrip("，:："))[-1]))
        return ""

    def _placed(self, name: str, state: _State, row: Proposal, keep: bool = False) -> str:
        area, rest, rule = split_area(name, self.area)
        if rule == "default" and keep and state.carried_area[0]:
            area, rule = state.carried_area[0], "carried"
        if rule in ("place", "nation"):
            row.doubts.append("places" if "、" in area or len(area) > 5 else "place")
            state.carried_area = (area, rule)
        elif rule == "own" or not keep:
            state.carried_area = ("", "")
        row.cells["_area"] = area
        row.why["ref_area_name"] = (rule, area if rule != "default" else "")
        if rule in ("place", "nation", "own") and state.carried == name:
            state.carried = rest
        return rest

    # When

    def _period_in(self, sentence: Sentence, one: Quantity) -> Period | None:
        """The nearest period that the sentence names in front of a number and that is no base of comparison."""
        words = self.folded.text
        for period in reversed(sentence.periods):
            end = sentence.start + period.end
            if end > one.start:
                continue
            start = sentence.start + period.start
            if _COMPARED.search(words[max(sentence.start, start - 4) : start]):
                continue
            if re.match(r"以来|起|前|后", words[end : end + 2]) and period.role == "point":
                continue
            from_year = period.role == "point" and words[max(sentence.start, start - 1) : start] in ("从", "由")
            if from_year and not one.front.start_value:
                continue
            return period
        return None

    def _period(
        self, one: Quantity, transformation: str, scope: Scope, name: str, row: Proposal, explicit: Period | None
    ) -> tuple[str, str]:
        rule = "named" if explicit is not None else scope.rule
        if not scope.code:
            row.doubts.append("no_period")
            return "undated", "nothing"
        if one.front.start_value and not (
            explicit is not None
            and explicit.role == "point"
            and explicit.end <= one.start - 1
            and "年" in explicit.words
            and not scope.stretch
            and explicit.words[:2] == "20"
        ):
            first = scope.first - 1
            return str(first), "start_value"
        if not scope.stretch or scope.first == scope.last:
            return scope.code, rule
        if transformation in ("avg_annual", "cumulative"):
            return scope.code, rule
        if transformation in ("rank", "share", "difference_pp", "difference", "ratio_to_base", "contribution"):
            return str(scope.last), "stretch_end"
        if transformation == "increase_multiple":
            return scope.code, rule
        flow = (
            names.flow_verb(one.front.core)
            or names.starts_with_flow(name)
            or "累计" in one.front.adverbs + one.front.core
        )
        state = one.front.to or re.search(r"达|至|突破|超|稳定|保持|控制|居|为|近$", one.front.reached)
        if flow and not (state and not names.starts_with_flow(name) and "累计" not in one.segment):
            row.doubts.append("stretch_flow")
            return scope.code, "stretch_flow"
        row.doubts.append("stretch_level")
        return str(scope.last), "stretch_end"


def plain(value: object) -> str:
    """A decimal number in text form, without exponent.

    >>> from decimal import Decimal
    >>> plain(Decimal("5.50")), plain(Decimal("1E+3"))
    ('5.50', '1000')
    """
    return format(value, "f")
