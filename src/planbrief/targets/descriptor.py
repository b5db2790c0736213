"""``datapackage.json``: what it must say for planbrief to work with it (tables, columns, types and keys of the
contract), and where the rows of its tables lie.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from planbrief.errors import DataError, Problem

#: A file larger than this is refused before it is read into memory.
LARGEST_FILE = 64 * 1024 * 1024

#: Tables of the contract: their columns in order, the first of which are the key.
COLUMNS: dict[str, str] = {
    "sources": "source_id title_zh title_en producer doc_number doc_type date_published language url disclosure "
    "file_name sha256 characters",
    "areas": "ref_area name_zh name_en level parent gb2260 iso3166_2",
    "activities": "activity name_zh name_en parent system exhaustive",
    "indicators": "indicator name_zh name_en definition concept scope unit_measure direction aggregation character "
    "theme",
    "themes": "theme name_zh name_en definition_zh definition_en source",
    "concepts": "concept name_zh name_en definition_zh definition_en source nature",
    "scopes": "scope name_zh name_en definition_zh definition_en source",
    "units": "unit dimension factor name_zh name_en",
    "observations": "obs_id source_id ref_area subject indicator activity time_period kind obs_value upper_value "
    "comparator transformation counterpart_area unit_measure price_base base_period obs_status locator char_start "
    "char_end value_text comment_obs",
    "exclusions": "source_id char_start char_end value_text reason comment",
}
#: Tables of words, closed lists in earlier versions.
VOCABULARIES = ("themes", "concepts", "scopes")
KEYS = {name: columns.split()[: 2 if name == "exclusions" else 1] for name, columns in COLUMNS.items()}
#: Columns that are not text.
TYPES: dict[tuple[str, str], str] = {
    ("sources", "date_published"): "date",
    ("sources", "characters"): "integer",
    ("activities", "exhaustive"): "boolean",
    ("units", "factor"): "number",
    ("observations", "obs_value"): "number",
    ("observations", "upper_value"): "number",
    ("observations", "char_start"): "integer",
    ("observations", "char_end"): "integer",
    ("exclusions", "char_start"): "integer",
    ("exclusions", "char_end"): "integer",
}
_FILE = "data/datapackage.json"
#: How the files of a table that lies in several folders are named.
_PARTS = re.compile(r"[a-z][a-z0-9_-]{0,40}/\*/[a-z][a-z0-9_-]{0,40}\.csv")
_FORM = re.compile(r"[a-z][a-z0-9_-]{0,40}/[a-z][a-z0-9_-]{0,40}\.csv")


def descriptor_problems(descriptor: Any) -> list[Problem]:
    """Everything in a descriptor that keeps planbrief from reading the tables."""
    problems: list[Problem] = []

    def wrong(place: str, found: object, expected: str) -> None:
        problems.append(Problem(_FILE, 0, place[:120], repr(found)[:120] if found is not None else "nothing", expected))

    resources = descriptor.get("resources") if isinstance(descriptor, dict) else None
    if not isinstance(resources, list):
        wrong("resources", resources, "a list of tables")
        return problems
    names = []
    for position, resource in enumerate(resources):
        name = resource.get("name") if isinstance(resource, dict) else None
        if not isinstance(name, str) or name in names:
            wrong(f"resources[{position}].name", name, "a name of its own")
            continue
        names.append(name)
        path = resource.get("path")
        paths = [path] if isinstance(path, str) else path
        if not isinstance(paths, list) or not paths or not all(isinstance(one, str) for one in paths):
            wrong(f"{name}.path", path, "the path of a CSV file or a list of them")
        elif "parts" in resource:
            form, parts = paths[0], resource["parts"]
            if not isinstance(parts, str) or not _PARTS.fullmatch(parts):
                wrong(f"{name}.parts", parts, "a pattern like documents/*/observations.csv")
            if not _FORM.fullmatch(form):
                wrong(f"{name}.path", form, "the table's empty form, like forms/observations.csv")
        schema = resource.get("schema")
        fields = schema.get("fields") if isinstance(schema, dict) else None
        if not isinstance(fields, list) or not fields:
            wrong(f"{name}.schema.fields", fields, "a list of fields")
            continue
        _fields(name, fields, wrong)
        if name in COLUMNS:
            _contract(name, schema, wrong)
        _keys(name, schema, [one.get("name") for one in resources if isinstance(one, dict)], wrong)
    # Tables of words are asked for by former_layout, whose message says what makes them.
    for needed in COLUMNS:
        if needed not in (*names, *VOCABULARIES):
            wrong("resources", None, f"a resource named {needed}")
    return problems


def _fields(table: str, fields: list[Any], wrong: Any) -> None:
    """Names, types and constraints of a table's fields."""
    for position, field in enumerate(fields):
        name = field.get("name") if isinstance(field, dict) else None
        if not isinstance(name, str):
            wrong(f"{table}.schema.fields[{position}].name", name, "a name")
            continue
        place = f"{table}.schema.fields.{name}"
        kind = field.get("type", "string")
        if table in COLUMNS and kind != TYPES.get((table, name), "string"):
            wrong(f"{place}.type", kind, TYPES.get((table, name), "string"))
        elif not isinstance(kind, str):
            wrong(f"{place}.type", kind, "the name of a type")
        rules = field.get("constraints", {})
        if not isinstance(rules, dict):
            wrong(f"{place}.constraints", rules, "an object")
            continue
        enum = rules.get("enum", [])
        if not isinstance(enum, list) or not all(isinstance(value, str) for value in enum):
            wrong(f"{place}.constraints.enum", enum, "a list of words")
        try:
            re.compile(rules.get("pattern", ""))
        except (re.error, TypeError, RecursionError, OverflowError):
            wrong(f"{place}.constraints.pattern", rules.get("pattern"), "a regular expression")
        for rule in ("minimum", "maxLength"):
            if not isinstance(rules.get(rule, 0), int):
                wrong(f"{place}.constraints.{rule}", rules[rule], "a whole number")


