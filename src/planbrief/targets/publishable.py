"""The data that a project's reports may use: the package without the documents that its catalog leaves out."""

from __future__ import annotations

from dataclasses import replace

from planbrief.parameters import read_catalog
from planbrief.project import Project
from planbrief.targets.package import Package, Table, read_package


def without(package: Package, sources: frozenset[str]) -> Package:
    """`package` without the rows of `sources`."""
    if not sources:
        return package

    def kept(table: Table) -> Table:
        rows = tuple(row for row in table.rows if row.values.get("source_id") not in sources)
        return replace(table, rows=rows)

    return replace(package, tables={name: kept(table) for name, table in package.tables.items()})


def left_out(project: Project) -> frozenset[str]:
    """Documents that the catalog of `project` leaves out (``exclude_sources``)."""
    named = read_catalog(project.catalog).get("exclude_sources", []) if project.catalog.is_file() else []
    return frozenset(str(source) for source in named) if isinstance(named, list) else frozenset()


def usable_package(project: Project) -> Package:
    """Tables of `project` without the documents in the catalog's ``exclude_sources``."""
    package = read_package(project.data)
    return without(package, left_out(project))
