"""One measure, one view, one exporter and one reader, as a package of somebody else's would have them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from planbrief import Data, Report


def doubling(data: Data, area: str) -> pd.DataFrame:
    """Years in which each series of an area doubles at the rate that its targets need."""
    growth = data.growth(area, stage="whole")
    growth = growth[growth["rate"] > 0]
    years = [math.log(2) / math.log1p(rate) for rate in growth["rate"]]
    return growth[["ref_area", "indicator", "observations"]].assign(doubling_years=years).reset_index(drop=True)


def show_doubling(page: Report, count: int = 3) -> None:
    """The series that double soonest, as a table of the page."""
    frame = page.data.measure("doubling", page.places[0]).nsmallest(count, "doubling_years")
    page.show(frame[["indicator", "doubling_years"]], caption=("翻番所需年数", "Years to double"))


def as_list(package: Any) -> dict[str, bytes]:
    """The ids of all observations, one a line."""
    return {"ids.txt": "".join(f"{row.values['obs_id']}\n" for row in package["observations"].rows).encode()}


def read_note(raw: bytes) -> str:
    """A text whose lines are written backwards."""
    return "\n".join(line[::-1] for line in raw.decode().splitlines())
