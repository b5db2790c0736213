"""A decided draft as rows of the data package: source, observations, exclusions, new indicators, areas and aliases.

Nothing is written here. Names that the package knows become their ids; what it lacks is listed once, under the name
that the text uses, with the cells that a person gave or a plain default that says it is one.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from planbrief.errors import PlanbriefError
from planbrief.reading.decisions import DraftRow, Standing
from planbrief.reading.matching import CHANGES, UNITLESS, key_of, new_indicator
from planbrief.targets.names import Names, short
from planbrief.targets.package import Package
from planbrief.targets.units import SIMPLIFIED, UnitTable
from planbrief.targets.wording import TOKEN, tokens

#: Words for the whole of an area that a place lies in, with the end of its name.
_WHOLES = {"全国": "中国", "全省": "省", "全市": "市", "全区": "区"}
_AGGREGATION = {"money": "additive", "count": "count", "people": "count", "percent": "share"}
_LEVELS = (("自治区", "province"), ("省", "province"), ("自治州", "prefecture"), ("地区", "prefecture"),
           ("盟", "prefecture"), ("市", "prefecture"), ("自治县", "county"), ("县", "county"), ("旗", "county"),
           ("新区", "zone"), ("开发区", "zone"), ("高新区", "zone"), ("区", "district"))  # fmt: skip
_DOC_TYPES = (("公报", "bulletin"), ("年鉴", "yearbook"), ("报告", "report"), ("规划", "plan"), ("计划", "plan"),
              ("方案", "plan"), ("意见", "plan"), ("通知", "plan"))  # fmt: skip
DOC_WORDS = {"bulletin": "statistical communiqué", "yearbook": "yearbook", "report": "report", "plan": "plan",
             "news": "news", "other": "document"}  # fmt: skip


@dataclass
class Tabulation:
    """Rows ready for the tables, and what keeps them from going there.

    ``indicators`` and ``areas`` are new rows by the name in the text; ``unnamed`` counts those without an English
    name of their own. ``problems`` pairs the id of a draft row with a sentence.
    """

    source: dict[str, str]
    observations: list[dict[str, str]] = field(default_factory=list)
    exclusions: list[dict[str, str]] = field(default_factory=list)
    indicators: dict[str, dict[str, str]] = field(default_factory=dict)
    areas: dict[str, dict[str, str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    #: Phrases that a person gave an indicator to and that do not become a name of it, with why.
    unlearnt: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    #: For each observation the draft row that it comes from.
    origins: dict[str, str] = field(default_factory=dict)

    @property
    def unnamed(self) -> int:
        """New indicators and areas whose English name is still a default."""
        rows = [*self.indicators.values(), *self.areas.values()]
        return sum(row["name_en"] == row["name_zh"] for row in rows)


#: So begins the comment of a number with a unit behind it that states no quantity: an age, a duration, a threshold.
NO_QUANTITY = "not a quantity: "


def allowed(package: Package) -> dict[str, tuple[str, ...]]:
    """The words that a cell of an observation or exclusion may hold, by column, as the descriptor has them."""
    found = {}
    for table in ("observations", "exclusions", "indicators", "areas", "sources"):
        for column in package[table].schema["fields"]:
            if enum := column.get("constraints", {}).get("enum"):
                found[column["name"]] = tuple(enum)
    return found


def slug_of(name: str) -> str:
    """A short id for a name that has no Latin form: the same name gives the same id on every machine."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def doc_type_of(title: str) -> str:
    """The kind of document that a title names.

    >>> doc_type_of("巴中市2025年国民经济和社会发展统计公报"), doc_type_of("消息")
    ('bulletin', 'other')
    """
    return next((kind for word, kind in _DOC_TYPES if word in title), "other")


def level_of(name: str) -> str:
    """The level of an area by the end of its name."""
    return next((level for ending, level in _LEVELS if name.endswith(ending) and len(name) > len(ending)), "other")


def english_title(kind: str, area: str, published: str) -> str:
    """A description that stands where nobody has translated the title yet."""
    words = DOC_WORDS.get(kind, "document")
    area = "" if re.search("[\u3400-\u9fff]", area) else area  # an area whose English name is not written yet
    return f"{words[0].upper()}{words[1:]} of {area or 'an area'}, published {published} (title not translated)"


def _unit_of(row: DraftRow) -> str:
    """The unit of a row: 2.21∶1 and a third are plain numbers, which the text gives none."""
    return row.cells["unit_measure"] or ("1" if {"ratio", "fraction"} & set(row.doubts) else "")


