"""Every problem of a project in one list: its data, notebooks, catalog, messages and translations."""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from planbrief.checks.data import sheets_of, survey
from planbrief.checks.rules import to_be_written
from planbrief.display.language import LANGS, TemplateError, digits_in_template, is_chinese, messages, problems_of
from planbrief.errors import ParameterError, PlanbriefError, Problem
from planbrief.parameters import CELL_TRACES, NOTEBOOK_TRACES, assignments, convert, declared, read_catalog
from planbrief.project import Project
from planbrief.targets.descriptor import read_descriptor
from planbrief.targets.names import Names
from planbrief.targets.package import Package, Table

#: (resource, field) of the data package → prefix of the messages that name its codes.
VOCABULARIES = {
    ("sources", "doc_type"): "doc_type",
    ("sources", "language"): "language",
    ("areas", "level"): "area_level",
    ("indicators", "direction"): "direction",
    ("indicators", "aggregation"): "aggregation",
    ("indicators", "character"): "character",
    ("observations", "kind"): "kind",
    ("observations", "comparator"): "comparator",
    ("observations", "transformation"): "transformation",
    ("observations", "obs_status"): "obs_status",
    ("exclusions", "reason"): "exclusion_reason",
}
#: Columns of the reference tables that must be filled, by language.
NAMES = {
    "sources": ("title_zh", "title_en"),
    "areas": ("name_zh", "name_en"),
    "activities": ("name_zh", "name_en"),
    "indicators": ("name_zh", "name_en", "definition_zh", "definition"),
    "themes": ("name_zh", "name_en", "definition_zh", "definition_en"),
    "concepts": ("name_zh", "name_en", "definition_zh", "definition_en"),
    "scopes": ("name_zh", "name_en", "definition_zh", "definition_en"),
}


def vocabulary_problems(package: Package) -> list[Problem]:
    """Codes that the data package allows and no message names, and closed vocabularies without messages."""
    found = []
    for name in [*NAMES, "observations", "exclusions"]:
        table = package[name]
        for field in table.schema["fields"]:
            codes = field.get("constraints", {}).get("enum")
            if not codes:
                continue
            prefix = VOCABULARIES.get((name, field["name"]))
            if prefix is None:
                if set(codes) - {"true", "false"}:
                    place, expected = f"{name}.{field['name']}", "an entry in checks.project.VOCABULARIES"
                    found.append(Problem("data/datapackage.json", 0, place, "no messages", expected))
                continue
            for code in codes:
                for lang in LANGS:
                    if f"{prefix}.{code}" not in messages(lang):
                        place = f"src/planbrief/display/messages/{lang}.toml"
                        found.append(Problem(place, 0, f"{prefix}.{code}", "no wording", f"a name for {code}"))
    return found


def name_problems(package: Package) -> list[Problem]:
    """Rows of the reference tables without name or definition in a language, or with Chinese in the English one."""
    found = []
    for name, columns in NAMES.items():
        for row in package[name].rows:
            for column in columns:
                value = row.values.get(column, "")
                what = "a definition" if column.startswith("definition") else "a name"
                if not value.strip():
                    found.append(Problem(row.file, row.line, column, "nothing", f"{what} in this language"))
                elif column == "name_en" and to_be_written(row.values):
                    # The page shows the Chinese name until somebody writes the English one: told, not refused.
                    found.append(Problem(row.file, row.line, column, repr(value), "the English name", note=True))
                elif (column.endswith("_en") or column == "definition") and is_chinese(value):
                    found.append(Problem(row.file, row.line, column, repr(value), "English without Chinese characters"))
    for row in package["units"].rows:
        if not row.values.get("name_en", "").strip() and row.values["unit"] != "1":
            found.append(Problem(row.file, row.line, "name_en", "nothing", "the English name of the unit"))
    return found


