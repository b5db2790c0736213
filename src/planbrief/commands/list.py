"""What there is to name: ``planbrief list``, ``planbrief completion`` for TAB, aligned tables for a terminal."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from planbrief.catalog import Catalog, read
from planbrief.errors import PlanbriefError
from planbrief.project import Project, chosen, find
from planbrief.targets.package import usable_package
from planbrief.targets.wording import printable


def width(text: str) -> int:
    """Columns that a text takes on a terminal.

    >>> width("ab"), width("巴中")
    (2, 4)
    """
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def text_table(header: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> str:
    """A table of aligned columns; the last column is not padded.

    >>> print(text_table(("name", "n"), [("巴中", 2), ("x", 10)], right=[1]))
    name   n
    巴中   2
    x     10
    """
    flush = set(right)
    lines = [[printable(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(header))]
    shown = []
    for line in lines:
        cells = []
        for column, cell in enumerate(line):
            space = " " * (widths[column] - width(cell))
            cells.append(space + cell if column in flush else cell + space)
        shown.append("  ".join(cells).rstrip())
    return "\n".join(shown)


def without_report(catalog: Catalog) -> list[str]:
    """A line for each area that has data and no report."""
    return [
        f"note: {area} ({printable(catalog.area_name(area, 'zh'))}) has data and no report; "
        'region = "*" in reports/catalog.toml makes one'
        for area in catalog.unshown()
    ]


#: Columns that a terminal shows; what is wider is cut, --json has it whole.
COLUMNS = {
    "areas": ("ref_area", "level", "parent", "name_zh", "name_en"),
    "indicators": ("indicator", "unit_measure", "theme", "name_zh", "name_en"),
    "sources": ("source_id", "date_published", "doc_type", "title_zh", "title_en"),
}
#: A terminal without a width of its own.
WIDTH = 80
#: No column is cut to less.
NARROWEST = 8


def rows_of(project: Project, what: str) -> tuple[tuple[str, ...], list[list[str]], list[str]]:
    """Columns, rows and notes of `what`: reports, areas, indicators or sources."""
    package = usable_package(project)
    if what != "reports":
        columns = COLUMNS[what]
        return columns, [[row.values[column] for column in columns] for row in package[what].rows], []
    catalog = read(project, package)
    rows = [
        [r.id, r.notebook, " ".join(r.languages), " ".join(r.formats), dict(r.about)["zh"], dict(r.about)["en"]]
        for r in catalog.reports()
    ]
    wrong = [f"note: left out, for it cannot be built: {printable(str(error))}" for error in catalog.wrong()]
    heads = ("report", "notebook", "languages", "formats", "about_zh", "about_en")
    return heads, rows, [*without_report(catalog), *wrong]


def cut(text: str, columns: int) -> str:
    """A text in at most so many columns, with … where something is left out.

    >>> cut("发展目标", 5), cut("targets", 7)
    ('发展…', 'targets')
    """
    if width(text) <= columns:
        return text
    while text and width(text) > columns - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def listing(project: Project, what: str, columns: int = WIDTH) -> str:
    """The table of `what` in as many columns as the terminal has."""
    head, rows, notes = rows_of(project, what)
    if what == "reports":
        # languages and formats are nearly always all of them: --json has them, and both descriptions
        english = "zh" not in os.environ.get("LC_ALL", os.environ.get("LANG", ""))
        kept = (0, 5 if english else 4)
        head, rows = tuple(head[i] for i in kept), [[row[i] for i in kept] for row in rows]
    table = [[printable(cell) for cell in row] for row in rows]
    widths = [max(width(row[i]) for row in (list(head), *table)) for i in range(len(head))]
    room = columns - 2 * (len(head) - 1)
    while sum(widths) > room and max(widths[1:]) > NARROWEST:  # words give way first, ids after them
        widest = max(range(1, len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    widths[0] = min(widths[0], max(NARROWEST, room - sum(widths[1:])))
    shown = [[cut(cell, wide) for cell, wide in zip(row, widths, strict=True)] for row in (list(head), *table)]
    return "\n".join([text_table(shown[0], shown[1:]), *notes])


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief list``."""
    project = chosen(arguments)
    if arguments.json:
        head, rows, _ = rows_of(project, arguments.what)
        print(json.dumps([dict(zip(head, row, strict=True)) for row in rows], ensure_ascii=False, indent=1))
        return 0
    # a pipe or a file has no edge: what reads it needs whole names
    print(listing(project, arguments.what, shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize))
    return 0


#: ``eval "$(planbrief completion bash)"`` in the shell's start file; the words themselves come from planbrief.
_SCRIPTS = {
    "bash": """\
_planbrief() {
    local IFS=$'\\n'
    COMPREPLY=($(planbrief completion bash words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _planbrief planbrief
""",
    "zsh": """\
#compdef planbrief
_planbrief() {
    local -a found
    found=(${(f)"$(planbrief completion zsh words "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    compadd -a found || _files
}
compdef _planbrief planbrief
""",
    "fish": """\
function __planbrief
    set -l words (commandline -opc) (commandline -ct)
    planbrief completion fish words $words[2..-1] 2>/dev/null
end
complete -c planbrief -a '(__planbrief)'
""",
}
#: Commands whose words are reports, or areas, of the project.
_REPORTS = frozenset({"build", "preview"})


def fitting(words: list[str]) -> Iterator[str]:
    """What the last of some words may become."""
    from planbrief.commands.cli import COMMANDS, parser

    *before, last = words or [""]
    if not before:
        yield from (verb for verb in COMMANDS if verb.startswith(last))
        return
    chosen = next((word for word in before if word in COMMANDS), "")
    # argparse has no public way to ask what a parser knows.
    actions = parser()._subparsers
    if not chosen or actions is None:
        return
    verbs = next(action for action in actions._group_actions if action.choices)
    own = dict(verbs.choices or {})[chosen]
    if last.startswith("-"):
        yield from (name for name in own._option_string_actions if name.startswith(last))
        return
    # Behind an option that takes a value its choices are meant, behind everything else the command's own words.
    asking = own._option_string_actions.get(before[-1])
    if before[-1] == "--area":
        yield from (area for area in _areas() if area.startswith(last))
    elif chosen == "export" and before[-1] == "--to":
        from planbrief.export import formats

        yield from (name for name in formats() if name.startswith(last))
    elif asking is not None and asking.choices:
        yield from (str(choice) for choice in asking.choices if str(choice).startswith(last))
    elif asking is None or asking.nargs == 0:
        for action in own._actions:
            if not action.option_strings and action.choices:
                yield from (str(choice) for choice in action.choices if str(choice).startswith(last))
        if chosen in _REPORTS:
            yield from (report for report in _reports() if report.startswith(last))


def _reports() -> list[str]:
    project = find()
    return [report.id for report in read(project, usable_package(project)).reports()]


def _areas() -> tuple[str, ...]:
    return usable_package(find()).regions


def complete(arguments: argparse.Namespace) -> int:
    """Run ``planbrief completion``."""
    if arguments.words[:1] != ["words"]:
        print(_SCRIPTS[arguments.shell], end="")
        return 0
    with contextlib.suppress(PlanbriefError):  # outside a project there is less to complete
        for word in dict.fromkeys(fitting(arguments.words[1:])):
            print(word)
    return 0
