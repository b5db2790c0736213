"""The shape of the two configuration files: models that check them, and what editors need to check them too.

``reports/catalog.toml`` has its model here, ``schedule.toml`` in ``deliver.schedule``. The JSON Schemas that
are shipped beside the files come from the models (:func:`schema`); every mistake is said with its line.
"""

from __future__ import annotations

import json
import re
import tomllib
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from planbrief.errors import Problem
from planbrief.languages import OWN, look_in, tables
from planbrief.project import Project

Scalar = StrictStr | StrictInt | StrictFloat | StrictBool


def _language(code: str) -> str:
    if code not in (known := (*OWN, *tables())):
        raise ValueError(f"{code!r}; expected {' or '.join(map(repr, known))}")
    return code


#: zh, en, or a language that notebooks/words/languages has a table of.
Code = Annotated[StrictStr, AfterValidator(_language), Field(json_schema_extra={"pattern": "^[a-z]{2,3}$"})]
#: What pydantic calls a mistake, and what would be right.
_EXPECTED = {
    "missing": "this entry",
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list: […]",
    "tuple_type": "a list: […]",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


class Table(BaseModel):
    """A table of a configuration file; unknown names are refused, and what stands below a field describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Texts(Table):
    """A text in both languages; ``{name}`` in it becomes the value of a parameter."""

    zh: StrictStr
    en: StrictStr


class ParameterTable(Table):
    """A parameter of a notebook."""

    type: Literal["text", "integer", "number", "flag", "area", "areas"]
    """What its values are; area is a ref_area of data/areas.csv, areas a list of them."""
    default: Scalar | list[Scalar] | None = None
    required: StrictBool = False
    allowed: list[Scalar] = []
    """The only values that it takes."""
    help: StrictStr = ""


class NotebookTable(Table):
    """What a notebook declares; one that declares nothing is read itself."""

    parameters: dict[str, ParameterTable] = {}


class ReportTable(Table):
    """A notebook with parameters: one report, or one for each value of a list."""

    notebook: StrictStr
    """Name of a file of notebooks/ without .ipynb."""
    id: StrictStr = ""
    """Name of the report and of its files; {name} becomes the value of a parameter."""
    about: Texts | None = None
    """The line that the index shows."""
    parameters: dict[str, Scalar | list[Scalar]] = {}
    """Values; a list makes one report per item, "*" one per city that has data, "level:province" one per province."""
    languages: list[Code] = Field(default=["zh", "en"], min_length=1)
    formats: list[Literal["html", "pdf"]] = Field(default=["html", "pdf"], min_length=1)


class CatalogFile(Table):
    """What planbrief builds: notebooks with parameters, in languages and formats (reports/catalog.toml)."""

    languages: list[Code] = Field(default=["zh", "en"], min_length=1)
    formats: list[Literal["html", "pdf"]] = Field(default=["html", "pdf"], min_length=1)
    exclude_sources: list[StrictStr] = []
    """Documents that no report uses: names of folders in data/documents."""
    feedback: Texts | None = None
    """Where readers report an error; stands at the end of every report."""
    project: StrictStr = ""
    """What pages call the project; the name of the data package if it is not said."""
    notebooks: dict[str, NotebookTable] = {}
    reports: list[ReportTable] = Field(min_length=1)


def schema(model: type[BaseModel]) -> str:
    """JSON Schema of a file, for the line ``#:schema ./NAME.schema.json`` at its head."""
    found = {"$schema": "http://json-schema.org/draft-07/schema#", **model.model_json_schema()}
    # Draft 7 is the newest that the TOML language server speaks; definitions have another name in it.
    text = json.dumps(found, ensure_ascii=False, indent=2).replace("#/$defs/", "#/definitions/")
    return text.replace('"$defs": {', '"definitions": {') + "\n"


def line_of(text: str, place: tuple[int | str, ...]) -> int:
    """Line of a TOML text where an entry stands, 0 where it cannot be told (an inline table over one line counts).

    >>> line_of('x = 1\\n[[jobs]]\\nname = "a"\\n[[jobs]]\\nname = 2', ("jobs", 1, "name"))
    5
    """
    lines, row = text.split("\n"), 0
    for name, number in zip(place, (*place[1:], ""), strict=False):
        if isinstance(name, int):
            continue
        word = re.compile(rf"""(^|[\s.\[{{,"'])["']?{re.escape(name)}["']?\s*(\]|\.|=)""")
        header = re.compile(rf"""\s*\[\[([^\]]*\.)?["']?{re.escape(name)}["']?\]\]""")
        found = [line for line in range(row, len(lines)) if header.match(lines[line])]
        if found and isinstance(number, int):
            row = found[min(number, len(found) - 1)]
        else:
            row = next((line for line in range(row, len(lines)) if word.search(lines[line])), row)
    return row + 1 if place else 0


def mistakes(model: type[BaseModel], error: ValidationError, file: str, text: str) -> list[Problem]:
    """Everything that a model found wrong with a file, each with its line and what would be right."""
    found, said = [], error.errors(include_url=False)
    for each in said:
        if any(other["loc"][: len(each["loc"])] == each["loc"] != other["loc"] for other in said):
            continue  # pydantic counts only sound items: a list of one wrong job is "too short", too
        place, kind, context = each["loc"], each["type"], each.get("ctx", {})
        shown = ".".join(str(part) for part in place if re.fullmatch(r"[\w-]+", str(part))) or "file"
        # Where the name of a variable with a secret belongs, somebody may have put the secret.
        value = "" if any(str(part).endswith("_env") for part in place) else repr(each["input"])[:80]
        if kind == "extra_forbidden":
            value, expected = f"the unknown name {str(place[-1])[:80]!r}", _near(str(place[-1]), model)
        elif kind == "missing":
            value, expected = "nothing", f"an entry {place[-1]}"
        else:
            words = each["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
            expected = _EXPECTED.get(kind) or context.get("expected") or words[0].lower() + words[1:]
            if kind == "value_error":  # our own words: what was found; expected what would be right
                value, _, expected = words.removeprefix("expected ").rpartition("; expected ")
        row = line_of(text, place[:-1] if kind == "missing" else place)
        found.append(Problem(file, row, shown, value, str(expected)))
    return sorted(set(found))


def _near(name: str, model: type[BaseModel]) -> str:
    """What was probably meant by an unknown name."""
    shape = model.model_json_schema()
    known = {each for table in (shape, *shape.get("$defs", {}).values()) for each in table.get("properties", ())}
    close = get_close_matches(name, known, 1)
    return f"{close[0]}?" if close else "one of the names that the schema beside the file lists"


def catalog_mistakes(project: Project) -> list[Problem]:
    """What is wrong with the shape of a project's catalog; empty where it is no TOML, which reading it says."""
    try:
        look_in(project.notebooks)
        text = project.catalog.read_text(encoding="utf-8")
        CatalogFile.model_validate(tomllib.loads(text))
    except ValidationError as error:
        return mistakes(CatalogFile, error, "reports/catalog.toml", text)
    except (OSError, ValueError, RecursionError):
        return []
    return []
