"""SDMX-CSV 2.0 data with its SDMX-ML 3.0 structure: codelists, concepts, data structures and dataflows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from lxml import etree

from planbrief.display.frames import KNOWN
from planbrief.display.language import LANGS, Lang, message, term
from planbrief.errors import PlanbriefError
from planbrief.export.archive import data_as_of
from planbrief.files import csv_bytes, telling_first
from planbrief.log import visible
from planbrief.targets.package import Package, Row
from planbrief.targets.periods import parse, sdmx
from planbrief.targets.units import Unit, UnitTable

#: SDMX code of a frequency that is none of the regular ones, for plan periods.
OTHER_FREQUENCY = "_O"
#: Numbers of results that are in the unit of their row.
_LEVELS = frozenset(
    "start end start_lower start_upper end_lower end_upper increment increment_per_year value lower upper total "
    "total_lower total_upper base target required_increment predicted change_lower change_upper".split()
)
#: SDMX code for a dimension that says nothing about an observation.
NOT_APPLICABLE = "_Z"
_IDENTIFIER = re.compile(r"[A-Za-z0-9_@$-]+")
#: Frequencies of the data, codes of SDMX's CL_FREQ.
_FREQUENCIES = ("A", "S", "Q", "M", "D", "_O")
#: Characters of unit names that have a plain form.
_PLAIN = {"²": "2", "³": "3", "%": "PERCENT", "‰": "PERMILLE", "°": "DEG_", "µ": "MICRO", "/": "_PER_"}


class NotACode(PlanbriefError):
    """A key of the data cannot be an SDMX identifier."""

    text = "{}: found the key {!r}; SDMX codes consist of A–Z a–z 0–9 _ @ $ -"


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

    used = {row.values["indicator"] for row in observations}
    areas = [_place(row) for row in package["areas"].rows]
    activities = [_entry(row, "activity", row.values["system"]) for row in package["activities"].rows]
    lists = {
        "CL_FREQ": [_worded("sdmx_freq", code) for code in _FREQUENCIES],
        "CL_AREA": [*areas, _none()],
        "CL_INDICATOR": [_indicator(row) for row in package["indicators"].rows if row.values["indicator"] in used],
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
                raise NotACode(name, code.id[:60])
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
    # English has one word for several units that Chinese tells apart, and so must the code list.
    alike = [base for base, row in units.rows.items() if _identifier(row.get("name_en") or base) == code]
    return code if alike in ([], [unit.base]) else f"{code}_{_points(unit.base)}"


@lru_cache(maxsize=1024)
def _identifier(name: str) -> str:
    plain = "".join(_PLAIN.get(c, c) for c in name)
    parts = "".join(c if c.isascii() else f"_{_points(c)}_" for c in plain)
    return re.sub(r"[^A-Za-z0-9]+", "_", parts).strip("_") or "_U"


def _points(text: str) -> str:
    return "_".join(f"U{ord(c):04X}" for c in text)


AGENCY = "PLANBRIEF"
#: A two-part version makes no promise that the artefact never changes; codelists grow with the data.
VERSION = "1.0"
CONCEPTS = "CONCEPTS"
_ROOT = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"
_MES, _STR, _COM = (f"{_ROOT}/{part}" for part in ("message", "structure", "common"))
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_URN = "urn:sdmx:org.sdmx.infomodel"
_NO_XML = re.compile("[\ufffe\uffff]")

Role = Literal["dimension", "time", "measure", "attribute"]


@dataclass(frozen=True)
class Component:
    """A dimension, measure or attribute and the column of the observations that it comes from."""

    id: str
    column: str
    role: Role
    codelist: str = ""
    type: str = "String"
    mandatory: bool = False


@dataclass(frozen=True)
class Flow:
    """A dataflow, the file that holds it, and the components of its data structure in their order."""

    id: str
    file: str
    components: tuple[Component, ...]

    @property
    def structure(self) -> str:
        """Id of its data structure."""
        return f"{self.id}_DSD"

    @property
    def reference(self) -> str:
        """How SDMX-CSV names it."""
        return f"{AGENCY}:{self.id}({VERSION})"


COMPONENTS = (
    Component("FREQ", "", "dimension", "CL_FREQ"),
    Component("REF_AREA", "ref_area", "dimension", "CL_AREA"),
    Component("INDICATOR", "indicator", "dimension", "CL_INDICATOR"),
    Component("ACTIVITY", "activity", "dimension", "CL_ACTIVITY"),
    Component("KIND", "kind", "dimension", "CL_KIND"),
    Component("TRANSFORMATION", "transformation", "dimension", "CL_TRANSFORMATION"),
    Component("COUNTERPART_AREA", "counterpart_area", "dimension", "CL_AREA"),
    Component("SOURCE", "source_id", "dimension", "CL_SOURCE"),
    Component("OBS_ID", "obs_id", "dimension"),
    Component("TIME_PERIOD", "time_period", "time", "", "ObservationalTimePeriod"),
    Component("OBS_VALUE", "obs_value", "measure", "", "Double"),
    Component("UPPER_VALUE", "upper_value", "attribute", "", "Double"),
    Component("COMPARATOR", "comparator", "attribute", "CL_COMPARATOR", mandatory=True),
    Component("UNIT_MEASURE", "unit_measure", "attribute", "CL_UNIT", mandatory=True),
    Component("UNIT_MULT", "", "attribute", "CL_UNIT_MULT", mandatory=True),
    Component("UNIT_PRINTED", "unit_measure", "attribute", mandatory=True),
    Component("PRICE_BASE", "price_base", "attribute", "CL_PRICE_BASE"),
    Component("BASE_PER", "base_period", "attribute", "", "ObservationalTimePeriod"),
    Component("OBS_STATUS", "obs_status", "attribute", "CL_OBS_STATUS", mandatory=True),
    Component("SUBJECT", "subject", "attribute"),
    Component("LOCATOR", "locator", "attribute", mandatory=True),
    Component("CHAR_START", "char_start", "attribute", "", "Integer", mandatory=True),
    Component("CHAR_END", "char_end", "attribute", "", "Integer", mandatory=True),
    Component("VALUE_TEXT", "value_text", "attribute", mandatory=True),
    Component("COMMENT_OBS", "comment_obs", "attribute"),
)
#: What planbrief computes: a number of a row of a result, with the observations behind it.
COMPUTED = (
    *COMPONENTS[:4],
    Component("RESULT", "result", "dimension", "CL_RESULT"),
    Component("MEASURE", "measure", "dimension", "CL_MEASURE"),
    Component("ROW", "row", "dimension"),
    *(one for one in COMPONENTS if one.id in ("TIME_PERIOD", "OBS_VALUE")),
    Component("UNIT_PRINTED", "unit", "attribute"),
    Component("OBSERVATIONS", "observations", "attribute", mandatory=True),
)
DATED = Flow("TARGETS", "data.csv", COMPONENTS)
#: Those without a date have no time dimension and no frequency.
UNDATED = Flow("TARGETS_UNDATED", "undated.csv", tuple(c for c in COMPONENTS if c.id not in ("FREQ", "TIME_PERIOD")))
RESULTS = Flow("RESULTS", "results.csv", COMPUTED)
#: Results whose rows are about one area at one time, and the column that holds the time.
_WHEN = {"growth": "end_period", "progress": "target_period", "structure": "period"}


def computed(package: Package) -> list[dict[str, str]]:
    """Components of every number in the tables of results by id; none for a package without them."""
    said = []
    for result, when in _WHEN.items():
        table = package.tables.get(result)
        units = (
            {one["name"]: one.get("unit", "") for one in table.schema["fields"] if one["type"] == "number"}
            if table
            else {}
        )
        for number, row in enumerate(table.rows if table else (), start=1):
            period = parse(row.values[when])
            for column in units:
                if value := row.values[column]:
                    said.append(
                        {
                            "FREQ": OTHER_FREQUENCY if period.frequency == "range" else period.frequency,
                            "REF_AREA": row.values["ref_area"],
                            "INDICATOR": row.values["indicator"],
                            "ACTIVITY": row.values["activity"] or NOT_APPLICABLE,
                            "RESULT": result,
                            "MEASURE": column,
                            "ROW": f"{result}-{number}",
                            "TIME_PERIOD": sdmx(row.values[when]),
                            "OBS_VALUE": value,
                            "UNIT_PRINTED": units[column] or (row.values["unit"] if column in _LEVELS else ""),
                            "OBSERVATIONS": row.values["observations"],
                        }
                    )
    return said


def structure_xml(package: Package, lists: Mapping[str, Codelist], flows: Iterable[Flow] = (DATED, UNDATED)) -> bytes:
    """The structure message of `package`: equal data, equal bytes."""
    root = etree.Element(f"{{{_MES}}}Structure", nsmap={"mes": _MES, "str": _STR, "com": _COM})
    header = _add(root, _MES, "Header")
    _add(header, _MES, "ID", text=f"PLANBRIEF_{package.sha256[:16]}")
    _add(header, _MES, "Test", text="false")
    # The date of the newest document, never the clock.
    _add(header, _MES, "Prepared", text=f"{data_as_of(package) or '1980-01-01'}T00:00:00Z")
    _add(header, _MES, "Sender", id=AGENCY)
    structures = _add(root, _MES, "Structures")
    holder = _add(structures, _STR, "Codelists")
    for codelist in lists.values():
        _codelist(holder, codelist)
    _concepts(_add(structures, _STR, "ConceptSchemes"), package)
    holder = _add(structures, _STR, "Dataflows")
    definitions = etree.Element(f"{{{_STR}}}DataStructures")
    for flow in flows:
        made = _maintainable(holder, "Dataflow", flow.id)
        _names(made, *(message(f"sdmx.flow_{flow.id}", lang) for lang in LANGS))
        _add(made, _STR, "Structure", text=_urn("datastructure.DataStructure", flow.structure))
        _definition(definitions, flow)
    structures.append(definitions)
    etree.cleanup_namespaces(root, keep_ns_prefixes=["mes", "str", "com"])
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _add(parent: etree._Element, namespace: str, name: str, text: str = "", **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    if text:
        made.text = clean(text)
    return made


def clean(text: str) -> str:
    """`text` without characters that XML cannot hold."""
    return _NO_XML.sub("�", visible(text, 20_000))


def _maintainable(parent: etree._Element, name: str, identifier: str) -> etree._Element:
    return _add(parent, _STR, name, id=identifier, agencyID=AGENCY, version=VERSION)


def _names(element: etree._Element, zh: str, en: str, description: str = "") -> None:
    """Names in both languages; SDMX wants at least one, so a nameless thing is called by its id."""
    names: tuple[tuple[Lang, str], ...] = (("en", en), ("zh", zh))
    for lang, name in names:
        _add(element, _COM, "Name", text=name or element.get("id", "")).set(_XML_LANG, lang)
    if description:
        _add(element, _COM, "Description", text=description).set(_XML_LANG, "en")


def _codelist(parent: etree._Element, codelist: Codelist) -> None:
    made = _maintainable(parent, "Codelist", codelist.id)
    _names(made, codelist.zh, codelist.en)
    known = {code.id for code in codelist.codes}
    for code in codelist.codes:
        item = _add(made, _STR, "Code", id=code.id)
        _names(item, code.zh, code.en, code.description)
        if code.parent in known:
            _add(item, _STR, "Parent", text=code.parent)


def _concepts(parent: etree._Element, package: Package) -> None:
    """One concept per component; descriptions are those of the columns."""
    fields = {field["name"]: field for field in package["observations"].schema["fields"]}
    made = _maintainable(parent, "ConceptScheme", CONCEPTS)
    _names(made, *(message("sdmx.concepts", lang) for lang in LANGS))
    for component in dict.fromkeys(
        (*COMPONENTS, *(one for one in COMPUTED if one.id not in {c.id for c in COMPONENTS}))
    ):
        item = _add(made, _STR, "Concept", id=component.id)
        field = fields.get(component.column, {}) if component.id != "UNIT_PRINTED" else {}
        zh, en = (term("sdmx_concept", component.id, lang) for lang in LANGS)
        _names(item, zh, en, field.get("description", ""))


def _definition(parent: etree._Element, flow: Flow) -> None:
    made = _maintainable(parent, "DataStructure", flow.structure)
    _names(made, *(message(f"sdmx.flow_{flow.id}", lang) for lang in LANGS))
    components = _add(made, _STR, "DataStructureComponents")
    used = flow.components
    dimensions = _add(components, _STR, "DimensionList", id="DimensionDescriptor")
    for position, one in enumerate(_of(used, "dimension"), start=1):
        _component(_add(dimensions, _STR, "Dimension", id=one.id, position=str(position)), one)
    for one in _of(used, "time"):
        _component(_add(dimensions, _STR, "TimeDimension", id=one.id), one)
    attributes = _add(components, _STR, "AttributeList", id="AttributeDescriptor")
    for one in _of(used, "attribute"):
        item = _add(attributes, _STR, "Attribute", id=one.id, usage="mandatory" if one.mandatory else "optional")
        _component(item, one)
        _add(_add(item, _STR, "AttributeRelationship"), _STR, "Observation")
    measures = _add(components, _STR, "MeasureList", id="MeasureDescriptor")
    for one in _of(used, "measure"):
        _component(_add(measures, _STR, "Measure", id=one.id, usage="optional"), one)


def _of(components: Iterable[Component], role: Role) -> list[Component]:
    return [component for component in components if component.role == role]


def _component(element: etree._Element, component: Component) -> None:
    """Concept and representation of a component."""
    concept = _urn("conceptscheme.Concept", CONCEPTS, component.id)
    _add(element, _STR, "ConceptIdentity", text=concept)
    representation = _add(element, _STR, "LocalRepresentation")
    if component.codelist:
        _add(representation, _STR, "Enumeration", text=_urn("codelist.Codelist", component.codelist))
    else:
        _add(representation, _STR, "TextFormat", textType=component.type)


def _urn(kind: str, identifier: str, item: str = "") -> str:
    return f"{_URN}.{kind}={AGENCY}:{identifier}({VERSION})" + (f".{item}" if item else "")


#: File of the structure.
STRUCTURE = "structure.xml"


def files(package: Package) -> dict[str, bytes]:
    """Structure and data files of `package` by name."""
    units = UnitTable(row.values for row in package["units"].rows)
    lists = codelists(package, units)
    rows = package["observations"].rows
    dated = [row for row in rows if parse(row.values["time_period"]).dated]
    undated = [row for row in rows if not parse(row.values["time_period"]).dated]
    data = {DATED: dated, UNDATED: undated}
    records = {flow: [record(row.values, units) for row in rows] for flow, rows in data.items()}
    if results := computed(package):
        records[RESULTS] = results
        for name, column in (("CL_RESULT", "RESULT"), ("CL_MEASURE", "MEASURE")):
            codes = tuple(_computed(one) for one in dict.fromkeys(said[column] for said in results))
            lists[name] = Codelist(name, term("sdmx_list", name, "zh"), term("sdmx_list", name, "en"), codes)
    made = {flow.file: data_csv(said, flow) for flow, said in records.items()}
    return {STRUCTURE: structure_xml(package, lists, records), **made}


def _computed(name: str) -> Code:
    """A result or one of its columns, with the words that pages use for it."""
    vocabulary = "frame" if name in KNOWN else "sdmx_result"
    return _worded(vocabulary, name)


def data_csv(records: Iterable[Mapping[str, str]], flow: Flow) -> bytes:
    """Observations of one dataflow as SDMX-CSV: one record on one line, components in the order of the structure."""
    names = [component.id for component in flow.components]
    rows = [["dataflow", flow.reference, "I", *(_one_line(said[name]) for name in names)] for said in records]
    columns = ["STRUCTURE", "STRUCTURE_ID", "ACTION", *names]
    return csv_bytes(columns, telling_first(rows), "\r\n")  # RFC 4180, as SDMX-CSV has it


def record(values: Mapping[str, str], units: UnitTable) -> dict[str, str]:
    """Components of one observation by id, empty where an attribute has no value."""
    period = parse(values["time_period"])
    unit = units.parse(values["unit_measure"])
    said = {component.id: values.get(component.column, "") for component in COMPONENTS if component.column}
    for component in COMPONENTS:
        if component.role == "dimension" and component.codelist and not said.get(component.id):
            said[component.id] = NOT_APPLICABLE
    frequency = OTHER_FREQUENCY if period.frequency == "range" else period.frequency
    return said | {
        "FREQ": frequency,
        "OBS_VALUE": values["obs_value"] or "NaN",
        "TIME_PERIOD": sdmx(values["time_period"]),
        "BASE_PER": sdmx(values["base_period"]) if values["base_period"] else "",
        "UNIT_MEASURE": unit_code(unit, units),
        "UNIT_MULT": str(len(str(unit.multiplier)) - 1),
    }


def _one_line(text: str) -> str:
    return " ".join(text.splitlines()) if text else ""
