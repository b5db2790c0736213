"""The SDMX-ML 3.0 structure message: codelists, concept scheme, two data structures and their dataflows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from planbrief.display.language import LANGS, Lang, message, term
from planbrief.export.dates import data_as_of
from planbrief.export.sdmx_codes import Codelist
from planbrief.log import visible
from planbrief.targets.package import Package

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
    """A dataflow and its data structure."""

    id: str
    structure: str
    dated: bool

    @property
    def reference(self) -> str:
        """How SDMX-CSV names it."""
        return f"{AGENCY}:{self.id}({VERSION})"


DATED = Flow("TARGETS", "TARGETS_DSD", True)
UNDATED = Flow("TARGETS_UNDATED", "TARGETS_UNDATED_DSD", False)
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


def components_of(flow: Flow) -> tuple[Component, ...]:
    """Components of a dataflow: those without a date have no time dimension and no frequency."""
    return tuple(one for one in COMPONENTS if flow.dated or one.id not in ("FREQ", "TIME_PERIOD"))


def structure_xml(package: Package, lists: Mapping[str, Codelist]) -> bytes:
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
    flows = (DATED, UNDATED)
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
    for component in COMPONENTS:
        item = _add(made, _STR, "Concept", id=component.id)
        field = fields.get(component.column, {}) if component.id != "UNIT_PRINTED" else {}
        zh, en = (term("sdmx_concept", component.id, lang) for lang in LANGS)
        _names(item, zh, en, field.get("description", ""))


def _definition(parent: etree._Element, flow: Flow) -> None:
    made = _maintainable(parent, "DataStructure", flow.structure)
    _names(made, *(message(f"sdmx.flow_{flow.id}", lang) for lang in LANGS))
    components = _add(made, _STR, "DataStructureComponents")
    used = components_of(flow)
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
    return [one for one in components if one.role == role]


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
