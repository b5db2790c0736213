"""The seal of the data: one short digest per row, so that no slip in any cell stays unseen.

Rules find an impossible value; they cannot find a definition whose 15 became 16 or a year that became another year.
``seal.txt`` in the folder of each document, and one for the shared tables in ``data/``, remember every row by its key.
A row that differs from it or is new is reported by ``planbrief check`` and not published; ``planbrief check --accept``
seals it if it is meant. Cells are sealed, not bytes,
so that line ends and quoting do not matter, and one line per row keeps merges easy. It guards against slips, not
forgery.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from planbrief.errors import Problem
from planbrief.targets.package import LARGEST_FILE, Row, canonical

#: Name of the seal inside the data folder.
SEAL = "seal.txt"
_HEADER = "# One digest per row of the tables beside it: planbrief check compares, check --accept renews."
#: What a problem of the seal expects: it is how such problems are told from all others.
MEANT = "what was sealed; planbrief check --accept … if the change is meant"
UNSEALED = "a row that was accepted; planbrief check --accept … (or --accept-all) if it is meant"
#: More changed rows than this in one file are reported as one problem.
_LISTED = 20

Seal = dict[str, dict[str, str]]


def row_digest(values: Mapping[str, str]) -> str:
    """Eight hexadecimal digits that stand for all cells of a row."""
    return hashlib.sha256(canonical(dict(values)).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def row_key(values: Mapping[str, str], key: Iterable[str]) -> str:
    """Primary key of a row as the seal writes it, on one line and without spaces."""
    joined = ":".join(values.get(name, "") for name in key)
    return "".join(c if c.isprintable() and c != " " else "_" for c in joined) or "_"


def descriptor_digest(descriptor: Mapping[str, Any]) -> str:
    """Digest of ``datapackage.json``."""
    text = json.dumps(descriptor, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def digests(rows: Iterable[Row], key: tuple[str, ...]) -> dict[str, str]:
    """Key → digest of the rows of one file; a repeated key gets a number behind it."""
    found: dict[str, str] = {}
    for row in rows:
        name = base = row_key(row.values, key)
        again = 1
        while name in found:
            again += 1
            name = f"{base}#{again}"
        found[name] = row_digest(row.values)
    return found


def read_seal(folder: Path) -> Seal | None:
    """The seals of a data folder by file (relative to the folder); None where the shared one is not there or broken.

    Each document has its own beside its tables, so that two new documents never meet in one file.
    """
    seal = _read_one(folder, "")
    if seal is None:
        return None
    for path in sorted(folder.glob(f"*/*/{SEAL}")):
        seal |= _read_one(folder, path.parent.relative_to(folder).as_posix() + "/") or {}
    return seal


def _read_one(folder: Path, beside: str) -> Seal | None:
    path = folder / beside / SEAL
    try:
        if path.stat().st_size > LARGEST_FILE:
            return None
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    seal: Seal = {}
    section: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("## "):
            section = seal.setdefault(beside + line[3:].strip(), {})
        elif line and not line.startswith("#"):
            name, _, digest = line.rpartition(" ")
            section[name] = digest
    return seal


def write_seal(seal: Seal) -> dict[str, str]:
    """The texts of every ``seal.txt`` by path, the same for the same data."""
    texts = {SEAL: [_HEADER]}
    for file in sorted(seal):
        beside, slash, name = file.rpartition("/")
        lines = texts.setdefault(f"{beside}{slash}{SEAL}", [_HEADER])
        lines += ["", f"## {name}", *(f"{row} {digest}" for row, digest in seal[file].items())]
    return {path: "\n".join(lines) + "\n" for path, lines in texts.items()}


def changes(name: str, rows: list[Row], key: tuple[str, ...], sealed: Mapping[str, str] | None) -> list[Problem]:
    """Rows of one file (``data/…``) that differ from the seal, are new, or are gone."""
    if sealed is None:
        return [Problem(name, 0, "", "a file that is not sealed", UNSEALED)] if rows else []
    now = digests(rows, key)
    lines = dict(zip(now, (row.line for row in rows), strict=True))
    found = [
        Problem(name, lines[row], "", f"a new row {row}", UNSEALED)
        if row not in sealed
        else Problem(name, lines[row], "", f"a changed row {row}", MEANT)
        for row, digest in now.items()
        if sealed.get(row) != digest
    ]
    found += [Problem(name, 0, "", f"no row {row} any more", MEANT) for row in sealed if row not in now]
    if len(found) > _LISTED:
        places = ", ".join(str(problem.row) for problem in found[:_LISTED] if problem.row)
        words = f"{len(found)} rows changed, new or gone (rows {places} …)"
        unsealed = all(problem.expected == UNSEALED for problem in found)
        return [Problem(name, 0, "", words, UNSEALED if unsealed else MEANT)]
    return found
