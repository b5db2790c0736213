"""What a person looks at to check a row: the printed page with the number framed, and the table that it stands in.

A PDF page is drawn by another process, as its text is read: a file that breaks the drawing breaks no review.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from functools import cache
from io import BytesIO
from typing import Any

from planbrief.reading.canonical import CanonicalText, PrintedTable
from planbrief.reading.decisions import DraftRow
from planbrief.reading.drafts import Draft

#: Dots per inch of a drawn page, characters around a number by which its place is found, seconds that drawing may take.
_DENSITY, _AROUND, _MOST_SECONDS = 110, 24, 30
#: Rows above and below the one in sight of a table with more than :data:`_MOST_ROWS`.
_NEAR, _MOST_ROWS = 20, 60


class Sights:
    """Pages and tables of one draft."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.document: CanonicalText = draft.document
        found = sorted((draft.folder / "original").glob("*.pdf"))
        self.original = found[0] if found and self.document.form == "pdf" else None
        self._drawn = cache(self._draw)

    @property
    def any(self) -> bool:
        """Whether there is more to see than the text: a printed page or a table."""
        return self.original is not None or bool(self.document.tables)

    def of(self, row: DraftRow) -> dict[str, Any]:
        """The page (a picture, the frame of the number in parts of it) and the table of a row, where there are any."""
        table = self.document.table_at(row.start)
        page = self.document.places.at(row.start).page
        seen: dict[str, Any] = {"page": page, "place": row.cells.get("locator", "")}
        if table is not None:
            seen["table"] = grid_of(table, self.document.text, row.start)
        if self.original is not None and page:
            text = self.document.text
            before = re.sub(r"\s", "", text[max(0, row.start - 2 * _AROUND) : row.start])[-_AROUND:]
            after = re.sub(r"\s", "", text[row.end : row.end + 2 * _AROUND])[:_AROUND]
            seen |= self._drawn(page, row.value_text, before, after)
        return seen

    def _draw(self, page: int, words: str, before: str, after: str) -> dict[str, Any]:
        command = [sys.executable, "-P", "-m", "planbrief.commands.review.sights", str(self.original), str(page)]
        try:
            done = subprocess.run(
                [*command, words, before, after], capture_output=True, timeout=_MOST_SECONDS, check=False
            )
            answer: dict[str, Any] = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return {}
        return answer


def grid_of(table: PrintedTable, text: str, offset: int) -> dict[str, Any]:
    """A table as rows of cells: words, rows and columns covered, whether it is a head, whether it holds the offset."""
    here = table.cell_at(offset)
    middle = here.row if here is not None else 0
    kept = range(table.rows)
    if table.rows > _MOST_ROWS:
        kept = range(max(table.header_rows, middle - _NEAR), min(table.rows, middle + _NEAR + 1))
    rows: dict[int, list[list[Any]]] = {}
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.column)):
        if cell.row in kept or cell.row < table.header_rows:
            head = cell.header or cell.row < table.header_rows
            rows.setdefault(cell.row, []).append([cell.text_in(text), cell.rowspan, cell.colspan, head, cell is here])
    return {"caption": table.caption, "unit": table.unit, "notes": table.notes, "rows": list(rows.values())}


def drawn(file: str, page: int, words: str, before: str, after: str) -> dict[str, Any]:
    """A page as a PNG in base 64, and the frame of some words on it in parts of its width and height.

    The words are those with the likest characters around them; where two places are as like, none is framed.
    """
    import pypdfium2

    sheet = pypdfium2.PdfDocument(file)[page - 1]
    text = sheet.get_textpage()
    whole = text.get_text_range()
    marked: list[tuple[int, int]] = []
    for match in re.finditer(re.escape(words), whole):
        ahead = re.sub(r"\s", "", whole[max(0, match.start() - 3 * _AROUND) : match.start()])
        behind = re.sub(r"\s", "", whole[match.end() : match.end() + 3 * _AROUND])
        marked.append((_alike(ahead[::-1], before[::-1]) + _alike(behind, after), match.start()))
    marked.sort(reverse=True)
    answer: dict[str, Any] = {}
    if marked and (len(marked) == 1 or marked[0][0] > marked[1][0]):
        start = marked[0][1]
        boxes = [text.get_charbox(at) for at in range(start, start + len(words)) if not whole[at].isspace()]
        width, height = sheet.get_size()
        left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
        low, high = min(box[1] for box in boxes), max(box[3] for box in boxes)
        answer["frame"] = [left / width, 1 - high / height, (right - left) / width, (high - low) / height]
    picture = BytesIO()
    sheet.render(scale=_DENSITY / 72).to_pil().save(picture, "PNG", optimize=True)
    return answer | {"picture": base64.b64encode(picture.getvalue()).decode()}


def _alike(one: str, other: str) -> int:
    """Number of characters that two texts begin with in common."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.stdout.write(json.dumps(drawn(given[0], int(given[1]), given[2], given[3], given[4])))
