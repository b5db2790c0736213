"""Every problem of a project in one list: data, notebooks, catalog, translations."""

from __future__ import annotations

from collections.abc import Collection

from planbrief.checks.data import survey
from planbrief.errors import PlanbriefError, Problem
from planbrief.project import Project


def project_problems(project: Project) -> list[Problem]:
    """Everything that is wrong with a project, sorted by file and row."""
    from planbrief.checks.notebooks import notebook_problems

    data = survey(project.data)
    areas = frozenset(row.values["ref_area"] for sheet in data.sheets if sheet.table == "areas" for row in sheet.rows)
    problems = [*data.problems, *notebook_problems(project, areas)]
    problems += catalog_and_wording_problems(project, {(one.file, one.row, one.column) for one in data.problems})
    return sorted(set(problems))


def catalog_and_wording_problems(project: Project, known: Collection[tuple[str, int, str]]) -> list[Problem]:
    """What is wrong with the catalog, and what one of the two languages lacks, as far as the data can be read.

    A cell in `known` has its problem already: an empty name is one slip, not two.
    """
    from planbrief import catalog
    from planbrief.checks.translations import missing_translations
    from planbrief.targets.publishable import usable_package

    try:
        package = usable_package(project)
    except PlanbriefError:
        return missing_translations()  # the data's problems are in the list already
    unsaid = [one for one in missing_translations(package) if (one.file, one.row, one.column) not in known]
    return [*catalog.problems(project, package), *unsaid]
