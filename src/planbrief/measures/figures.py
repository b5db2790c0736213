"""One number with its pedigree: what it measures, which observations it comes from and by which arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: What the value of a figure is: decides how it is formatted.
MEASURES = ("level", "rate", "share", "points", "multiple", "years", "count", "index")


@dataclass(frozen=True)
class Figure:
    """A number that is never formatted here; rounding and words are the display's.

    Attributes
    ----------
    key : str
        Stable name, such as ``bazhong/gross_output_above_designated/cagr/2023-2026``.
    value : float
        NaN where undefined; `undefined` then holds the key of the reason.
    measure : str
        ``level`` (in `unit`), ``rate`` (fraction per year), ``share`` (percent), ``points`` (percentage points),
        ``multiple``, ``years``, ``count`` or ``index``.
    unit : str
        Printed unit of a level or count.
    observations : tuple of str
        Ids of the observations behind it.
    formula : str
        The arithmetic in plain text with its numbers: ``(750 ÷ 142.8)^(1/3) − 1``.
    lower, upper : float
        What rounding and wording leave open; NaN where that is not known.
    comparator : str
        Comparator of the observation that it rests on.
    undefined : str
        Key of the reason why the value is NaN (see ``measures.undefined``).
    year : str
        Period: ``2026`` or ``2023-2026``.
    """

    key: str
    value: float
    measure: str
    unit: str = ""
    observations: tuple[str, ...] = ()
    formula: str = ""
    lower: float = math.nan
    upper: float = math.nan
    comparator: str = "eq"
    undefined: str = ""
    year: str = ""

    @property
    def defined(self) -> bool:
        """Whether there is a number to show."""
        return not math.isnan(self.value)


def plain(value: float) -> str:
    """A number inside a formula: as short as it is, never in exponent form, a minus sign where it is negative.

    >>> plain(142.8), plain(750.0), plain(-0.5)
    ('142.8', '750', '−0.5')
    """
    if math.isnan(value):
        return "?"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = format(value, ".12g")
    if "e" in text:
        text = format(value, ".6f").rstrip("0").rstrip(".")
    return text.replace("-", "−")
