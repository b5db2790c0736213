"""Codelists of the SDMX export: every coded column with its codes, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from planbrief.display.language import LANGS, Lang, message, term
from planbrief.errors import PlanbriefError
from planbrief.targets.package import Package, Row
from planbrief.targets.units import Unit, UnitTable

#: SDMX code for a dimension that says nothing about an observation.
NOT_APPLICABLE = "_Z"
_IDENTIFIER = re.compile(r"[A-Za-z0-9_@$-]+")
#: Frequencies of the data, codes of SDMX's CL_FREQ.
_FREQUENCIES = ("A", "S", "Q", "M", "D", "_O")
#: Characters of unit names that have a plain form.
_PLAIN = {"²": "2", "³": "3", "%": "PERCENT", "‰": "PERMILLE", "°": "DEG_", "µ": "MICRO", "/": "_PER_"}


class NotACode(PlanbriefError):
    """A key of the data cannot be an SDMX identifier."""

    def __init__(self, table: str, key: str) -> None:
        super().__init__(table, key)
        self.table, self.key = table, key

    def __str__(self) -> str:
        return f"{self.table}: found the key {self.key[:60]!r}; SDMX codes consist of A–Z a–z 0–9 _ @ $ -"


@dataclass(frozen=True)
class Code:
    """A code with its names."""

    id: str
    zh: str
    en: str
    parent: str = ""
    description: str = ""


@dataclass(frozen=True)
class Codelist:
    """A list of codes with its names."""

    id: str
    zh: str
    en: str
    codes: tuple[Code, ...]


def codelists(package: Package, units: UnitTable) -> dict[str, Codelist]:
    """All codelists by id."""
    observations = package["observations"].rows
    enums = {
        field["name"]: tuple(field.get("constraints", {}).get("enum", ()))
        for field in package["observations"].schema["fields"]
    }

    def vocabulary(column: str) -> Iterable[Code]:
        used = dict.fromkeys(row.values[column] for row in observations)
        return (_worded(column, code) for code in (enums[column] or sorted(used)) if code)

    areas = [_place(row) for row in package["areas"].rows]
    activities = [_entry(row, "activity", row.values["system"]) for row in package["activities"].rows]
    lists = {
        "CL_FREQ": [_worded("sdmx_freq", code) for code in _FREQUENCIES],
        "CL_AREA": [*areas, _none()],
        "CL_INDICATOR": [_indicator(row) for row in package["indicators"].rows],
        "CL_ACTIVITY": [*activities, _none()],
        "CL_KIND": vocabulary("kind"),
        "CL_TRANSFORMATION": vocabulary("transformation"),
        "CL_SOURCE": [_document(row) for row in package["sources"].rows],
        "CL_COMPARATOR": vocabulary("comparator"),
        "CL_UNIT": _units(observations, units),
        "CL_UNIT_MULT": _multipliers(observations, units),
        "CL_PRICE_BASE": vocabulary("price_base"),
        "CL_OBS_STATUS": vocabulary("obs_status"),
    }
    made = {}
    for name, codes in lists.items():
        listed = tuple(codes)
        for code in listed:
            if not _IDENTIFIER.fullmatch(code.id):
                raise NotACode(name, code.id)
        made[name] = Codelist(name, term("sdmx_list", name, "zh"), term("sdmx_list", name, "en"), listed)
    return made


def _worded(vocabulary: str, code: str) -> Code:
    """A code of a closed vocabulary, with the words that the reports use for it."""
    return Code(code, *(_words(vocabulary, code, lang) for lang in LANGS))


def _words(vocabulary: str, code: str, lang: Lang) -> str:
    if vocabulary == "price_base" and (match := re.fullmatch(r"constant_(\d{4})", code)):
        return message("sdmx.constant_prices", lang, year=match[1])
    return term(vocabulary, code, lang)


def _none() -> Code:
    return _worded("sdmx_freq", NOT_APPLICABLE)


def _entry(row: Row, key: str, description: str = "") -> Code:
    said = row.values
    return Code(said[key], said["name_zh"], said["name_en"], said.get("parent", ""), description)


def _place(row: Row) -> Code:
    said = row.values
    codes = [f"GB/T 2260 {said['gb2260']}"] if said["gb2260"] else []
    codes += [f"ISO 3166-2 {said['iso3166_2']}"] if said["iso3166_2"] else []
    return _entry(row, "ref_area", "; ".join([said["level"], *codes]))


def _indicator(row: Row) -> Code:
    said = row.values
    columns = ("concept", "scope", "unit_measure", "direction", "aggregation", "character", "theme")
    facts = "; ".join(f"{column}: {said[column]}" for column in columns)
    return _entry(row, "indicator", f"{said['definition']} [{facts}]")


def _document(row: Row) -> Code:
    said = row.values
    columns = ("producer", "doc_number", "date_published", "disclosure", "sha256")
    facts = "; ".join(f"{column}: {said[column]}" for column in columns if said[column])
    return Code(said["source_id"], said["title_zh"], said["title_en"], "", facts)


def _units(observations: Iterable[Row], units: UnitTable) -> list[Code]:
    """Base units in use; a product with a multiplier (亿元) is its base here."""
    found: dict[str, Code] = {}
    for row in observations:
        unit = units.parse(row.values["unit_measure"])
        found.setdefault(
            unit_code(unit, units),
            Code(unit_code(unit, units), unit.name_zh, unit.name_en or unit.base, "", f"dimension: {unit.dimension}"),
        )
    return [found[code] for code in sorted(found)]


def _multipliers(observations: Iterable[Row], units: UnitTable) -> list[Code]:
    powers = {len(str(units.parse(row.values["unit_measure"]).multiplier)) - 1 for row in observations}
    return [Code(str(power), f"10的{power}次方", f"10 to the power of {power}") for power in sorted(powers)]


@lru_cache(maxsize=1024)
def unit_code(unit: Unit, units: UnitTable) -> str:
    """Identifier of a unit's base: its English name, characters outside ASCII by their code points.

    Two units whose names give the same identifier get their code points behind it, so no two ever share one.
    """
    own = units.rows.get(unit.base, {})
    code = _identifier(own.get("name_en") or unit.name_en or unit.base)
    alike = [base for base, row in units.rows.items() if _identifier(row.get("name_en") or base) == code]
    return code if alike in ([], [unit.base]) else f"{code}_{_points(unit.base)}"


@lru_cache(maxsize=1024)
def _identifier(name: str) -> str:
    plain = "".join(_PLAIN.get(c, c) for c in name)
    parts = "".join(c if c.isascii() else f"_{_points(c)}_" for c in plain)
    return re.sub(r"[^A-Za-z0-9]+", "_", parts).strip("_") or "_U"


def _points(text: str) -> str:
    return "_".join(f"U{ord(c):04X}" for c in text)
