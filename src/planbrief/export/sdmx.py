"""SDMX-CSV 2.0 data with its SDMX-ML 3.0 structure.

Decisions, all visible in the structure:

* A document may print one fact twice, so the key of an observation holds ``OBS_ID``, the printed occurrence; the
  other dimensions say what it is about.
* Half of the figures have no date. SDMX knows no empty ``TIME_PERIOD`` and none is invented: dated figures belong
  to the dataflow ``TARGETS``, whose structure has a time dimension (``data.csv``), the others to
  ``TARGETS_UNDATED``, whose structure is the same without it (``undated.csv``).
* 亿元 is ``UNIT_MEASURE`` yuan with ``UNIT_MULT`` 8, as SDMX counts; ``UNIT_PRINTED`` keeps the printed unit.
  ``OBS_VALUE`` is the number as printed, so a value in the unit itself is OBS_VALUE × 10^UNIT_MULT.
* Half-years are ``2025-S1``, plan periods time ranges (``2024-01-01/P12Y``, with ``FREQ`` ``_O``); an empty activity
  or counterpart area is ``_Z``, not applicable. A cell that holds no number is ``NaN``, as SDMX writes a missing
  observation; ``OBS_STATUS`` says why.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from planbrief.export.sdmx_codes import NOT_APPLICABLE, codelists, unit_code
from planbrief.export.sdmx_structure import (
    COMPONENTS,
    DATED,
    UNDATED,
    Flow,
    components_of,
    structure_xml,
)
from planbrief.targets.package import Package, Row
from planbrief.targets.periods import parse, sdmx
from planbrief.targets.units import UnitTable

#: Files of the export.
STRUCTURE, DATA, UNDATED_DATA = "structure.xml", "data.csv", "undated.csv"
#: SDMX code of a frequency that is none of the regular ones, for plan periods.
OTHER_FREQUENCY = "_O"


def files(package: Package) -> dict[str, bytes]:
    """Structure and data files of `package` by name."""
    units = UnitTable(row.values for row in package["units"].rows)
    lists = codelists(package, units)
    rows = package["observations"].rows
    dated = [row for row in rows if parse(row.values["time_period"]).dated]
    undated = [row for row in rows if not parse(row.values["time_period"]).dated]
    return {
        STRUCTURE: structure_xml(package, lists),
        DATA: data_csv(dated, DATED, units),
        UNDATED_DATA: data_csv(undated, UNDATED, units),
    }


def data_csv(rows: list[Row], flow: Flow, units: UnitTable) -> bytes:
    """Observations of one dataflow as SDMX-CSV: one record on one line, components in the order of the structure."""
    names = [component.id for component in components_of(flow)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180, which SDMX-CSV builds on
    writer.writerow(["STRUCTURE", "STRUCTURE_ID", "ACTION", *names])
    for row in rows:
        said = record(row.values, units)
        writer.writerow(["dataflow", flow.reference, "I", *(_one_line(said[name]) for name in names)])
    return text.getvalue().encode("utf-8")


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
