"""Text from outside made safe to show: control characters, and the colours that terminals understand."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from planbrief.display.language import Lang, message
from planbrief.parameters import own_number

#: Control characters (except tab and newline), surrogates, bidirectional embeddings, overrides and isolates,
#: interlinear annotation and non-characters: they would change how a line reads without being seen.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
#: Variation selectors say which picture of a character is meant; no packaged face has more than one.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
#: Whether a text holds anything that :func:`visible` changes; hardly one does, and a page has ten thousand.
_CHANGED = re.compile(f"{_INVISIBLE.pattern}|{_SELECTORS.pattern}|\ufeff")
#: Lines of one text output that a page shows from its beginning and from its end.
HEAD_LINES, TAIL_LINES = 400, 60
#: Characters of one line that a page shows.
LINE_LIMIT = 4000


def marker(character: str) -> str:
    """What stands in place of a character that cannot or must not be shown.

    >>> marker("\\x07")
    '[U+0007]'
    """
    return f"[U+{ord(character):04X}]"


def visible(text: str) -> str:
    """Text in which nothing hides: CR LF as LF, control and bidi characters as ``[U+XXXX]``, no byte order mark.

    >>> visible("a\\u202eb\\r\\nc\\ufeff")
    'a[U+202E]b\\nc'
    """
    if not isinstance(text, str):
        text = str(text)
    if _CHANGED.search(text) is None:
        return text
    text = _SELECTORS.sub("", text)
    text = text.replace("\r\n", "\n").replace("\ufeff", "").replace("\x0c", "\n")
    return _INVISIBLE.sub(lambda match: marker(match.group()), text)


def shortened(text: str, lang: Lang) -> str:
    """A long output cut to its head and tail, with a line that says how much is missing."""
    lines = text.split("\n")
    if len(lines) > HEAD_LINES + TAIL_LINES + 20:
        left_out = len(lines) - HEAD_LINES - TAIL_LINES
        lines = [*lines[:HEAD_LINES], message("page.notice.long_text", lang, count=left_out), *lines[-TAIL_LINES:]]
    if len(text) > LINE_LIMIT:
        lines = [
            line
            if len(line) <= LINE_LIMIT
            else line[:LINE_LIMIT] + message("page.notice.long_line", lang, count=len(line) - LINE_LIMIT)
            for line in lines
        ]
    return "\n".join(lines)


def joined_streams(outputs: Iterable[Any]) -> list[Any]:
    """Return outputs with adjacent pieces of one stream joined, as a notebook's front end shows them."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        kinds = [(one.get("output_type"), one.get("name")) for one in (last, output)]
        if kinds[0] == kinds[1] and kinds[0][0] == "stream":
            joined[-1] = copy.copy(last)  # the notebook stays as it was run
            joined[-1]["text"] = "".join([*last.get("text", ""), *output.get("text", "")])
        else:
            joined.append(output)
    return joined


#: File names that ipykernel gives cells; they hold the process number. The folder before them is found separately,
#: because a pattern for it takes quadratic time in long text.
_CELL_FILE = re.compile(r"ipykernel_\d+[\\/]+(\d+)\.py(?::(\d+))?")
_BEFORE_PATH = "\"'<>:;()[]{}= \t\r\n"
#: The number of a cell by the name that ipykernel gives its file; made when it is asked for.
Numbers = Callable[[], Mapping[str, int]]


def cell_numbers(cells: Sequence[Mapping[str, Any]]) -> Numbers:
    """Numbers of the cells in their author's file by the names of the files that ipykernel runs them from."""

    @cache
    def made() -> dict[str, int]:
        from ipykernel.compiler import get_tmp_hash_seed, murmur2_x86

        seed = get_tmp_hash_seed()
        return {str(murmur2_x86(cell["source"], seed)): own_number(cells, index) for index, cell in enumerate(cells)}

    return made


def without_cell_files(text: str, numbers: Numbers, unknown: str = "<cell>") -> str:
    """Text in which the file of a cell, which nobody has, is its number and the line in it.

    >>> without_cell_files("/tmp/ipykernel_7/12.py:3: UserWarning", lambda: {"12": 5})
    'cell 5, line 3: UserWarning'
    """
    parts, end = [], 0
    for found in _CELL_FILE.finditer(text):
        start = found.start()
        while start > end and text[start - 1] not in _BEFORE_PATH:
            start -= 1
        number = numbers().get(found[1])
        named = unknown + (f":{found[2]}" if found[2] else "")
        if number is not None:
            named = f"cell {number}, line {found[2]}" if found[2] else f"cell {number}"
        parts += [text[end:start], named]
        end = found.end()
    return "".join([*parts, text[end:]])


_SEQUENCE = re.compile(
    r"\x1b\[(?P<codes>[0-9;:]*)m"  # colours
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # other control sequences
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and hyperlinks
    r"|\x1b[@-Z\\-_]"
)
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
#: The colours of those names as grounds, the ones of nbconvert's own pages.
_GROUNDS = ("3e424d", "e75c58", "00a250", "ddb62b", "208ffb", "d160c4", "60c6c8", "c5c1b4")
#: Codes that begin a form of text, and those that end it.
_FORMS = {1: "bold", 3: "italic", 4: "underline", 7: "inverse", 9: "line-through", 21: "underline"}
_ENDS = {22: "bold", 23: "italic", 24: "underline", 27: "inverse", 29: "line-through"}
#: More runs than this in one output are not coloured.
_MAX_RUNS = 4000