class Tabulator:
    """Turns one draft into rows; ``package`` is what the data folder holds."""

    def __init__(self, package: Package, facts: Mapping[str, str], text: str, now: Standing) -> None:
        self.package, self.facts, self.text, self.now = package, facts, text, now
        self.areas, self.indicators = package.names("areas"), package.names("indicators")
        self.activities: Names = package.names("activities")
        self.units = UnitTable(row.values for row in package["units"].rows)
        self.usual = {row.values["indicator"]: row.values["unit_measure"] for row in package["indicators"].rows}
        self.about = now.about
        self.out = Tabulation({})

    def tabulate(self, rows: Iterable[DraftRow] | None = None) -> Tabulation:
        """Every row (or those given), decided or not, as it would go into the tables."""
        chosen = list(self.now.rows if rows is None else rows)
        area_name = self._fact("area")
        area = self._area(area_name, "") if area_name else ""
        self.home = area
        self._source(area)
        seen: Counter[tuple[int, int]] = Counter()
        for row in chosen:
            if row.role == "exclusion":
                self._exclusion(row)
            else:
                self._observation(row, seen[row.start, row.end])
                seen[row.start, row.end] += 1
        self.out.observations.sort(key=lambda one: (int(one["char_start"]), one["obs_id"]))
        self.out.exclusions.sort(key=lambda one: int(one["char_start"]))
        self._english()
        return self.out

    def _fact(self, name: str) -> str:
        given = self.about["document"].get("", {})
        return (given.get(name) or self.facts.get(name, "")).strip()

    def _wrong(self, row: DraftRow | None, sentence: str) -> None:
        self.out.problems.append((row.id if row is not None else "", sentence))

    def _source(self, area: str) -> None:
        title = self._fact("title_zh") or self.facts.get("title", "") or self._first_line()
        kind = self._fact("doc_type") or doc_type_of(title)
        published = self._fact("published")
        if len(published) == 7:
            published += "-01"
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", published):
            self._wrong(None, "the date of the document is not known: planbrief read … --published 2026-02-10")
        if not area:
            self._wrong(None, "the area of the document is not known: planbrief read … --area NAME")
        # Traditional where more than one character in a hundred is one that simplified script does not have.
        traditional = sum(ord(c) in SIMPLIFIED for c in self.text[:20000])
        script = "zh-Hant" if traditional * 100 > min(len(self.text), 20000) else "zh-Hans"
        named = next((name for key, name in self.package["areas"].cells("ref_area", "name_en") if key == area), "")
        self.out.source = {
            "source_id": self.facts["source_id"], "title_zh": title,
            "title_en": self._fact("title_en") or english_title(kind, named, published),
            "producer": self._fact("producer"), "doc_number": self._fact("doc_number"), "doc_type": kind,
            "date_published": published, "language": self._fact("language") or script, "url": self._fact("url"),
            "disclosure": self._fact("disclosure"), "file_name": self.facts["file_name"],
            "sha256": self.facts["sha256"], "characters": str(len(self.text)),
        }  # fmt: skip

    def _first_line(self) -> str:
        lines = (line.strip() for line in self.text.splitlines())
        return next((line[:100] for line in lines if re.search("[\u3400-\u9fff]{4}", line)), self.facts["source_id"])

    def _area(self, name: str, fallback: str) -> str:
        """The id of an area by its name; a new row where the package has none."""
        if not name:
            return fallback
        if found := self.areas.find(name):
            return found
        if near := (self.areas.near(name) if name.isascii() else ()):
            raise UnknownArea(name, ", ".join(near))
        if name not in self.out.areas:
            given = self.about["area"].get(name, {})
            key = given.get("ref_area") or f"area_{slug_of(name)}"
            # The text rarely says what a place lies in; only a name that begins with the document's own area does.
            known = self.package["areas"].by_key.get(fallback)
            home = known.values["name_zh"] if known else self._fact("area")
            inside = bool(fallback) and name.startswith(short(home))
            parent = fallback if inside else ""
            if wanted := given.get("parent", "").strip():
                parent = self.areas.find(wanted) or self.out.areas.get(wanted, {}).get("ref_area", "")
                if not parent:
                    self._wrong(None, f"{name} is said to lie in {wanted}, which is no area of areas.csv")
            self.out.areas[name] = {
                "ref_area": key, "name_zh": name, "name_en": given.get("name_en", ""),
                "level": given.get("level") or level_of(name), "parent": parent,
                "gb2260": given.get("gb2260", ""), "iso3166_2": given.get("iso3166_2", ""),
            }  # fmt: skip
        return self.out.areas[name]["ref_area"]

    def _against(self, row: DraftRow, name: str) -> str:
        """The id of the area that a rank or a difference refers to; 全省 or 全市 is the one that the home lies in."""
        if not name or name not in _WHOLES:
            return self._area(name, "") if name else ""
        rows = {one.values["ref_area"]: one.values for one in self.package["areas"].rows}
        at = self.home
        while at in rows:
            if rows[at]["name_zh"].endswith(_WHOLES[name]):
                return at
            at = rows[at]["parent"]
        if name != "全国":
            self._wrong(row, f"which area is {name} here? Write its name as the area that is compared with")
            return ""
        return self._area("中国", "")

    def _exclusion(self, row: DraftRow) -> None:
        """One row for each number in digits; a numeral in words that states nothing needs none."""
        comment = row.cells.get("comment", "")
        if row.cells.get("reason") == "other" and comment and not comment.startswith(NO_QUANTITY):
            comment = NO_QUANTITY + comment
        for match in TOKEN.finditer(row.value_text):
            self.out.exclusions.append(
                {"source_id": self.facts["source_id"], "char_start": str(row.start + match.start()),
                 "char_end": str(row.start + match.end()), "value_text": match.group(),
                 "reason": row.cells.get("reason", ""), "comment": comment}
            )  # fmt: skip
        if row.cells.get("reason") == "other" and not row.cells.get("comment"):
            self._wrong(row, "the reason other needs a comment that says why it states no quantity")

    def _observation(self, row: DraftRow, earlier: int) -> None:
        cells = row.cells
        try:
            area = self._area(cells["ref_area_name"], self.home)
            counterpart = self._against(row, cells.get("counterpart_area", ""))
        except UnknownArea as error:
            self._wrong(row, str(error))
            return
        activity = self.activities.find(cells["activity"]) if cells["activity"] else ""
        subject = cells["subject"]
        unknown = bool(cells["activity"] and not activity)
        if unknown and "activity" not in row.changed and not cells["indicator"].strip():
            # A branch that the package has no code for stays in the name of its indicator.
            row = replace(row, cells={**cells, "indicator_phrase": cells["activity"] + cells["indicator_phrase"]})
        elif unknown:
            self._wrong(row, f"the activity {cells['activity']!r} is not in activities.csv")
        letter = "" if not earlier else chr(ord("a") + earlier)
        key = f"{self.facts['source_id']}-{row.start:05d}{letter}"
        if earlier == 1:
            self._first_letter(row)
        comment = cells.get("comment", "")
        self.out.observations.append(
            {"obs_id": key, "source_id": self.facts["source_id"], "ref_area": area, "subject": subject,
             "indicator": self._indicator(row), "activity": activity, "time_period": cells["time_period"],
             "kind": cells["kind"], "obs_value": cells["obs_value"], "upper_value": cells["upper_value"],
             "comparator": cells["comparator"], "transformation": cells["transformation"],
             "counterpart_area": counterpart, "unit_measure": _unit_of(row),
             "price_base": cells["price_base"], "base_period": cells.get("base_period", ""), "obs_status": "A",
             "locator": cells["locator"] or "—", "char_start": str(row.start), "char_end": str(row.end),
             "value_text": row.value_text, "comment_obs": comment, "reading_note": ""}
        )  # fmt: skip
        self.out.origins[key] = row.id

    def _first_letter(self, row: DraftRow) -> None:
        """The first of several rows on a span gets its letter when the second one comes."""
        plain = f"{self.facts['source_id']}-{row.start:05d}"
        for one in self.out.observations:
            if one["obs_id"] == plain:
                one["obs_id"] = f"{plain}a"
                self.out.origins[f"{plain}a"] = self.out.origins.pop(plain)

    def _indicator(self, row: DraftRow) -> str:
        """The id of the indicator that the person chose, or that the words name, or of a new one."""
        cells = row.cells
        phrase, unit, form = cells["indicator_phrase"].strip(), _unit_of(row), cells["transformation"]
        chosen = cells["indicator"].strip()
        if chosen:
            found = self.indicators.find(chosen)
            if not found:
                near = ", ".join(self.indicators.near(chosen))
                self._wrong(row, f"unknown indicator {chosen!r}" + (f"; did you mean {near}?" if near else ""))
                return ""
            self._learn(row, phrase, form, unit, found)
            return found
        if not phrase:
            self._wrong(row, "neither an indicator nor the words of the text that name one")
            return ""
        new = new_indicator(phrase, form, unit)
        if not re.search("[一-龥]", new.name_zh):
            self._wrong(row, f"{new.name_zh!r} is no Chinese name of an indicator")
            return ""
        if (found := self.indicators.find(new.name_zh)) and self._fits(found, unit, form):
            return found
        return self._new_indicator(new.name_zh, new.theme, unit, form, cells["obs_value"])

    def _dimension(self, unit: str) -> str:
        try:
            return self.units.parse(unit).dimension
        except (PlanbriefError, ArithmeticError):
            return unit

    def _fits(self, indicator: str, unit: str, form: str) -> bool:
        if form in UNITLESS or form == "share":
            return True
        return self._dimension(self.usual.get(indicator, unit)) == self._dimension(unit)

    def _new_indicator(self, name: str, theme: str, unit: str, form: str, value: str) -> str:
        dimension = self._dimension(unit)
        # A document names an indicator in many places: rows that measure the same share the new one.
        for known, one in self.out.indicators.items():
            if known.partition("（")[0] == name or known == name:
                same = self._dimension(one["unit_measure"]) == dimension
                if same and "." in value and one["aggregation"] == "count":
                    one["aggregation"] = "level"
                if same or form in UNITLESS or form == "share":
                    return one["indicator"]
        key = name
        if key in self.out.indicators or self.indicators.find(key):
            key = f"{name}（{unit}）"
        given = self.about["indicator"].get(key, {})
        if existing := self.indicators.find(given.get("same_as", "")):
            self.out.aliases[name] = existing
            return existing
        rate = form in CHANGES or (dimension == "percent" and form != "share")  # a margin is no part of a whole
        aggregation = "rate" if rate else _AGGREGATION.get(dimension, "level")
        if aggregation == "count" and "." in value:
            aggregation = "level"  # 19.2 people per ten thousand are no count
        self.out.indicators[key] = {
            "indicator": given.get("indicator") or f"indicator_{slug_of(key)}", "name_zh": key,
            "name_en": given.get("name_en", ""),
            "definition": given.get("definition") or "As the document names it; no definition has been written yet.",
            "concept": given.get("concept") or "other", "scope": given.get("scope") or "none",
            "unit_measure": unit, "direction": given.get("direction") or "none",
            "aggregation": given.get("aggregation") or aggregation,
            "character": given.get("character") or "none", "theme": given.get("theme") or theme or "economy",
            "definition_zh": given.get("definition_zh") or "按文件所用名称，尚未写定义。",
            "definition_source": "planbrief accept",
        }  # fmt: skip
        return self.out.indicators[key]["indicator"]

    def _learn(self, row: DraftRow, phrase: str, form: str, unit: str, indicator: str) -> None:
        """The words of the text become another name of an indicator that is not called so yet."""
        name = new_indicator(phrase, form, unit).name_zh
        own = next(iter(self.package["indicators"].matching({"indicator": [indicator]})), None)
        if own is not None and key_of(own.values["name_zh"]) == key_of(name):
            return
        if form == "share" and "indicator" not in row.changed:
            return  # what a share is of stands elsewhere in the sentence more often than not: a person says it
        taken = self.indicators.find(name) or self.out.aliases.get(name, indicator)
        why = ""
        if not 2 <= len(phrase) <= 40:
            why = "a name has 2 to 40 characters"
        elif form in UNITLESS or (form == "share" and not self._fits(indicator, unit, "level")):
            why = f"its {form.replace('_', ' ')} is another number than the indicator itself"
        elif form == "share" and phrase[0] in "占比":
            why = "its words do not say what it is a share of"
        elif taken != indicator:
            why = f"it names {taken} already"
        else:
            self.out.aliases[name] = indicator
        if why and phrase and "indicator" in row.changed:
            self.out.unlearnt[phrase] = why

    def _english(self) -> None:
        """Where nobody gave an English name the Chinese one stands on the page, and ``check`` asks for it."""
        for row in (*self.out.indicators.values(), *self.out.areas.values()):
            row["name_en"] = row["name_en"] or row["name_zh"]


class UnknownArea(PlanbriefError):
    """A name of an area in Latin letters that no area has."""

    text = "unknown area {!r}; did you mean {}?"


def unaccounted(text: str, rows: Iterable[DraftRow]) -> list[tuple[int, int]]:
    """Numbers in digits that stand in no row, or in more than one that does not share its span."""
    spans = sorted({(row.start, row.end) for row in rows})
    missing = []
    at = 0
    for token in tokens(text):
        while at < len(spans) and spans[at][1] <= token.start:
            at += 1
        if at >= len(spans) or not (spans[at][0] <= token.start and token.end <= spans[at][1]):
            missing.append((token.start, token.end))
    return missing
