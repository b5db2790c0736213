"""Tables of indicators: row heads name, column heads date, brackets and stars say what form a value has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from planbrief.reading.canonical import Cell, PrintedTable
from planbrief.reading.decisions import CELLS, Proposal, rate
from planbrief.reading.grammar import names
from planbrief.reading.grammar.names import split_area
from planbrief.reading.grammar.numerals import (
    BOUNDS_BEHIND,
    CLASSIFIERS,
    MEASURES,
    Exclusion,
    Surroundings,
    canonical_unit,
    exclusion,
    front_bound,
    number,
)
from planbrief.reading.grammar.scopes import Clock, Period, periods
from planbrief.reading.grammar.wordlists import any_of, fold, pattern
from planbrief.reading.tables.placing import says_value
from planbrief.targets.wording import TOKEN

_UNIT = re.compile(rf"(?:单位[:：]?)?(?P<unit>[十百千万亿]*{any_of(MEASURES | CLASSIFIERS)}(?:/[一-龥a-zA-Z³²]+)?)")
_BRACKETED = re.compile(r"[（(〔\[](?P<inside>[^（）()〔〕\[\]]*)[）)〕\]]")
#: A cell that is a value: bounds, sign, number or range, unit, bound.
_VALUE = pattern("cell_value")
#: A value and, in brackets beside it, the one over the whole stretch: 62.5〔1.5〕.
_PARTS = re.compile(r"[〔\[【][^〕\]】]*[〕\]】]|[^〔\[【]+")
#: Heads of columns that say of which part of the area the rows are told.
_SCOPE = re.compile("全[国省市区县]|城市|农村|城镇|乡村")
_UNIT_HEADS = ("单位", "计量单位")
_RATE = re.compile(r"增速|增长率?|涨幅|增幅|上涨|提高（%）|下降率?|降低率?|降幅")
_PRICE = re.compile(r"按\s*(?P<year>20\d\d)\s*年(?:不变|可比)?价格?|(?P<current>当年价|现价)")


@dataclass
class _Head:
    """What the heads of a row or column say."""

    words: str = ""
    name: str = ""
    unit: str = ""
    period: Period | None = None
    rate: str = ""
    star: bool = False
    attribute: bool = False
    index: bool = False


@dataclass
class TableReader:
    """Reads one table of a text; ``area`` and ``clock`` are those of the document, ``planned`` for a plan's tables."""

    text: str
    table: PrintedTable
    area: str
    clock: Clock
    planned: bool = False
    _measures: dict[str, str] = field(default_factory=dict)
    _heads: list[_Head] = field(default_factory=list)

    def rows(self) -> Iterator[Proposal]:
        """Rows for the numerals of the table, except for cells of running text (see ``prose``)."""
        said = re.findall(r"([^，。；：:\s]{2,60})为([^，。；]{2,24}?)(?:数据)?(?=[；。，]|$)", self.table.notes)
        self._measures = {name: measure for several, measure in said for name in several.split("、")}
        columns = self._columns()
        for cell in sorted(self.table.cells, key=lambda one: (one.start, one.end)):
            if cell.end > cell.start and not self._is_prose(cell):
                yield from self._cell(cell, columns)

    def prose(self) -> list[tuple[int, int]]:
        """Spans of body cells that hold sentences: they are read by the grammar of prose."""
        return [(cell.start, cell.end) for cell in self.table.cells if self._is_prose(cell)]

    def _columns(self) -> list[_Head]:
        if not self._heads:
            every = range(self.table.columns)
            self._heads = [self._head(" ".join(self.table.column_heads(at, self.text))) for at in every]
        return self._heads

    @cached_property
    def _valued_columns(self) -> set[int]:
        return {cell.column for cell in self.table.cells if says_value(cell.text_in(self.text))}

    def _is_head(self, cell: Cell) -> bool:
        return cell.header or self.table.is_head(cell.row)

    def _is_prose(self, cell: Cell) -> bool:
        if self.table.group_cell(cell.row) is cell:
            return True
        if self._is_head(cell) or cell.column < self.table.row_heads:
            return False
        if self._columns()[cell.column].words.replace(" ", "") in _UNIT_HEADS:
            return False
        words = fold(self.text[cell.start : cell.end]).text
        parts = [part[0] for part in _PARTS.finditer(words)]
        valued = any(_VALUE.fullmatch(part) for part in parts)
        return not valued and len(re.findall("[一-龥]", words)) >= 4

    def _head(self, words: str) -> _Head:
        plain = fold(words).text
        result = _Head(words=plain.strip(), star=bool(re.search(r"[*＊]", plain)))
        found = list(periods(plain, self.clock.year, 0, self.clock.month))
        # 比2020年增减 is headed by the year it is told of, not by its base; a base alone is better than nothing.
        found = [one for one in found if not re.search("[比较]“?$", plain[: one.start])] or found
        result.period = found[-1] if found else None
        result.index = bool(pattern("index_head").fullmatch(re.sub(r"\s", "", plain)))
        result.attribute = bool(pattern("attribute_head").search(plain)) and not found
        if re.search(r"年均|平均", plain):
            result.rate = "avg_annual"
        elif re.search(r"累计|五年", plain):
            result.rate = "cumulative"
        elif _RATE.search(plain) and (found or re.search("比上年|同比|较上年|^增", plain)):
            result.rate = "yoy"
        name = plain
        for match in _BRACKETED.finditer(plain):
            inside = match["inside"].strip()
            unit = _UNIT.fullmatch(inside)
            if unit or inside == "年":
                result.unit = canonical_unit(unit["unit"]) if unit else inside
                name = name.replace(match[0], "")
        name = pattern("beside_name").sub("", name.strip())
        tail = re.search(r"[，,\s](?P<unit>[十百千万亿]*[一-龥%]{1,5})$", name)
        if not result.unit and tail is not None and (unit := _UNIT.fullmatch(tail["unit"])):
            result.unit, name = canonical_unit(unit["unit"]), name[: tail.start()]
        for one in reversed(found):
            name = name.replace(one.words, "")
        result.name = re.sub(r"^[（(）)年\s]+|[\s:：]+$", "", name).replace(" ", "")
        return result

    def _cell(self, cell: Cell, columns: list[_Head]) -> Iterator[Proposal]:
        words = self.text[cell.start : cell.end]
        folded = fold(words)
        if self._is_head(cell) or cell.column < self.table.row_heads or columns[cell.column].index:
            for token in TOKEN.finditer(folded.text):
                if not words[folded.start(token.start())].isdigit():
                    continue  # a year in characters
                reason = self._head_reason(cell, columns, folded.text, token)
                yield self._excluded(
                    cell.start + folded.start(token.start()), cell.start + folded.end(token.end()), reason
                )
            return
        tokens = list(TOKEN.finditer(folded.text))
        for part in _PARTS.finditer(folded.text):
            match = _VALUE.fullmatch(folded.text, part.start(), part.end())
            if match is None:
                continue
            start, end = match.start("low"), match.end("high") if match["high"] else match.end("low")
            yield self._value(cell, columns, match, cell.start + folded.start(start), cell.start + folded.end(end))
            tokens = [token for token in tokens if not start <= token.start() < end]
        for token in tokens:
            reason = exclusion(Surroundings(folded.text), *token.span()) or Exclusion("other", "table_text", 0.5)
            yield self._excluded(cell.start + folded.start(token.start()), cell.start + folded.end(token.end()), reason)

    def _head_reason(self, cell: Cell, columns: list[_Head], words: str, match: re.Match[str]) -> Exclusion:
        if re.fullmatch(r"(?:19|20)\d\d", match[0]):
            return Exclusion("date", "table_head", 0.98)
        alone = words.strip() == match[0]
        numbered = re.fullmatch(r"\d{1,3}", match[0]) and (alone or re.match(r"\s*\d{1,3}[.、．]", words))
        if not self._is_head(cell) and numbered and (columns[cell.column].index or alone or match.start() < 3):
            return Exclusion("table_row_index", "index", 0.97)
        return exclusion(Surroundings(words), *match.span()) or Exclusion("other", "row_head", 0.6)

    def _excluded(self, start: int, end: int, reason: Exclusion) -> Proposal:
        row = Proposal(start, end, self.text[start:end], "exclusion", reason.reason, confidence=reason.trust)
        row.why["reason"] = (reason.rule, "")
        return rate(row)

    def _value(self, cell: Cell, columns: list[_Head], match: re.Match[str], start: int, end: int) -> Proposal:
        row = Proposal(start, end, self.text[start:end])
        column = columns[cell.column]
        every = [self._head(words) for words in self.table.row_head_texts(cell.row, self.text)]
        heads = [one for one in every if one.name and not one.name.isdigit()]
        head = replace(heads[-1]) if heads else _Head()
        head.period = head.period or next((one.period for one in reversed(every) if one.period is not None), None)
        caption = self._head(self.table.caption)
        name, activity, area = self._name(head, column, row)
        period, last, rule = self._period(head, column, caption, match, row)
        unit = self._unit(head, column, caption, match, cell)
        # 涨跌幅度 in the title says for the whole table: percent, on the year before.
        titled = not unit and re.search("^[^及和与、]*(?:涨跌幅|[涨增]幅|增长速度)", self.table.caption)
        if titled:
            name += "价格" * ("价格" in self.table.caption and "价格" not in name)
            unit, column = "%", replace(column, rate=column.rate or "yoy")
        form = self._form(head, column, name, unit, match)
        low, high = number(match["low"]), number(match["high"]) if match["high"] else None
        # Plans set aims of a level among growths of one column: 134 beside 130 is no growth of 134 %.
        grown = form == "yoy" and column.rate and unit and not titled and not _RATE.search(name)
        if grown and self._near_level(cell, low):
            form = "share" if unit in ("%", "‰") else "level"
            row.doubts.append("growth_column")
        if (form in ("avg_annual", "yoy") and column.rate) or (form in ("avg_annual", "cumulative") and not unit):
            unit = "%"
        if not unit:
            row.doubts.append("no_unit")
        if self.table.cut:
            row.doubts.append("cut_table")
        elif not self.table.header_rows and len(self._valued_columns) > 1:
            row.doubts.append("no_heads")
        negative = match["sign"] in ("-", "－", "−", "–", "—")
        value: Decimal = -low if negative and high is None else low
        # 0.0526 under (%) in a sheet: most likely a part of one whose format was lost.
        if unit == "%" and 0 < low < 1 and low.as_tuple().exponent in (-3, -4, -5):
            row.doubts.append("part_of_one")
        bound = _bound(match["front"] or "") or BOUNDS_BEHIND.get(match["back"] or "") or "eq"
        row.cells = dict.fromkeys(CELLS, "") | {
            "indicator_phrase": name,
            "ref_area_name": area or self.area,
            "obs_value": format(value, "f"),
            "upper_value": "" if high is None else format(high, "f"),
            "unit_measure": unit,
            "time_period": period,
            "kind": self._kind(last, column, name),
            "comparator": bound if high is None else "range",
            "transformation": form,
            "price_base": self._price(unit),
            "activity": activity,
        }
        row.why = {
            "indicator_phrase": ("row_head", head.words),
            "time_period": (rule, column.words),
            "unit_measure": ("head", unit),
            "kind": ("column", column.words),
        }
        return rate(row)

    def _name(self, head: _Head, column: _Head, row: Proposal) -> tuple[str, str, str]:
        """Name, activity and area: from the row, or from column or caption where the row is a place or a branch."""
        name = head.name
        # Rows and columns may both name, date or place; what is neither period nor remark in the column's head names.
        place = self._place(name)
        told = column.period is None or (place and not pattern("head_tells").fullmatch(column.name))
        own_name = column.name if told and not (column.attribute or column.rate) else ""
        if name and not place and _SCOPE.fullmatch(own_name):
            return re.sub("^全.$", "", own_name) + name, "", ""  # prices of the cities and of the country in columns
        if own_name and name and not place and pattern("form_head").fullmatch(own_name):
            own_name = ""
        if name and own_name and pattern("measure_behind").fullmatch(own_name) and not place:
            area, rest, rule = split_area(name, self.area)
            rest = rest if rule in ("place", "own") else name
            whole = rest.endswith(own_name) or (own_name[-1] == "量" and rest[-1] == "量")
            return (rest if whole else rest + own_name), "", area if rule == "place" else ""
        if not name or (not own_name and place and column.rate):
            own_name = own_name or self._name_beside(column)
        if own_name and (column.unit or not head.unit):
            named, _, rule = split_area(name + "生产总值", self.area)
            if not place and pattern("thing_of_size").search(name):
                if part := re.match(r"[一-龥]{2,3}[县区](?=[一-龥]{3})", name):
                    return name[part.end() :] + own_name, "", part[0]
                named, rest, rule = split_area(name, self.area)
                return rest + own_name, "", named if rule == "place" else ""
            return own_name, "" if place else name, place or (named if rule == "place" else "")
        if not head.unit and self.table.unit and name:
            measure = self._measures.get(name) or _measure(self.table.caption)
            if place:
                return measure or name, "", place
            if measure and measure not in name:
                return (measure if self._is_branch() else name + measure), name, ""
        if not name:
            row.doubts.append("no_name")
        area, rest, rule = split_area(name, self.area)
        return (rest, "", area) if rule in ("place", "own") else (name, "", "")

    def _name_beside(self, column: _Head) -> str:
        """What the nearest column at the left measures, of which a column without its own name is the growth."""
        left = reversed(self._left_of(column))
        return next((one.name for one in left if one.name and not one.rate and not one.attribute), "")

    def _left_of(self, column: _Head) -> list[_Head]:
        columns = self._columns()
        return columns[self.table.row_heads : next(i for i, one in enumerate(columns) if one is column)]

    def _is_branch(self) -> bool:
        """True where the rows of the table are branches of the economy: their heads stand under 产业 or 赛道."""
        return any(
            pattern("branch_head").search(re.sub(r"\s", "", one.words))
            for one in self._columns()[: self.table.row_heads]
        )

    def _place(self, name: str) -> str:
        """The area that the head of a row is, empty where it is none."""
        at = self.table.row_heads - 1
        label = re.sub(r"\s", "", self._columns()[at].words) if 0 <= at < self.table.columns else ""
        if pattern("area_head").fullmatch(label):
            return self.area if re.fullmatch("全[省市区县州]|合计|总计", name) else name
        area, rest, rule = split_area(name + "生产总值", self.area)
        return area if rule == "place" and rest == "生产总值" else ""

    def _period(
        self, head: _Head, column: _Head, caption: _Head, match: re.Match[str], row: Proposal
    ) -> tuple[str, int, str]:
        found, rule = column.period, "column"
        # 年均增长 without years of its own stands beside two dated columns: it is over the years between them.
        if found is None and column.rate and column.rate != "yoy":
            years = [one.period for one in self._columns() if one.period is not None and not one.rate]
            lasts = sorted({one.last for one in years})
            if len(lasts) >= 2:
                return f"{lasts[-2] + 1}/{lasts[-1]}", lasts[-1], "between_columns"
        if found is None and head.period is None and (column.rate == "yoy" or _RATE.search(column.words)):
            found = next((one.period for one in reversed(self._left_of(column)) if one.period is not None), None)
        if found is None:
            found, rule = (head.period, "row") if head.period else (caption.period, "caption")
        if found is None:
            row.doubts.append("no_period")
            return "undated", 0, "nothing"
        if _is_cumulative(match) and found.first == found.last and found.last % 5 == 0:
            return f"{found.last - 4}/{found.last}", found.last, "cumulative"
        # The years in a caption (2024—2035年目标) span the columns: none of them is the year of a cell.
        if rule == "caption" and found.first != found.last:
            row.doubts.append("no_period")
            return "undated", found.last, "nothing"
        return found.code, found.last, rule

    def _unit(self, head: _Head, column: _Head, caption: _Head, match: re.Match[str], cell: Cell) -> str:
        own = _UNIT.fullmatch(match["unit"] or "")
        if own:
            return canonical_unit(own["unit"])
        for at, other in enumerate(self._columns()):
            if other.words.replace(" ", "") in _UNIT_HEADS and (place := self.table.grid[cell.row][at]):
                printed = place.text_in(self.text).strip()
                if unit := _UNIT.fullmatch(printed):
                    return canonical_unit(unit["unit"])
                if re.fullmatch("[一-龥/]{1,6}", printed):
                    return printed  # whatever the column of units says: 年, 万人年
        return column.unit or head.unit or canonical_unit(self.table.unit) or caption.unit

    def _form(self, head: _Head, column: _Head, name: str, unit: str, match: re.Match[str]) -> str:
        if match["unit"] in ("倍", "个百分点", "百分点"):
            changed = "increase_multiple" if column.rate else "ratio_to_base"
            return changed if unit == "倍" else "difference_pp"
        if column.rate in ("avg_annual", "yoy"):
            return "cumulative" if _is_cumulative(match) else column.rate
        if _is_cumulative(match):
            return "cumulative" if unit in ("%", "") or column.rate else "level"
        if (head.star or match["star"]) and re.search(r"[*＊][^。]*年均", self.table.notes):
            return "avg_annual"
        if unit == "个百分点":
            return "difference_pp"
        if unit == "位":
            return "rank"
        if unit in ("%", "‰"):
            if "年均" in name:
                return "avg_annual"
            if re.search("利润率|收益率|回报率|自然增长率", name):
                return "level"
            return "yoy" if _RATE.search(name) and not re.search("率$|占|比重", name) else "share"
        return "level"

    def _near_level(self, cell: Cell, value: Decimal) -> bool:
        """Whether a value under a head of growth is close to a level of its row: an aim of the level, set beside."""
        for other, column in zip(self.table.grid[cell.row], self._columns(), strict=False):
            if other is None or other is cell or column.rate or column.index or column.attribute:
                continue
            match = _VALUE.fullmatch(fold(other.text_in(self.text)).text)
            if match is not None and abs(number(match["low"]) - value) * 4 < value:
                return True
        return False

    def _kind(self, last: int, column: _Head, name: str) -> str:
        noted = re.search(rf"{re.escape(name[:8])}[^。]*(?:预估|预计数)", self.table.notes)
        expected = noted or re.search("预计|预估|预测", column.words)
        if expected and (self.clock.tense(last) != "future" or "预计" in column.words):
            return "estimate"
        if re.search(r"目标|计划|预期|规划", column.words):
            return "target"
        if re.search(r"实际|完成|基期|现状|实绩", column.words):
            return "actual"
        tense = self.clock.tense(last)
        if tense == "past":
            return "actual"
        if tense == "future" or (last and self.planned):
            return "target"
        return "actual" if last else "resource" if re.search("面积|储量|装机", name) else "actual"

    def _price(self, unit: str) -> str:
        match = _PRICE.search(fold(self.table.notes + self.table.caption).text)
        if match is None or not (unit.endswith("元") or (unit == "%" and not match["current"])):
            return ""
        return "current" if match["current"] else f"constant_{match['year']}"


def _is_cumulative(match: re.Match[str]) -> bool:
    """Whether a value stands in the brackets of plans' tables for the whole stretch of the plan: 62.5〔1.5〕."""
    return bool(match["open"]) and match["open"] in "〔[【"


def _bound(front: str) -> str:
    """The bound in front of a cell's value: as in prose, and 控制在 alone."""
    return front_bound(front.translate(str.maketrans("﹥＞﹤＜", ">><<"))) or ("le" if front == "控制在" else "")


def _measure(caption: str) -> str:
    """What the caption of a table says is measured in it: 工业总产值 of 2024—2035年5大产业工业总产值目标.

    >>> _measure("表1 2024—2035年5大主导产业工业总产值目标（亿元）")
    '工业总产值'
    """
    words = re.sub(r"[（(][^（）()]*[）)]|\s", "", fold(caption).text)
    words = re.sub(r"(?:发展)?(?:目标|指标|情况|一览|表|规划|体系|任务|预期)+$", "", words)
    found = names.head_of(words)
    return pattern("whose_measure").sub("", found)
