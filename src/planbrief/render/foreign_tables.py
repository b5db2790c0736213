"""Tables in other people's HTML (pandas, Styler, Markdown) as the same table model as ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from planbrief.display.document import Cell, Column, Run, Table
from planbrief.display.outputs import COVERED
from planbrief.render.stylesheets import declarations, readable, to_text

_NUMBER = re.compile(
    r"[\s+\u2212–-]*(?:[$€¥£]|CN¥)?\s*[+\u2212-]?\(?\d[\d,\s]*(?:\.\d+)?(?:e[+-]?\d+)?\)?\s*(?:%|‰|[\u3400-\u9fff]{1,4}|[a-zµ²³°/]{1,6})?\s*\*?\Z"
    r"|[+-]?(?:nan|inf|Infinity)\Z|<?NA>?\Z|NaT\Z|None\Z|null\Z|missing\Z|\.\.\.\Z|[-–—…]\Z",
    re.IGNORECASE,
)
#: Rows and columns of another notebook's table that are read.
MAX_ROWS, MAX_COLUMNS = 300, 120
#: Rows whose alignment is looked at for HTML.
MAX_HTML_ROWS = 5000


@dataclass(frozen=True)
class ForeignCell(Cell):
    """A cell as its author styled it; ``code`` is what stands in it where that is more than words."""

    style: Mapping[str, str] = field(default_factory=dict)
    code: str = ""


def read(
    node: etree._Element, name: str, inner: Callable[[etree._Element], str] = lambda cell: ""
) -> tuple[Table | None, int]:
    """A table element as a table, and how many body rows it has in all; None for one without cells.

    Header rows are those of ``thead``, or leading rows made of ``th`` only. Columns of numbers are set right.

    Parameters
    ----------
    node : etree._Element
        The ``table``.
    name : str
        Its id.
    inner : callable
        Code of what stands in a cell that holds elements.
    """
    heads: list[list[etree._Element]] = []
    rows: list[list[etree._Element]] = []
    total = 0
    for line in node.iter("tr"):
        if _owner(line) is not node:
            continue
        cells = [cell for cell in line if cell.tag in ("td", "th")]
        if not cells:
            continue
        inside = any(parent.tag == "thead" for parent in line.iterancestors())
        if inside or (not rows and all(cell.tag == "th" for cell in cells)):
            heads.append(cells)
        else:
            total += 1
            if len(rows) < MAX_ROWS:
                rows.append(cells)
    grid = _grid(heads + rows)
    if not grid:
        return None, 0
    width = min(max(len(line) for line in grid), MAX_COLUMNS)
    head_grid, body_grid = grid[: len(heads)], grid[len(heads) :]
    aligns = [_align(body_grid, position) for position in range(width)]
    columns = tuple(Column(f"c{position}", (), align=align) for position, align in enumerate(aligns))
    caption = node.find("caption")
    runs = (Run(_text(caption)),) if caption is not None and _text(caption) else ()
    table = Table(
        columns,
        tuple(_row(line[:width], aligns, inner) for line in body_grid),
        runs,
        id=name,
        heads=tuple(_row(line[:width], aligns, inner) for line in head_grid),
    )
    return table, total


def alignments(node: etree._Element) -> list[tuple[etree._Element, str]]:
    """Every cell of a table that covers one column, with the alignment of that column.

    >>> import lxml.html
    >>> table = lxml.html.fromstring("<table><tr><th>a<tr><td>1<tr><td>2,5</table>")
    >>> [align for _, align in alignments(table)]
    ['right', 'right', 'right']
    """
    lines = [[cell for cell in line if cell.tag in ("td", "th")] for line in node.iter("tr") if _owner(line) is node]
    grid = _grid([line for line in lines if line][:MAX_HTML_ROWS])
    width = max((len(row) for row in grid), default=0)
    aligns = [_align(grid, position) for position in range(width)]
    return [
        (place[0], aligns[position])
        for row in grid
        for position, place in enumerate(row)
        if place is not None and place[1] == 1 and place[0].getparent() is not None
    ]


def ground_columns(node: etree._Element) -> None:
    """Give the cells of a table the ground that its ``col`` has, where neither cell nor row has one of its own."""
    grounds: list[str] = []
    for column in node.iter("col"):
        group = column.getparent()
        said = {
            **declarations(group.get("style", "") if group is not None else ""),
            **declarations(column.get("style", "")),
        }
        grounds += [said.get("background-color", "")] * min(_count(column, "span"), MAX_COLUMNS)
    if not any(grounds):
        return
    lines = [[cell for cell in line if cell.tag in ("td", "th")] for line in node.iter("tr") if _owner(line) is node]
    for row, cells in zip(_grid(lines), lines, strict=True):
        around = declarations(cells[0].getparent().get("style", "")) if cells else {}
        for place, ground in zip(row, grounds, strict=False):
            if place is not None and place[0].getparent() is not None and ground and "background-color" not in around:
                style = {"background-color": ground, **declarations(place[0].get("style", ""))}
                place[0].set("style", to_text(readable(style)))


def _owner(line: etree._Element) -> etree._Element | None:
    return next((parent for parent in line.iterancestors() if parent.tag == "table"), None)


def _text(node: etree._Element) -> str:
    pieces = []
    for part in node.iter():
        if part.tag == "br":
            pieces.append("\n")
        if part.tag == "math" and part.get("alttext"):
            pieces.append(part.get("alttext", ""))
        elif part.tag == "img":
            # A picture is measured by letters of its width.
            pieces.append("m" * min(max(1, round(float(part.get("width") or 40) / 11)), 13))
        elif part.text and not any(parent.tag == "math" for parent in part.iterancestors()):
            pieces.append(part.text)
        if part is not node and part.tail and not any(parent.tag == "math" for parent in part.iterancestors()):
            pieces.append(part.tail)
    return "\n".join(" ".join(line.split()) for line in "".join(pieces).split("\n")).strip()


def _count(node: etree._Element, name: str) -> int:
    value = node.get(name, "1").strip()
    return (
        max(1, min(int(value), MAX_COLUMNS if name == "colspan" else 1000)) if value.isdigit() and len(value) < 6 else 1
    )


#: A place in the grid: the cell that starts there, or None where a span covers it.
_Place = tuple[etree._Element, int, int] | None


def _grid(lines: list[list[etree._Element]]) -> list[list[_Place]]:
    """Lay cells out on a grid so that spans never overlap or leave it (a ragged row is filled)."""
    taken: dict[tuple[int, int], bool] = {}
    grid: list[list[_Place]] = []
    for y, cells in enumerate(lines):
        row: dict[int, _Place] = {x: None for (line, x) in taken if line == y}
        x = 0
        for cell in cells:
            while (y, x) in taken:
                x += 1
            colspan = _count(cell, "colspan")
            rowspan = min(_count(cell, "rowspan"), len(lines) - y)
            while any((y, x + shift) in taken for shift in range(colspan)):
                colspan -= 1
            row[x] = (cell, colspan, rowspan)
            for down in range(rowspan):
                for right in range(colspan):
                    taken[(y + down, x + right)] = True
                    if down == 0 and right:
                        row[x + right] = None
            x += colspan
            if x >= MAX_COLUMNS:
                break
        grid.append([row.get(position) for position in range(max(row, default=-1) + 1)])
    width = max((len(row) for row in grid), default=0)
    for y, line in enumerate(grid):
        line.extend([None] * (width - len(line)))
        for x in range(width):
            if line[x] is None and (y, x) not in taken:
                line[x] = (etree.Element("td"), 1, 1)
    return grid


def _in_head(node: etree._Element) -> bool:
    return any(parent.tag == "thead" for parent in node.iterancestors())


def _align(grid: list[list[_Place]], position: int) -> str:
    """Where the cells of a column's body stand: as their author says, else numbers right and text left."""
    cells = [place[0] for row in grid if position < len(row) and (place := row[position]) and not _in_head(place[0])]
    styled = {_alignment(cell) for cell in cells if _text(cell) or _alignment(cell)}
    if len(styled) == 1 and styled != {""}:
        return styled.pop()
    texts = [text for cell in cells if cell.tag == "td" and (text := _text(cell))]
    return "right" if texts and all(_NUMBER.match(text) for text in texts) else "left"


