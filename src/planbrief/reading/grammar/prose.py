"""The grammar of Chinese statistical prose: a text → one proposed row for each of its numerals."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from planbrief.reading.decisions import CELLS, Proposal, rate
from planbrief.reading.grammar import names
from planbrief.reading.grammar.changes import change, kind, signed
from planbrief.reading.grammar.clauses import STEPS, Quantity, quantities
from planbrief.reading.grammar.names import document_area, published_date
from planbrief.reading.grammar.numerals import (
    Exclusion,
    Numeral,
    Surroundings,
    exclusion,
    front_bound,
    numeral_at,
    numerals,
)
from planbrief.reading.grammar.scopes import Clock, Period, Scope, Sentence, plan_start, sentences
from planbrief.reading.grammar.subjects import Said, doubts_around, subject
from planbrief.reading.grammar.wordlists import Folded, fold, pattern

_COMPARED = re.compile(r"(?:比|较|与|同|相比|自|对比|[快慢高低优好]于|超过|领先)[“]?$")
_RANK_FRONT = pattern("rank_front")
_FROM = re.compile(r"[从由自](?P<place>[^，。；、]{0,8}?)第?$")
#: Openings of a sentence that goes on about what the one before measured.
_GOES_ON = re.compile(
    r"\s*(?:(?P<later>到20\d\d年)[底末]?，(?:力争|努力|确保|争取|预计)*(?:[达增]到?|突破|超过)|其中|同比|比上年|增速|增幅|[分逐][季月]度?看|分[一-龥]{1,6}看|按[一-龥]{1,6}分[，,])"
)
#: Names of what adds up over years (新增就业, 完成投资), and units of what happens (件, 场).
_ADDED_UP = re.compile(r"新增|新建|新设|净增|(?:投资|投入|支出|资金|成交价|减税|降费|补贴|补助)$")
_EVENTS = frozenset("次 件 场 场次 届 起 例 批次 人次".split())
#: Longest piece of news, in characters: in it what has no time is of the month it was published in, but for the first
#: months of a year, in which news looks back on the year before.
_NEWS = 12_000
#: What a rank or a difference refers to, among the words of its place.
_AGAINST = re.compile(r"(?:[全我]国|国内|全球|世界|全省|全市|全区|亚洲|西部|中部|东部|东北)")
_UNIT_OF_FORM = {"scheme": "个", "multiple": "倍", "doubling": "番", "tenth": "成"}


class Grammar:
    """Reads one text; ``area`` and ``published`` (ISO date) come from the caller or from the text's first lines."""

    def __init__(self, text: str, area: str = "", published: str = "") -> None:
        self.text = text
        self.folded: Folded = fold(text)
        head = self.folded.text[:2000]
        self.area = area or document_area(head)[0]
        self.published = published or published_date(head)
        self.clock = Clock(self.published or plan_start(head))
        self.planned = (
            any(pattern("plan_title").search(line) for line in head.split("\n")[:20])
            and "政府工作报告" not in head[:600]
        )
        # Only news is of the month it came out in: reports and communiqués speak of the year in their title.
        news = not self.planned and not re.search(r"政府工作报告|公报|统计(?!局[^\n])|纲要", head[:600])
        self._news = bool(news and self.clock.month and len(text) < _NEWS)
        # What 5+2+3 adds up is told as 5大主导产业 elsewhere in the text, perhaps after the code.
        self._counted_big = frozenset(re.findall(r"(\d{1,2})(?=大[一-龥]{2,6}产业)", self.folded.text))
        self._forced: set[int] = set()
        self._carried = ""
        #: By the start of a line, the last period over that its sentences named: in news what follows is of it too.
        self._told: dict[int, str] = {}
        #: What a piece of news is about where its headline names a part of a year: the first such period in its text.
        self._reported = "" if self._news and pattern("reported").search(head.lstrip().split("\n")[0]) else None
        self._surroundings = Surroundings(self.folded.text)

    def rows(self, skip: Sequence[tuple[int, int]] = (), forced: Sequence[tuple[int, int]] = ()) -> list[Proposal]:
        """Rows for all numerals outside the spans `skip` (offsets of the document: tables that are read apart).

        Spans in ``forced`` are quantities whatever stands around them.
        """
        found = [one for one in numerals(self.folded.text) if not self._inside(one, skip) and not self._is_spelt(one)]
        found = self._with_forced(found, forced, skip)
        starts = [one.start for one in found]
        rows: list[Proposal] = []
        for sentence in sentences(self.folded.text, self.clock):
            low, high = bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)
            if low < high:
                rows += self._sentence(sentence, found[low:high])
        return sorted(rows, key=lambda row: (row.start, row.part))

    def _is_spelt(self, one: Numeral) -> bool:
        """A year in characters (二〇二五年), which the folded text has in digits: it dates, and states nothing."""
        return one.form == "digits" and not self.text[self.folded.start(one.start)].isdigit()

    def _inside(self, one: Numeral, skip: Sequence[tuple[int, int]]) -> bool:
        if not skip:
            return False
        start = self.folded.start(one.start)
        index = bisect_left(skip, (start + 1,)) - 1
        return index >= 0 and start < skip[index][1]

    def _with_forced(
        self, found: list[Numeral], forced: Sequence[tuple[int, int]], skip: Sequence[tuple[int, int]]
    ) -> list[Numeral]:
        self._forced = {self.folded.position(start) for start, _ in forced}
        if not forced:
            return found
        text = self.folded.text
        known = {position for one in found for position in range(one.start, one.end)}
        for start, end in forced:
            first = self.folded.position(start)
            one = numeral_at(text, first, self.folded.position(end))
            if one is not None and first not in known and not self._inside(one, skip):
                found.append(one)
        return sorted(found, key=lambda one: one.start)

    def _sentence(self, sentence: Sentence, found: Sequence[Numeral]) -> Iterator[Proposal]:
        stated: list[Numeral] = []
        for one in found:
            reason = exclusion(self._surroundings, one.start, one.end) if one.form == "digits" else None
            forced = one.start in self._forced
            # A forced number is an observation of the data already: no rule of exclusion speaks against it.
            if not forced and self._is_slogan(one):
                continue
            if reason is not None and reason.rule == "sum" and self._is_explained(one):
                stated.append(replace(one, form="scheme"))
            elif forced or reason is None:
                stated.append(one)
            else:
                yield self._excluded(one, reason)
        text = self.folded.text
        found_here, bases = quantities(text, sentence.start, sentence.end, stated)
        for base in bases:
            yield self._excluded(base, Exclusion("other", "ratio_base", 0.85))
        words = text[sentence.start : sentence.end]
        # A name is carried into the next sentence only where that opens like one that goes on (其中, 同比, 按…分):
        # everything else names its own, and a name from far is the most frequent wrong one.
        said = Said(self._carried if _GOES_ON.match(words) else "")
        said.before = self._carried if text[sentence.start - 1 : sentence.start] == "；" else ""
        for index, quantity in enumerate(found_here):
            yield self._observed(sentence, words, quantity, found_here, index, said)
        self._carried = said.carried or self._carried

    def _zone_of(self, start: int) -> str:
        """The zone that the paragraph in front of a sentence is about: 高标准建设某某高新区。"""
        line = self.folded.text[self._line(start) : start]
        found = list(pattern("zone_told").finditer(line))
        return found[-1]["zone"] if found and not re.search("全[省市区]|我[省市区]", line[found[-1].end() :]) else ""

    def _is_negative(self, one: Quantity) -> bool:
        """A minus sign in front of a number that is no dash between two numbers or names."""
        before = self.folded.text[max(0, one.start - 3) : one.start]
        return bool(re.search(r"[为是的率达至到，:（长速幅]\s*[-−—]$|[、和及]\s*[-−]$|[为是率长]负$", before))

    def _line(self, position: int) -> int:
        """Where the line that a position lies in begins."""
        return self.folded.text.rfind("\n", 0, position) + 1

    def _line_head(self, position: int) -> str:
        """The first characters of the line that a position lies in."""
        first = self._line(position)
        return self.folded.text[first : first + 24]

    def _is_explained(self, one: Numeral) -> bool:
        """A part of a code that the text explains as counts: 5+2+3 beside 5大主导产业, 2大优势产业, 3大支撑产业."""
        text = self.folded.text
        code = pattern("code_of_sums").search(text, max(0, one.start - 8), one.end + 8)
        if code is None or not code.start() <= one.start < code.end():
            return False
        if re.match("”大[一-龥]{2}", text[code.end() : code.end() + 4]):
            return True
        return all(part in self._counted_big for part in code[0].split("+"))

    def _is_slogan(self, one: Numeral) -> bool:
        """A count in characters that opens a short phrase in quotation marks: “两个毫不动摇”.

        Things of a kind (“十大工程”, “四类地区”) are counted all the same.
        """
        if one.form != "count" or self.folded.text[one.end : one.end + 1] in ("大", "类", "项", "条"):
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
        self, sentence: Sentence, words: str, one: Quantity, found: Sequence[Quantity], index: int, said: Said
    ) -> Proposal:
        before = found[index - 1] if index else None
        after = found[index + 1] if index + 1 < len(found) else None
        # 二个千亿级 is one span of the data with two rows: 2 clusters, and their size class.
        first, last, part = one.start, one.end, 0
        if _is_class(one, after) and after is not None:
            last = after.end
        elif before is not None and _is_class(before, one):
            first, part = before.start, 1
        start, end = self.folded.start(first), self.folded.end(last)
        row = Proposal(start, end, self.text[start:end], doubts=list(one.doubts), part=part)
        rank = self._rank(one)
        of = subject(self.folded.text, self.area, found, index, said, None if rank is None else rank.start())
        row.doubts += of.doubts
        name = of.name
        if of.rule == "carried" and not index and (later := _GOES_ON.match(words)) is not None and later["later"]:
            row.doubts.append("carried_far")
        # When: a period in the sentence before one of opening, paragraph or section; the base of a change is none.
        explicit = self._period_in(sentence, one)
        since = self._since(sentence, one)
        scope = self.clock.scope(explicit, "named") if explicit is not None else sentence.scope
        # 到2030年增长30%, said in 2026, is growth over the years until then.
        distant = scope.end and scope.last - self.clock.year >= 2
        form = change(one, name, rank is not None, scope.stretch or distant, of.noun)
        # 年均 is said once for a list: 年均分别增长5%、6%.
        if said.average and form.transformation in ("cumulative", "yoy") and "同比" not in one.segment:
            form = form._replace(transformation="avg_annual", rule="average_carried")
        said.average = form.transformation == "avg_annual" or (said.average and one.place > 0)
        # 增长5%，力争6%: a bare percentage behind growth of the same name is growth again, not a share.
        goes_on = (
            form.transformation == "share"
            and form.doubt != "percent_gap"
            and of.rule == "carried"
            and (one.front.to or one.front.reached or one.segment in ("力争", one.front.adverbs))
        )
        if goes_on and said.form in ("yoy", "avg_annual") and not re.search("率|占|比重|强度", name):
            narrowed = re.match("收窄|扩大|缩小|回落", one.front.verb) and said.sign < 0
            form = form._replace(transformation=said.form, rule="form_carried", sign=-1 if narrowed else form.sign)
        # 较2020年增长30%: growth since a named year is over the years since, and of one year if that is all.
        base = since if since and not one.front.start_value else 0
        if form.transformation == "cumulative" and base and base + 1 == scope.last:
            form = form._replace(transformation="yoy", rule="growth")
        elif said.since and not base and "同比" not in one.segment and "上年" not in one.segment:
            beside = form.transformation in ("yoy", "cumulative") and one.mark == "、"
            form = form._replace(transformation="cumulative", rule="base_carried") if beside else form
            base = said.since if beside or form.transformation == "avg_annual" else 0
        # 增长5%、力争6%: two aims for one fact, of which the data holds one until a person says which.
        alike = before is not None and (before.unit, said.form) == (one.unit, form.transformation)
        if alike and pattern("further").match(one.segment) and name == said.recent[-2]:
            row.doubts.append("second_aim")
        # Kept for the next number of the sentence, which may leave out what this one said.
        fell = said.sign < 0 and said.form in ("yoy", "avg_annual", "cumulative")
        said.since, since = base if base < scope.last - 1 else 0, since or base
        said.form, said.sign = form.transformation, form.sign
        if form.transformation == "difference_pp" and one.front.verb in ("收窄", "扩大") and not one.front.core:
            # 下降4.6%，较上年收窄8.2个百分点: what narrows is the fall told before.
            form = form._replace(sign=-form.sign, rule="fall") if fell and form.rule != "fall" else form
        if form.doubt:
            row.doubts.append(form.doubt)
        comparator, rule = self._comparator(one, found, index)
        if one.upper is not None:
            comparator = "range"
        sign = -1 if one.upper is None and self._is_negative(one) else form.sign
        value, comparator = signed(one.value, sign, comparator)
        upper = one.upper
        if upper is not None and form.sign < 0:
            value, upper = -upper, value
        period, period_rule = self._period(one, form.transformation, scope, name, row, explicit, said)
        if since and one.front.start_value and not (scope.first == since and "-" in scope.code):
            period, period_rule = str(since), "start_value"
        elif since and form.transformation in ("avg_annual", "cumulative") and since < scope.last:
            period, period_rule = f"{since + 1}/{scope.last}", "years_to_end"
        topic = words[: one.start - sentence.start]
        level = form.transformation in ("level", "difference")
        # Under a head of tasks alone, a plan's number is no target before a word of aiming says so.
        aimless = self.planned and not scope.code and scope.tense == "future" and "目标" not in scope.words
        tense = "" if aimless else scope.tense
        forecast = re.match(r"[^。\n]{0,16}预测", self._line_head(sentence.start)) or "预测" in sentence.head
        told = "预测" if forecast else ""
        sort = kind(one, name, told + words, told + topic + one.segment, tense, self.planned, level)
        if one.front.start_value:
            sort = sort._replace(kind="actual", rule="start_value")
            row.doubts.append("from_value")
        if sort.doubt:
            row.doubts.append(sort.doubt)
        unit = self._unit(one, form.transformation, rank, row, name)
        # 用户突破1亿: 亿 without a unit is read as money, unless the name counts people.
        if (
            not one.tail.printed
            and unit in ("亿元", "万亿元")
            and re.search("用户|人口|人数|访问|粉丝|观众|下载", name)
        ):
            unit = unit.removesuffix("元")
        if re.fullmatch("[万亿]+", unit) and re.search("人数|人才|人口|人员|游客$", name):
            unit += "人"
        elif re.fullmatch("[十百千万亿]+", unit):
            row.doubts.append("no_unit")
        row.doubts += doubts_around(found, index, topic, self.area, of)
        zone = of.area_rule == "default" and self._news and self._zone_of(sentence.start)
        if zone:
            row.doubts.append("joint_area")
        place = (rank["place"] if rank is not None and "place" in rank.groupdict() else "") or ""
        # A rank or difference needs the area it is among; two ranks of a sentence may share the first one's.
        against = _AGAINST.findall(place + one.segment[-14:] if rank is not None else one.front.counterpart)
        paired = rank is None and len(against) == one.length > one.place
        compared = re.sub("[我]国|国内", "全国", against[one.place if paired else 0]) if against else ""
        if rank is not None:
            compared = compared or (said.against if of.rule == "carried" else "")
            said.against = compared
            if not compared:
                row.doubts.append("rank_of")
            if pattern("from_below").search(one.segment):
                row.doubts.append("from_below")
        row.cells = dict.fromkeys(CELLS, "") | {
            "indicator_phrase": name,
            "ref_area_name": zone or (sentence.area if of.area_rule == "default" else "") or of.area or self.area,
            "obs_value": f"{value:f}",
            "upper_value": "" if upper is None else f"{upper:f}",
            "unit_measure": unit,
            "time_period": period,
            "kind": sort.kind,
            "comparator": comparator or "eq",
            "transformation": form.transformation,
            "counterpart_area": compared,
            "price_base": "real" if re.search("可比价|不变价|实际增长", one.segment) else "",
        }
        row.why |= {
            "indicator_phrase": (of.rule, ""),
            "ref_area_name": (of.area_rule, of.area),
            "obs_value": (form.rule, one.front.verb),
            "comparator": (rule, ""),
            "transformation": (form.rule, one.front.verb + one.front.reached),
            "kind": (sort.rule, scope.words),
            "time_period": (period_rule, scope.words),
        }
        return rate(row)

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

    def _unit(self, one: Quantity, transformation: str, rank: re.Match[str] | None, row: Proposal, name: str) -> str:
        unit = one.unit
        if rank is not None or transformation == "rank":
            return "位"
        if unit == "位":
            return "位" if re.search("排名|位次|名次", one.segment) else "人"
        if one.form in _UNIT_OF_FORM:
            return _UNIT_OF_FORM[one.form]
        if one.form == "size":
            reached = one.front.bound and one.front.core and one.tail.printed and one.mark and one.behind[:1] != "的"
            row.doubts.append("size_reached" if reached else "size")
            if not one.tail.printed and unit.endswith("亿"):
                return unit + "元"
            return re.sub("^方$", "立方米", unit)
        if one.ratio > 2:
            return "%" if one.whole else "份"
        if not unit and pattern("counted_big").match(one.behind):
            return "个"
        if not unit:
            row.doubts.append("ratio" if one.ratio or re.search("(?:比值?|倍差)$", name) else "no_unit")
        return unit

    def _comparator(self, one: Quantity, found: Sequence[Quantity], index: int) -> tuple[str, str]:
        if one.width:
            return "", "bare"
        if one.tail.bound:
            return one.tail.bound, "behind"
        # 以上 behind the last of a list that 分别 pairs covers all of it (分别增长10%、35%以上), else its own number.
        bound = one.front.bound or front_bound(one.segment)
        if bound:
            return bound, "front"
        if one.unit in ("%", "成") and (of_noun := pattern("bound_noun").search(one.segment)) is not None:
            return front_bound(of_noun["bound"]), "front"
        for later in found[index + 1 :]:
            if later.place <= one.place or not later.place:
                break
            if later.tail.bound and one.stated:
                return later.tail.bound, "shared"
        if one.form == "size":
            return "ge", "size"
        if re.match(STEPS, one.behind):
            return "ge", "step"
        return "", "bare"

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
            # 是2020年的2倍, 占2025年的30%: the year is what is compared with, not when.
            if one.unit == "倍" and re.match("(?:时期|期间|[年期]?[末底])?的", words[end : end + 4]):
                continue
            part_of = one.unit in ("%", "成") and pattern("part_of").search(words, max(0, start - 4), one.start)
            if part_of or pattern("times_of").match(words, end):
                continue
            # 2012年以来 dates the start of a record; 去年以来 is told of the time up to now.
            since = re.match(r"以来|起|前|后", words[end : end + 2]) and period.role == "point"
            if since and period.words not in ("去年", "今年"):
                continue
            if pattern("fulfilled").match(words[end : one.start]):
                continue
            from_year = period.role in ("point", "end") and words[max(sentence.start, start - 1) : start] in (
                "从",
                "由",
            )
            if from_year and not one.front.start_value:
                continue
            return period
        return None

    def _since(self, sentence: Sentence, one: Quantity) -> int:
        """The year from which a change is told (从2020年的…增长到2025年的…, 较2020年, 是2020年的2倍); 0 if none."""
        words = self.folded.text
        for period in reversed(sentence.periods):
            start = sentence.start + period.start
            own = one.start - len(one.segment) <= start < one.start and period.role in ("point", "end")
            compared = words[max(sentence.start, start - 2) : start].rstrip("“")[-1:] in ("较", "比", "是")
            if own and compared and (one.unit == "倍" or words[start - 1] != "是"):
                return period.last
            if (
                start < one.start
                and period.role in ("point", "end")
                and words[max(sentence.start, start - 1) : start] in ("从", "由")
            ):
                return period.first
        return 0

    def _period(
        self,
        one: Quantity,
        transformation: str,
        scope: Scope,
        name: str,
        row: Proposal,
        explicit: Period | None,
        said: Said,
    ) -> tuple[str, str]:
        rule = "named" if explicit is not None else scope.rule
        told = self._told.get(self._line(one.start)) or self._reported
        # News leaves the time out: it is of the period its paragraph or headline names, else of its own month (in
        # January and February it looks back on the year before, so no month is guessed then).
        if not scope.code and self._news and told and scope.tense != "future":
            row.doubts.append("no_time")
            return told, "paragraph"
        if not scope.code and self._news and self.clock.month > 2 and scope.tense != "future":
            row.doubts.append("no_time")
            return self.published[:7], "published"
        if explicit is not None and scope.tense == "past":
            self._told[self._line(one.start)] = scope.code
            if self._reported == "" and re.search("/|-[HQ]", scope.code):
                self._reported = scope.code
        if not scope.code:
            row.doubts.append("no_period" if self.planned else "no_time")
            return "undated", "nothing"
        dated = explicit is not None and explicit.end <= one.start - 1 and not scope.stretch
        dated = dated and bool(re.match("20.*年|[上下]半年|前?[一二三四两]季|.*月", scope.words))
        if one.front.start_value and not dated:
            first = scope.first - 1
            return str(first), "start_value"
        # An average up to the end of a five-year plan is over the plan: 到2030年年均增长5% is 2026/2030.
        yearly = bool(re.search("年均(?!浓度|气温|降)", one.segment))
        to_end = scope.end and (yearly or transformation in ("avg_annual", "cumulative"))
        if to_end and scope.last % 5 == 0 and (not self.clock.year or 0 <= scope.last - self.clock.year <= 5):
            return f"{scope.last - 4}/{scope.last}", "years_to_end"
        if one.mark == "（" and re.search("(?:年度|全年)[^，。；]{0,6}目标$", one.lead):
            return str(scope.last), rule
        if not scope.stretch or scope.first == scope.last:
            return scope.code, rule
        # Over a stretch of years: changes and what is added up belong to all of it, states and places to its end.
        net = transformation == "difference" and one.front.verb in ("净增", "净减", "多增")
        if yearly or net or transformation == "contribution":
            return scope.code, "stretch_flow"
        if transformation in ("avg_annual", "cumulative"):
            return scope.code, rule
        if transformation in ("rank", "share", "difference_pp", "difference", "ratio_to_base"):
            return str(scope.last), "stretch_end"
        if transformation == "increase_multiple":
            return scope.code, rule
        # 五年新增10万套…累计达30万套: the total behind what was added is a level at the end.
        total = one.front.to or re.search("[达至超破]", one.front.reached)
        if total and f"新增{name}" in said.recent:
            return str(scope.last), "stretch_end"
        flow = (
            one.width
            or names.flow_verb(one.front.core)
            or names.starts_with_flow(name)
            or re.search("追回|处置|化解|挽回|兑付|压减|节约|减排|削减|^完成", one.segment)
            or pattern("happened_once").match(one.behind)
            or (not one.front.reached and _ADDED_UP.search(name))
            or (one.tail.printed in _EVENTS and not one.front.reached)
            or (said.flow and one.mark == "、" and not one.front.reached)
            or "累计" in one.front.adverbs + one.front.core
        )
        said.flow = bool(flow)
        state = one.front.to or re.search(r"达|至|突破|超|稳定|保持|控制|居|为|近$", one.front.reached)
        placed = pattern("placed").search(name) or one.width
        if (flow and not (state and not names.starts_with_flow(name) and "累计" not in one.segment)) or placed:
            row.doubts.append("stretch_flow")
            return scope.code, "stretch_flow"
        row.doubts.append("stretch_level")
        return str(scope.last), "stretch_end"


def _is_class(one: Quantity, after: Quantity | None) -> bool:
    """A count in characters and the size class behind it share one span: 二个千亿级."""
    return after is not None and one.form == "count" and after.form == "size" and after.start == one.tail.end
