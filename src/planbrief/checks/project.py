"""Every problem of a project in one list: data, notebooks, catalog, translations."""

from __future__ import annotations

from planbrief.checks.data import survey
from planbrief.checks.seal import UNSEALED
from planbrief.errors import PlanbriefError, Problem
from planbrief.project import Project
from planbrief.targets.package import Package


def statement_problems(project: Project) -> list[Problem]:
    """What would make a page say something false or in no language: data, their seal, words and names.

    Everything else that :func:`project_problems` lists is about the form of notebooks and catalog: a build refuses what
    it cannot run by itself. Rows that are new and not sealed yet say nothing false either: the seal remembers them once
    ``planbrief check --fix`` has run.
    """
    found = [problem for problem in survey(project.data).problems if problem.expected != UNSEALED]
    places = {(one.file, one.row, one.column) for one in found}
    unsaid = [one for one in wording_problems(project) if (one.file, one.row, one.column) not in places]
    return sorted({*found, *unsaid})


def project_problems(project: Project) -> list[Problem]:
    """Everything that is wrong with a project, sorted by file and row."""
    from planbrief.checks.notebooks import notebook_problems

    data = survey(project.data)
    areas = frozenset(row.values["ref_area"] for sheet in data.sheets if sheet.table == "areas" for row in sheet.rows)
    places = {(one.file, one.row, one.column) for one in data.problems}  # an empty name is one slip, not two
    unsaid = [one for one in wording_problems(project) if (one.file, one.row, one.column) not in places]
    problems = {*data.problems, *unsaid, *notebook_problems(project, areas), *catalog_problems(project)}
    return sorted(problems)


def catalog_problems(project: Project) -> list[Problem]:
    """What is wrong with the catalog, as far as the data can be read."""
    from planbrief import catalog

    package = _readable(project)
    return catalog.problems(project, package) if package else []


def wording_problems(project: Project) -> list[Problem]:
    """What one of the two languages lacks: messages, codes of the data, names in the data."""
    from planbrief.checks.translations import missing_translations

    return missing_translations(_readable(project))


def _readable(project: Project) -> Package | None:
    """The data, None where they cannot be read: that is in the list already."""
    from planbrief.targets.publishable import usable_package

    try:
        return usable_package(project)
    except PlanbriefError:
        return None
