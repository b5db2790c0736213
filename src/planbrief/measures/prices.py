"""Which values stand at the same prices: without that no growth, completion or gap is computed between them.

An actual value without a stated price basis is at current prices, as communiqués print them; a value at current prices
of a year is at constant prices of that same year too. A target without a stated basis may mean any. Shares and rates
take part only where both state a basis.
"""

from __future__ import annotations

from planbrief.targets import periods

CURRENT, CONSTANT, REAL = "current", "constant_", "real"
#: Kinds that say what is wanted.
AIMS = frozenset({"target", "constraint", "commitment"})


def bases(price_base: str, time_period: str, kind: str, *, money: bool = True) -> frozenset[str]:
    """Price bases that a value may be at; empty where it may be any.

    >>> sorted(bases("", "2023", "actual")), sorted(bases("constant_2023", "2026", "target"))
    (['constant_2023', 'current'], ['constant_2023'])
    """
    if not price_base and (kind in AIMS or not money):
        return frozenset()
    if price_base not in ("", CURRENT) and not price_base.startswith(CONSTANT):
        return frozenset({price_base})
    year = time_period if periods.whole_year(time_period) else ""
    if price_base in ("", CURRENT):
        return frozenset({CURRENT, f"{CONSTANT}{year}"} if year else {CURRENT})
    return frozenset({price_base, CURRENT} if price_base == f"{CONSTANT}{year}" else {price_base})


def alike(bases_of_one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two values may be at the same prices."""
    return not bases_of_one or not other or not bases_of_one.isdisjoint(other)