#: A notebook larger than this is refused.
LARGEST_NOTEBOOK = 64 * 1024 * 1024
_LANGUAGES = {"lang:zh": "lang:en", "lang:en": "lang:zh"}
#: Calls whose texts are templates: names of the arguments that hold them, by position.
_TEMPLATES = {"say": ("zh", "en"), "heading": ("zh", "en"), "tell": ("", "templates"), "begin": ("", "title")}
#: A formula in Markdown; its constants (the 1 of a growth rate, the 100 of a percentage) are no figures of a plan.
_FORMULA = re.compile(r"\$\$.+?\$\$|\$(?! )[^$\n]+?(?<! )\$(?!\d)", re.DOTALL)

Finding = tuple[str, str, str]  # column, found, expected
#: What is expected where a run or a trial has left its traces: nothing of them is ever published.
_PROSE = " typed into text"
_READABLE = "code that Python can read"
#: Text of an own notebook without a tag stands on the pages of both languages, which is for its author to decide.
_TAGGED = "a tag, lang:zh or lang:en, or text that both languages may show"
_CLEAN, _DEFAULT = "a notebook without outputs (planbrief nb clean)", ", the default in reports/catalog.toml"


def notebook_problems(project: Project, areas: Collection[str], only: Collection[str] | None = None) -> list[Problem]:
    """Problems of every notebook in ``notebooks/``, or of those named in `only`, with the words that they say.

    What is never published, or may be meant, is a note: outputs and counts of a run, another default than the
    catalog's, text without a language, the author's own prose in a notebook that begins no report of planbrief's
    (``begin()``), and everything about a notebook that no report is made of.
    """
    files = sorted(project.notebooks.glob("*.ipynb")) if project.notebooks.is_dir() else []
    if not files:
        return [Problem("notebooks", 0, "", "no notebook", "the notebooks that the catalog names")]
    languages = languages_of_notebooks(project)
    problems = []
    for file in files:
        if only is not None and file.stem not in only:
            continue
        published = languages is None or file.stem in languages
        both = languages is None or len(languages.get(file.stem, ("zh", "en"))) > 1
        own = file.is_file() and b"begin(" not in file.read_bytes()
        for column, found, expected in one_notebook(project, file, areas, both):
            note = not published or expected in (_CLEAN, _TAGGED) or expected.endswith(_DEFAULT)
            note = note or (own and (found.endswith(_PROSE) or expected.startswith("a text tagged ")))
            problems.append(Problem(f"notebooks/{file.name}", 0, column, found, expected, note=note))
    return problems + problems_of(project.notebooks / "words", only)


def languages_of_notebooks(project: Project) -> dict[str, set[str]] | None:
    """The languages in which reports are made of each notebook; None where the catalog cannot be read."""
    found: dict[str, set[str]] = {}
    with contextlib.suppress(PlanbriefError, AttributeError, TypeError):
        catalog = read_catalog(project.catalog)
        for entry in catalog["reports"] if isinstance(catalog.get("reports"), list) else ():
            languages = entry.get("languages", catalog.get("languages", ("zh", "en")))
            found.setdefault(entry["notebook"], set()).update(languages)
        return found
    return None


def one_notebook(project: Project, file: Path, areas: Collection[str], both: bool = True) -> Iterator[Finding]:
    """Problems of one notebook, of which reports are made in `both` languages: (cell, found, expected)."""
    try:
        if file.stat().st_size > LARGEST_NOTEBOOK:
            yield "", f"{file.stat().st_size / 1e6:.0f} MB", f"at most {LARGEST_NOTEBOOK // 2**20} MiB"
            return
        notebook = json.loads(file.read_bytes().decode("utf-8-sig"))
        cells = notebook["cells"]
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise ValueError("cells that are no list of objects")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        yield "", f"unreadable: {type(error).__name__}: {str(error)[:120]}", "a Jupyter notebook (nbformat 4)"
        return
    # A report in one language needs no pairs of texts; everything else holds for every notebook.
    yield from stripped(notebook, cells)
    yield from parameters(project, file.stem, cells, areas)
    if both:
        yield from languages(cells)
    for number, cell in enumerate(cells, start=1):
        place = f"cell {number}"
        if cell.get("cell_type") == "markdown":
            prose = _FORMULA.sub(" ", source_of(cell))
            wanted = "say(…) with a figure: a number has a source (a year: year=2027)"
            for digits in digits_in_template(re.sub("[{}]", "", prose)):
                yield place, f"the number {digits}{_PROSE}", wanted
        elif cell.get("cell_type") == "code":
            yield from templates(source_of(cell), place)