def _alignment(node: etree._Element) -> str:
    value = declarations(node.get("style", "")).get("text-align") or node.get("align") or node.get("halign", "")
    return value if value in ("left", "right", "center") else ""


_INHERITED = ("color", "background-color", "font-weight", "font-style", "border-top", "border-bottom")


def _around(node: etree._Element, *, left: bool, right: bool) -> dict[str, str]:
    """What a cell has of the styles of its row and its table, and of the frame around that at its edges."""
    style: dict[str, str] = {}
    row = node.getparent()
    for parent in node.iterancestors():
        said = declarations(parent.get("style", ""))
        if parent.tag == "table" and any(name.startswith("border") for name in said):
            lines = [line for line in parent.iter("tr") if _owner(line) is parent]
            sides = {"top": row is lines[0], "bottom": row is lines[-1], "left": left, "right": right}
            for side in (side for side, edge in sides.items() if edge):
                if frame := said.pop(f"border-{side}", "") or said.get("border", ""):
                    style.setdefault(f"border-{side}", frame)
        for name in _INHERITED:
            if name in said and (parent.tag == "tr" or not name.startswith("border")):
                style.setdefault(name, said[name])
        if parent.tag == "table":
            break
    return style


def _row(line: list[_Place], aligns: list[str], inner: Callable[[etree._Element], str]) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for position, place in enumerate(line):
        if place is None:
            cells.append(COVERED)
            continue
        node, colspan, rowspan = place
        style = {
            **_around(node, left=not position, right=position + colspan >= len(line)),
            **declarations(node.get("style", "")),
        }
        strong = style.get("font-weight", "") in ("bold", "bolder", "600", "700", "800", "900")
        text = _text(node)
        # A head stands over its column; pandas puts all heads to the right.
        inside = _in_head(node)
        align = "" if inside and colspan == 1 else _alignment(node) or ("left" if inside else "")
        cells.append(
            ForeignCell(
                runs=(Run(text, strong=strong),) if text else (),
                span=(min(colspan, len(line) - position), rowspan),
                head=node.tag == "th",
                align="" if align == aligns[position] and colspan == 1 else align,
                style=style,
                code=inner(node) if any(child.tag != "br" for child in node) else "",
            )
        )
    return tuple(cells)