def _contract(table: str, schema: dict[str, Any], wrong: Any) -> None:
    """Columns and key of one of the tables that planbrief works with."""
    given = [field.get("name") for field in schema["fields"] if isinstance(field, dict)]
    wanted = COLUMNS[table].split()
    for column in wanted:
        if given.count(column) != 1:
            wrong(f"{table}.schema.fields", f"{given.count(column)} fields {column}", f"one field {column}")
    key = schema.get("primaryKey")
    if ([key] if isinstance(key, str) else key) != KEYS[table]:
        wrong(f"{table}.schema.primaryKey", key, ", ".join(KEYS[table]))


def _keys(table: str, schema: dict[str, Any], tables: list[Any], wrong: Any) -> None:
    """Form of the foreign keys."""
    keys = schema.get("foreignKeys", [])
    if not isinstance(keys, list):
        wrong(f"{table}.schema.foreignKeys", keys, "a list")
        return
    columns = [field.get("name") for field in schema["fields"] if isinstance(field, dict)]
    for position, key in enumerate(keys):
        place = f"{table}.schema.foreignKeys[{position}]"
        reference = key.get("reference") if isinstance(key, dict) else None
        fields = key.get("fields") if isinstance(key, dict) else None
        if not isinstance(fields, list) or len(fields) != 1 or fields[0] not in columns:
            wrong(f"{place}.fields", fields, "a list of one column of the table")
        target = reference.get("resource") if isinstance(reference, dict) else None
        if not isinstance(target, str) or (target and target not in tables):
            wrong(f"{place}.reference", reference, "a resource of the package")


def read_descriptor(folder: Path) -> dict[str, Any]:
    """``datapackage.json`` of `folder`; :class:`DataError` where it is missing, broken or of an earlier layout."""
    descriptor = descriptor_as_found(folder)
    if problems := former_layout(descriptor):
        raise DataError(problems)
    return descriptor


def descriptor_as_found(folder: Path) -> dict[str, Any]:
    """``datapackage.json`` of `folder` in this or an earlier layout; :class:`DataError` where it is no descriptor."""
    path = folder / "datapackage.json"
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError("larger than any description of tables")
        descriptor = json.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise DataError([Problem(_FILE, 0, "", "no such file", "the description of the tables")]) from None
    except (ValueError, OSError, RecursionError) as error:
        found = f"unreadable: {type(error).__name__}: {str(error)[:200]}"
        raise DataError([Problem(_FILE, 0, "", found, "a Data Package descriptor in JSON")]) from None
    if problems := descriptor_problems(descriptor):
        raise DataError(problems)
    return dict(descriptor)


def former_layout(descriptor: Mapping[str, Any]) -> list[Problem]:
    """The one problem of a data folder as earlier versions laid it out: a folder per kind, closed lists of words."""
    resources = {resource["name"]: resource for resource in descriptor["resources"]}
    observations = resources["observations"]
    listed = isinstance(observations["path"], list) and "parts" not in observations
    if not listed and resources.keys() >= set(VOCABULARIES):
        return []
    expected = "one folder per document and tables of words; planbrief migrate rewrites the data folder in place"
    return [Problem(_FILE, 0, "", "the layout of an earlier version", expected)]


def files_of(folder: Path, resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Files of a resource that lie in the data folder, relative to it.

    A table of documents has a part in the folder of each document, and nothing lists them: ``parts`` is a pattern
    (``documents/*/observations.csv``), and the folders say which documents there are. Its ``path`` is the empty form
    that comes before the parts.
    """
    if pattern := resource.get("parts"):
        found = (path.relative_to(folder).as_posix() for path in folder.glob(pattern))
        return tuple(sorted(name for name in found if "/." not in name))
    given = resource["path"]
    return (given,) if isinstance(given, str) else tuple(given)


def spare_columns(resource: Mapping[str, Any]) -> frozenset[str]:
    """Columns of a resource that a file may go without: those that came after the contract of its table."""
    contract = COLUMNS.get(resource["name"])
    fields = (field["name"] for field in resource["schema"]["fields"])
    return frozenset() if contract is None else frozenset(fields) - frozenset(contract.split())


def home_of(resource: Mapping[str, Any]) -> str:
    """Where the rows of a resource are written, for messages: a file, or the pattern of its parts."""
    given = resource.get("parts") or resource["path"]
    return given if isinstance(given, str) else given[0]
