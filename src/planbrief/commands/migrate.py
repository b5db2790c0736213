"""``planbrief migrate``: bring the data folder of an earlier version into today's layout and columns, in place.

Earlier versions kept one folder per kind of table and listed every file in ``datapackage.json``, so that two branches
with two new documents met in the same lines. Now each document has a folder of its own and nothing lists them.

Nothing is lost on the way: the new folders are written beside the old files, then the descriptor is replaced (the one
step that switches), then the old files go. Stopped anywhere, the folder is in one layout or the other, and running the
command again ends the work. Values stay as they are, and a row that differed from its seal still does.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planbrief.checks.data import (
    DESCRIPTOR,
    SEAL,
    Seal,
    Sheet,
    as_csv,
    descriptor_digest,
    digests,
    forms_of,
    read_seal,
    read_sheet,
    row_digest,
    row_key,
    write_seal,
)
from planbrief.checks.repair import write
from planbrief.checks.rules import DOCUMENT_TABLES
from planbrief.errors import DataError, Problem
from planbrief.project import chosen, packaged, writable
from planbrief.targets.descriptor import descriptor_as_found, files_of, read_descriptor
from planbrief.targets.package import read_package

#: Columns by which the rows of a shared table belong to documents.
DOCUMENT = "source_id"
#: Table of Chinese definitions that earlier versions kept beside the indicators.
CHINESE = "definitions_zh"


def migrate(folder: Path) -> list[str]:
    """Rewrite the data folder; what was written or removed, relative to it (nothing if it is up to date).

    Raises
    ------
    DataError
        For a table that cannot be read row by row; nothing has been changed then.
    """
    before = descriptor_as_found(folder)
    try:
        after = current_descriptor(before)
        sheets = [sheet for resource in before["resources"] for sheet in sheets_of(folder, resource)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        found = f"{type(error).__name__}: {str(error)[:120]}"
        expected = "tables with name, path, schema.fields and schema.primaryKey, as an earlier version wrote them"
        raise DataError([Problem(f"data/{DESCRIPTOR}", 0, "", found, expected)]) from None
    if before == after:
        return remove(folder, leftovers(folder, after))
    if broken := [problem for sheet in sheets if not sheet.whole for problem in sheet.problems]:
        raise DataError(broken)
    files, seal = laid_out(folder, sheets, after)
    files |= {path.relative_to(folder).as_posix(): content for path, _, content in forms_of(folder, after)}
    texts = {path: text.encode("utf-8") for path, text in write_seal(seal).items()} if read_seal(folder) else {}
    # the shared seal is the last to change: until then an interrupted run finds the old one
    content = {**files, **{path: text for path, text in texts.items() if path != SEAL}}
    for relative, data in content.items():
        (folder / relative).parent.mkdir(parents=True, exist_ok=True)
        write(folder / relative, f"data/{relative}", data)
    text = json.dumps(after, ensure_ascii=False, indent=2) + "\n"
    write(folder / DESCRIPTOR, f"data/{DESCRIPTOR}", text.encode("utf-8"))
    if SEAL in texts:
        write(folder / SEAL, f"data/{SEAL}", texts[SEAL])
    return [*sorted(content), DESCRIPTOR, *remove(folder, leftovers(folder, after))]


def key_of(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """The key of a table."""
    return tuple(resource["schema"]["primaryKey"])


def current_descriptor(before: Mapping[str, Any]) -> dict[str, Any]:
    """Today's description of the tables under the project's own name, with the tables and columns that it added."""
    today = read_descriptor(packaged().data)
    own = {resource["name"]: resource for resource in before["resources"] if resource["name"] != CHINESE}
    resources = []
    for resource in today["resources"]:
        fields = list(resource["schema"]["fields"])
        known = {field["name"] for field in fields}
        given = own.pop(resource["name"], resource)
        fields += [field for field in given["schema"]["fields"] if field["name"] not in known]
        resources.append({**resource, "schema": {**resource["schema"], "fields": fields}})
    said = {key: value for key, value in before.items() if key != "resources"}
    return {**said, "resources": [*resources, *own.values()]}


def sheets_of(folder: Path, resource: Mapping[str, Any]) -> list[Sheet]:
    """The files of a table as they were found."""
    names = files_of(folder, resource)
    return [read_sheet(folder, name, resource["name"], resource["schema"]) for name in names]


def laid_out(folder: Path, sheets: Iterable[Sheet], after: Mapping[str, Any]) -> tuple[dict[str, bytes], Seal]:
    """The files of the new layout, and a seal that says of every row what the old one said."""
    old_seal = read_seal(folder) or {}
    rows: dict[str, list[dict[str, str]]] = {}
    sheets = list(sheets)
    chinese = {row.values["indicator"]: row.values for sheet in sheets if sheet.table == CHINESE for row in sheet.rows}
    seal: Seal = {}
    documents: set[str] = set()
    resources = {resource["name"]: resource for resource in after["resources"]}
    for sheet in sheets:
        if sheet.table == CHINESE:
            continue
        resource = resources[sheet.table]
        names = [field["name"] for field in resource["schema"]["fields"]]
        sealed = old_seal.get(sheet.relative, {})
        for row in sheet.rows:
            document = row.values.get(DOCUMENT, "") if "parts" in resource else ""
            documents.add(document)
            file = file_of(resource, document)
            now = {column: row.values.get(column, "") for column in names}
            if sheet.table == "indicators" and not now["definition_zh"]:
                now["definition_zh"] = chinese.get(now["indicator"], {}).get("definition_zh", "")
                now["definition_source"] = now["definition_source"] or "planbrief"
            rows.setdefault(file, []).append(now)
            # A row that differed from its seal must differ from the new one as well: its old digest is kept.
            key = row_key(row.values, sheet.key)
            if key in sealed:
                meant = sealed[key] == row_digest(row.values)
                seal.setdefault(file, {})[key] = row_digest(now) if meant else sealed[key]
    add_standard(rows, seal, resources)
    files = {}
    for resource in after["resources"]:
        columns = tuple(field["name"] for field in resource["schema"]["fields"])
        needed = resource["name"] in DOCUMENT_TABLES
        for document in sorted(documents - {""}) if "parts" in resource else ("",):
            file = file_of(resource, document)
            if file in rows or needed:
                files[file] = as_csv(columns, rows.get(file, []))
                seal.setdefault(file, {})
            elif "parts" not in resource:
                files[file] = (packaged().data / file).read_bytes()
                seal[file] = digests(
                    read_sheet(packaged().data, file, resource["name"], resource["schema"]).rows, key_of(resource)
                )
    seal["datapackage.json"] = {"descriptor": descriptor_digest(after)}
    return files, seal


def add_standard(rows: dict[str, list[dict[str, str]]], seal: Seal, resources: Mapping[str, Any]) -> None:
    """Add the standard indicators whose id and names the project does not use, and the aliases of what it has."""
    shipped = read_package(packaged().data)
    own = rows.setdefault("indicators.csv", [])
    taken = {row[column] for row in own for column in ("indicator", "name_zh", "name_en")}
    # A name that the project gave to something of its own is the project's: the standard one stays out.
    new = [
        row.values
        for row in shipped["indicators"].rows
        if not taken & {row.values[c] for c in ("indicator", "name_zh", "name_en")}
    ]
    columns = [field["name"] for field in resources["indicators"]["schema"]["fields"]]
    for values in new:
        full = {column: values.get(column, "") for column in columns}
        own.append(full)
        seal.setdefault("indicators.csv", {})[full["indicator"]] = row_digest(full)
    if "indicator_aliases.csv" not in rows:
        known = {row["indicator"] for row in own}
        names = {row["name_zh"] for row in own}
        fitting = [row.values for row in shipped["indicator_aliases"].rows if row.values["indicator"] in known]
        rows["indicator_aliases.csv"] = [row for row in fitting if row["alias"] not in names]
        key = ("indicator", "alias")
        seal["indicator_aliases.csv"] = {row_key(row, key): row_digest(row) for row in rows["indicator_aliases.csv"]}


def file_of(resource: Mapping[str, Any], document: str) -> str:
    """The file that holds a row of a table, relative to the data folder."""
    return str(resource["parts"]).replace("*", document) if document else str(resource["path"])


def leftovers(folder: Path, after: Mapping[str, Any]) -> list[str]:
    """Files of the old layout whose rows all stand in the folders of the documents."""
    found = [f"{CHINESE}.csv"] if (folder / f"{CHINESE}.csv").is_file() else []
    for resource in after["resources"]:
        if "parts" not in resource:
            continue
        name, schema = resource["name"], resource["schema"]
        now = {row_key(row.values, sheet.key) for sheet in sheets_of(folder, resource) for row in sheet.rows}
        for path in (folder / f"{name}.csv", *sorted((folder / name).glob("*.csv"))):
            relative = path.relative_to(folder).as_posix()
            if path.is_file():
                with path.open(encoding="utf-8-sig", newline="") as file:
                    keys = {row_key(row, schema["primaryKey"]) for row in csv.DictReader(file)}
                # Removed only when every row of it stands in the new layout, whoever stopped the command before.
                found += [relative] if keys <= now else []
    return found


def remove(folder: Path, files: Iterable[str]) -> list[str]:
    """Remove files of the old layout, and the folders that are empty then; what was removed."""
    done = list(files)
    for relative in done:
        path = folder / relative
        path.unlink()
        if path.parent != folder and not list(path.parent.iterdir()):
            path.parent.rmdir()
    return done


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief migrate``."""
    project = writable(chosen(arguments), "planbrief init DIR lays out a copy")
    done = migrate(project.data)
    for relative in done:
        there = (project.data / relative).exists()
        print(f"{'written' if there else 'removed'}  data/{relative}")
    print(f"{len(done)} files; planbrief check says what is left" if done else "the data folder is up to date")
    return 0