@dataclass(frozen=True)
class AnsiRun:
    """A stretch of terminal text in one style.

    ``color`` is one of eight names or empty; ``ground`` six hexadecimal digits, on which the text is black or white,
    or empty; ``forms`` are bold, italic, underline, line-through.
    """

    text: str
    color: str = ""
    ground: str = ""
    forms: frozenset[str] = frozenset()


def _overwritten(text: str) -> str:
    """Apply carriage returns and backspaces as a terminal would (progress bars keep their last state)."""
    if "\r" not in text and "\b" not in text:
        return text
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        # A cursor that is only moved back takes nothing away.
        parts = [part for piece in line.split("\r") if (part := piece.rstrip("\b"))]
        line = parts[-1] if parts else ""
        while "\b" in line:
            line, count = re.subn(r"[^\x08]\x08", "", line)
            if not count:
                line = line.replace("\b", "")
        lines.append(line)
    return "\n".join(lines)


def _nearest(red: int, green: int, blue: int) -> str:
    high = max(red, green, blue)
    if high - min(red, green, blue) < 40:
        return ""
    return _named((red > high * 0.6) + 2 * (green > high * 0.6) + 4 * (blue > high * 0.6))


def _indexed(index: int) -> tuple[int, int, int]:
    """The colour of a number up to 255: a cube of six levels, then greys."""
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    index -= 16
    red, green, blue = (0 if level == 0 else 55 + 40 * level for level in (index // 36, index // 6 % 6, index % 6))
    return red, green, blue


def _named(number: int) -> str:
    return _NAMES[number] if 0 < number < 7 else ""


def _styled(codes: str, style: AnsiRun) -> AnsiRun:
    """The style behind a sequence of codes, as a run without text."""
    numbers = [int(code) if code.isdigit() else 0 for code in re.split("[;:]", codes)]
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            style = AnsiRun("")
        elif code in _FORMS:
            style = replace(style, forms=style.forms | {_FORMS[code]})
        elif code in _ENDS:
            style = replace(style, forms=style.forms - {_ENDS[code]})
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = replace(style, color=_named(code % 10))
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = replace(style, ground=_GROUNDS[code % 10])
        elif code in (39, 49):
            style = replace(style, color="") if code == 39 else replace(style, ground="")
        elif code in (38, 48):
            mode = numbers.pop(0) if numbers else 0
            count = 1 if mode == 5 else 3 if mode == 2 else 0
            values, numbers = [value % 256 for value in numbers[:count]], numbers[count:]
            if not count or len(values) < count:
                continue
            if mode == 5 and values[0] < 16:
                color, ground = _named(values[0] % 8), _GROUNDS[values[0] % 8]
            else:
                red, green, blue = _indexed(values[0]) if mode == 5 else values
                color, ground = _nearest(red, green, blue), f"{red:02x}{green:02x}{blue:02x}"
            style = replace(style, color=color) if code == 38 else replace(style, ground=ground)
    return style


def _turned(style: AnsiRun) -> AnsiRun:
    """A style whose text and ground change places (``inverse``), as what is seen."""
    if "inverse" not in style.forms:
        return style
    ground = _GROUNDS[_NAMES.index(style.color or "black")]
    return replace(style, color="", ground=ground, forms=style.forms - {"inverse"})


def terminal_runs(text: str) -> list[AnsiRun]:
    """Split terminal output into styled runs.

    >>> [(run.text, run.color) for run in terminal_runs("\\x1b[31mred\\x1b[0m plain")]
    [('red', 'red'), (' plain', '')]
    >>> terminal_runs("\\x1b[41mwarned")[0].ground
    'e75c58'
    """
    text = _overwritten(text)
    styled: list[AnsiRun] = []
    style, last = AnsiRun(""), 0
    for match in _SEQUENCE.finditer(text):
        if match.start() > last:
            styled.append(replace(_turned(style), text=text[last : match.start()]))
        last = match.end()
        if match.group("codes") is not None:
            style = _styled(match.group("codes"), style)
    if last < len(text):
        styled.append(replace(_turned(style), text=text[last:]))
    if len(styled) > _MAX_RUNS:
        return [AnsiRun("".join(run.text for run in styled))]
    return styled


def plain(text: str) -> str:
    """Terminal output without any sequence."""
    return _SEQUENCE.sub("", _overwritten(text))


def highlighted(code: str, language: str) -> str:
    """Code as HTML with a span for each token, of the classes ``h-`` and pygments' short names.

    A language that pygments does not know is plain text.
    """
    from nbconvert.filters.highlight import Highlight2HTML

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown language
        paint = Highlight2HTML(extra_formatter_options={"nowrap": True, "classprefix": "h-"})
        return str(paint(code, language or "text"))