def source_of(cell: Mapping[str, Any]) -> str:
    """Text of a cell."""
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def tags_of(cell: Mapping[str, Any]) -> list[str]:
    """Tags of a cell."""
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def stripped(notebook: Mapping[str, Any], cells: list[dict[str, Any]]) -> Iterator[Finding]:
    """Outputs, execution counts and other traces of a run."""
    metadata = notebook.get("metadata")
    for key in NOTEBOOK_TRACES:
        if isinstance(metadata, dict) and key in metadata:
            yield "", f"metadata {key}", _CLEAN
    for number, cell in enumerate(cells, start=1):
        if cell.get("outputs"):
            yield f"cell {number}", "outputs", _CLEAN
        if cell.get("execution_count") is not None:
            yield f"cell {number}", f"execution count {cell['execution_count']}"[:60], _CLEAN
        own = cell.get("metadata")
        for key in CELL_TRACES:
            if isinstance(own, dict) and key in own:
                yield f"cell {number}", f"metadata {key}", _CLEAN


def parameters(
    project: Project, notebook: str, cells: list[dict[str, Any]], areas: Collection[str]
) -> Iterator[Finding]:
    """One cell tagged parameters, with the names that the catalog declares, and defaults of their types."""
    tagged = [number for number, cell in enumerate(cells, start=1) if "parameters" in tags_of(cell)]
    if len(tagged) != 1:
        where = ", ".join(map(str, tagged))
        yield "", f"{len(tagged)} cells tagged parameters {where}".strip(), "exactly one"
        return
    place = f"cell {tagged[0]}"
    try:
        wanted = {parameter.name: parameter for parameter in declared(project, notebook)}
    except PlanbriefError as error:
        yield "", str(error)[:160], f"[notebooks.{notebook}.parameters] in reports/catalog.toml"
        return
    try:
        given = dict(assignments(source_of(cells[tagged[0] - 1])))
    except (SyntaxError, ValueError, RecursionError) as error:
        yield place, f"no plain defaults: {error}"[:120], 'lines like region = "bazhong"'
        return
    for name in sorted({*wanted, "lang"} - set(given)):
        yield place, f"no parameter {name}", "the parameters that reports/catalog.toml declares, and lang"
    for name, value in given.items():
        if name not in wanted:
            yield place, f"the parameter {name}", "only parameters that reports/catalog.toml declares"
            continue
        parameter = wanted[name]
        try:
            convert(notebook, parameter, value, areas)
        except ParameterError as error:
            yield place, f"{name} = {value!r}"[:80], error.expected
            continue
        if parameter.default is not None and value != parameter.default:
            yield place, f"{name} = {value!r}"[:80], f"{parameter.default!r}{_DEFAULT}"


def languages(cells: list[dict[str, Any]]) -> Iterator[Finding]:
    """Markdown cells come in pairs, one per language."""
    number = 0
    while number < len(cells):
        cell = cells[number]
        number += 1
        if cell.get("cell_type") != "markdown" or not re.search(r"\w", source_of(cell)):
            continue
        own = [tag for tag in tags_of(cell) if tag in _LANGUAGES]
        if len(own) != 1:
            wanted = "one tag, lang:zh or lang:en" if own else _TAGGED
            yield f"cell {number}", f"text with {len(own)} language tags", wanted
            continue
        following = cells[number] if number < len(cells) else {}
        if following.get("cell_type") == "markdown" and _LANGUAGES[own[0]] in tags_of(following):
            number += 1
        else:
            yield f"cell {number}", f"{own[0]} without its pair", f"a text tagged {_LANGUAGES[own[0]]} behind it"


