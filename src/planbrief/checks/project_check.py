"""Every problem of a project in one list: data, notebooks, catalog, translations."""

from __future__ import annotations

from planbrief.checks.data import survey
from planbrief.errors import PlanbriefError, Problem
from planbrief.project import Project


def project_problems(project: Project) -> list[Problem]:
    """Everything that is wrong with a project, sorted by file and row."""
    from planbrief.checks.notebooks import notebook_problems

    data = survey(project.data)
    areas = frozenset(row.values["ref_area"] for sheet in data.sheets if sheet.table == "areas" for row in sheet.rows)
    problems = [*data.problems, *notebook_problems(project, areas), *translation_problems()]
    problems += catalog_problems(project)
    return sorted(set(problems))


def catalog_problems(project: Project) -> list[Problem]:
    """What is wrong with the catalog, as far as the data can be read."""
    from planbrief import catalog
    from planbrief.targets.publishable import usable_package

    try:
        package = usable_package(project)
    except PlanbriefError:
        return []  # the data's problems are in the list already
    return catalog.problems(project, package)


def translation_problems() -> list[Problem]:
    """Messages that one language lacks, or whose placeholders differ."""
    from planbrief.display.language import LANGS, messages
    from planbrief.display.template import TemplateError, fields

    problems = []
    words = {lang: messages(lang) for lang in LANGS}
    for key in sorted({key for lang in LANGS for key in words[lang]}):
        used = {}
        for lang in LANGS:
            place = f"planbrief/display/messages/{lang}.toml"
            if key not in words[lang]:
                problems.append(Problem(place, 0, key, "no wording", "a wording in every language"))
                continue
            try:
                used[lang] = frozenset(fields(words[lang][key], key))
            except TemplateError as error:
                problems.append(Problem(place, 0, key, str(error), "a template with {name} placeholders"))
        if len(set(used.values())) > 1:
            found = "; ".join(f"{lang}: {', '.join(sorted(names)) or 'none'}" for lang, names in used.items())
            problems.append(Problem("planbrief/display/messages", 0, key, found, "the same placeholders"))
    return problems
