"""Changes of meaning to true rows: what somebody can get wrong who types a row from a document."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

from planbrief.checks.plausibility import Evidence, strange_cells
from planbrief.checks.rules import Tables, row_problems
from planbrief.targets.package import Package, Row

KINDS = ("target", "constraint", "commitment", "estimate", "resource", "actual", "count")
COMPARATORS = ("eq", "ge", "gt", "le", "lt", "approx")
TRANSFORMATIONS = ("level", "share", "yoy", "avg_annual", "cumulative", "difference_pp", "contribution", "rank")
UNITS = ("亿元", "万元", "%", "个百分点", "个", "万人", "平方公里", "万吨", "倍")

Cells = dict[str, str]
Mutation = Callable[[Cells, random.Random, Package], Cells]


def sign(row: Cells, dice: random.Random, package: Package) -> Cells:
    """The other sign."""
    return {"obs_value": row["obs_value"].removeprefix("-") if row["obs_value"][0] == "-" else f"-{row['obs_value']}"}


def digit(row: Cells, dice: random.Random, package: Package) -> Cells:
    """Another digit than the one printed."""
    text = row["obs_value"]
    place = dice.choice([position for position, character in enumerate(text) if character.isdigit()])
    other = dice.choice([one for one in "123456789" if one != text[place]])
    return {"obs_value": text[:place] + other + text[place + 1 :]}


def multiple(row: Cells, dice: random.Random, package: Package) -> Cells:
    """The same unit ten thousand times as large or as small."""
    unit = row["unit_measure"]
    if unit.startswith(("万", "亿")):
        return {"unit_measure": dice.choice([unit[1:], {"万": "亿", "亿": "万"}[unit[0]] + unit[1:]])}
    return {"unit_measure": f"万{unit}"}


def unit(row: Cells, dice: random.Random, package: Package) -> Cells:
    """A unit of something else."""
    return {"unit_measure": dice.choice([one for one in UNITS if one != row["unit_measure"]])}


def time_period(row: Cells, dice: random.Random, package: Package) -> Cells:
    """The next or last year, a part of the year, the year of another row of the document, none."""
    found = {
        other.values["time_period"]
        for other in package["observations"].rows
        if other.values["source_id"] == row["source_id"]
    }
    text = row["time_period"]
    if text[:4].isdigit():
        year = int(text[:4])
        found |= {str(year + 1), str(year - 1), str(year + 10), f"{year}-H1", f"{year}-Q1", "undated"}
    return {"time_period": dice.choice(sorted(found - {text}))}


def kind(row: Cells, dice: random.Random, package: Package) -> Cells:
    """Another kind."""
    return {"kind": dice.choice([one for one in KINDS if one != row["kind"]])}


def comparator(row: Cells, dice: random.Random, package: Package) -> Cells:
    """Another bound."""
    return {"comparator": dice.choice([one for one in COMPARATORS if one != row["comparator"]]), "upper_value": ""}


def area(row: Cells, dice: random.Random, package: Package) -> Cells:
    """Another place."""
    return {"ref_area": dice.choice([one for one in package["areas"].by_key if one != row["ref_area"]])}


def transformation(row: Cells, dice: random.Random, package: Package) -> Cells:
    """Another kind of number."""
    return {"transformation": dice.choice([one for one in TRANSFORMATIONS if one != row["transformation"]])}


MUTATIONS: dict[str, Mutation] = {
    "sign": sign,
    "digit": digit,
    "unit, 10^4": multiple,
    "unit, other": unit,
    "period": time_period,
    "kind": kind,
    "comparator": comparator,
    "area": area,
    "transformation": transformation,
}


def mutants(package: Package, dice: random.Random, rows: int = 0) -> Iterator[tuple[str, Row, Row]]:
    """(kind of mutation, true row, mutated row) for `rows` rows with a value (0: all) and every kind."""
    true = [row for row in package["observations"].rows if row.values["obs_value"]]
    for row in dice.sample(true, rows) if rows else true:
        for name, mutate in MUTATIONS.items():
            yield name, row, Row({**row.values, **mutate(row.values, dice, package)}, row.file, row.line)


def named(package: Package, row: Row, mutant: Row) -> bool:
    """Whether the rules name the mutated row: without the text, and without its seal."""
    rows = {name: list(table.rows) for name, table in package.tables.items()}
    rows["observations"] = [mutant if one is row else one for one in rows["observations"]]
    tables = Tables(rows)
    if next(row_problems("observations", mutant, tables), None):
        return True
    evidence = Evidence(tables)
    return any(next(strange_cells(one, evidence), None) for one in evidence.rows if one.row is mutant)


def counts(package: Package, seed: int, rows: int = 0) -> tuple[Counter[str], Counter[str]]:
    """How many mutants there are and how many are named, by kind."""
    made: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    for name, row, mutant in mutants(package, random.Random(seed), rows):
        made[name] += 1
        caught[name] += named(package, row, mutant)
    return made, caught


def report(made: Counter[str], caught: Counter[str]) -> str:
    """The counts as a table."""
    lines = [f"{name:<16}{caught[name]:>6} of {made[name]:>5}  {caught[name] / made[name]:6.1%}" for name in made]
    total, found = sum(made.values()), sum(caught.values())
    return "\n".join([*lines, f"{'all':<16}{found:>6} of {total:>5}  {found / total:6.1%}"])