def templates(source: str, place: str) -> Iterator[Finding]:
    """Numbers typed into sentences, broken templates, sentences in one language only."""
    try:
        # Magics and shell lines are IPython's, not Python's.
        tree = ast.parse(re.sub(r"(?m)^\s*[%!].*$", "", source))
    except (SyntaxError, ValueError, RecursionError) as error:
        yield place, f"broken Python: {error}"[:120], _READABLE
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in _TEMPLATES:
            continue
        given = dict(zip(_TEMPLATES[name], node.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        if name in ("say", "heading") and all(
            isinstance(given.get(one), ast.Constant) for one in given if one in "zhen"
        ):
            for lang in ("zh", "en"):
                if lang not in given:
                    yield place, f"{name}(…) without {lang}", "a wording in both languages"
        for argument in _TEMPLATES[name]:
            for text in texts(given.get(argument)) if argument else ():
                yield from typed_numbers(text, name, place)


def texts(node: ast.expr | None) -> Iterator[str]:
    """String constants in an argument (in a dictionary: in its values)."""
    if node is None:
        return
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from texts(value)
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value


def typed_numbers(text: str, call: str, place: str) -> Iterator[Finding]:
    """Digits in a template, and templates that do not parse."""
    try:
        for digits in digits_in_template(text):
            wanted = "{name} with a figure (a year: {year} with year=2027)"
            yield place, f"the number {digits} typed into {call}(…)", wanted
    except TemplateError as error:
        yield place, str(error)[:160], "a template with {name} placeholders"


def area_names(project: Project) -> Names:
    """What the areas of sound data may be called, from their own table alone."""
    resource = next(one for one in read_descriptor(project.data)["resources"] if one["name"] == "areas")
    rows = tuple(row for sheet in sheets_of(project.data, {"resources": [resource]}) for row in sheet.rows)
    return Package(project.data, {}, {"areas": Table("areas", resource["schema"], rows, ())}).names("areas")


def project_problems(project: Project, published: Collection[str] | None = None, sound: bool = False) -> list[Problem]:
    """Everything that is wrong with a project, sorted by file and row.

    Of the notebooks named in `published` alone it is what keeps reports made of them from being published: the data
    and their words, the shape of the catalog, these notebooks and theirs, no notes. Entries of the catalog that cannot
    be built are not built anyway, and code that Python cannot read fails its own report, which says where. Data
    that are known to be `sound` are not looked at again.
    """
    from planbrief import catalog
    from planbrief.checks.toml_shape import catalog_mistakes
    from planbrief.targets.package import usable_package

    found: set[Problem] = set()
    package: Package | None = None
    areas: Collection[str]
    if sound:
        areas = area_names(project)
    else:
        data = survey(project.data)
        areas = frozenset(row.values["ref_area"] for one in data.sheets if one.table == "areas" for row in one.rows)
        with contextlib.suppress(PlanbriefError):  # that is in the list already
            package = usable_package(project)
            areas = package.names("areas")  # by name as well, as everywhere else
        places = {(one.file, one.row, one.column) for one in data.problems}  # an empty name is one slip, not two
        unsaid = (*vocabulary_problems(package), *name_problems(package)) if package else ()
        found = {*data.problems, *(one for one in unsaid if (one.file, one.row, one.column) not in places)}
    shape = catalog_mistakes(project)
    # What a notebook declares cannot be held against a catalog of another shape.
    found |= {*(shape or notebook_problems(project, areas, published))}
    if published is not None:
        return sorted(one for one in found if not one.note and one.expected != _READABLE)
    return sorted({*found, *(catalog.problems(project, package) if package and not shape else ())})
