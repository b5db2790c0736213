"""(r) Documents into draft tables: seconds, numbers accounted for, what is called sure, cells right.

Reports and source texts are not in the repository: they are looked for where ``--documents`` and ``--sources`` say,
else in ``shared/documents`` and ``shared/sources`` beside the checkout. Without them the invented tables are measured.
"""

from __future__ import annotations

from pathlib import Path

import reading_accuracy
import reading_tables
from measuring import BIN, Part, Setting, call, seconds

BESIDE = Path(__file__).resolve().parents[3] / "shared"


def measure(setting: Setting) -> list[Part]:
    """Every document, the labelled ones and the project's own rows per cell, invented tables by form."""
    documents, sources = setting.documents or BESIDE / "documents", setting.sources or BESIDE / "sources"
    parts: list[Part] = []
    scores: list[reading_accuracy.Score] = []
    if documents.is_dir():
        parts.append(reading_accuracy.documents_read(documents))
        longest = max(documents.glob("*.txt"), key=lambda file: file.stat().st_size)
        cold = seconds(lambda: call(BIN / "planbrief", "read", longest, "--json", project=setting.project))
        parts[0].notes.append(f"The longest, {longest.stem}, as a command of its own: {cold:.2f} s.")
        labelled = reading_accuracy.score_labels(documents, [])
        scores += labelled.values()
        parts.append(reading_accuracy.accuracy("Hand labels", labelled))
    if sources.is_dir():
        own = reading_accuracy.score_own(sources, [])
        scores += own.values()
        parts.append(reading_accuracy.accuracy("The project's own rows, its tables emptied", own))
    if scores:
        parts.append(reading_accuracy.calibration(scores))
    parts.append(_tables(2 if setting.quick else 12))
    return parts


def _tables(count: int) -> Part:
    part = Part("Invented tables of indicators, by form", ("form", "cells", "right"))
    for name, (right, whole) in sorted(reading_tables.measure(count, seed=1).items()):
        part.rows.append((name, whole, f"{right / whole:.1%}"))
        part.raw[name] = [right, whole]
    return part
