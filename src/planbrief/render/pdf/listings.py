"""Code and terminal text for paper: lines broken where they end, colours of the terminal in ink that prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from planbrief.display.language import Lang, message
from planbrief.render.font_metrics import MONO_EM
from planbrief.render.pdf.text import literal
from planbrief.render.safe_text import visible
from planbrief.render.terminal_text import AnsiRun

#: Width of a listing in em of its type: 164 mm at 7.6 pt.
LINE_EM = 164.0 / (7.6 * 25.4 / 72)
#: Lines of one listing that a PDF shows from its beginning and from its end.
HEAD_LINES, TAIL_LINES = 140, 40
_FILLS = {
    "red": "warning",
    "yellow": "warning",
    "green": "good",
    "blue": "accent",
    "cyan": "accent",
    "magenta": "accent",
}
_BARS = {
    "stdout": "none, bar: hair",
    "plain": "none, bar: hair",
    "stderr": "none, bar: warning",
    "error": 'rgb("#fdf5ec"), bar: warning',
}


def _advance(character: str) -> float:
    return MONO_EM if ord(character) < 0x2E80 else 1.0


def broken(pieces: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Break styled text into lines that fit a listing; tabs go to stops of eight.

    Parameters
    ----------
    pieces : iterable of (text, style)
        Text in order; newlines end lines.
    """
    lines: list[list[tuple[str, str]]] = [[]]
    used = 0.0
    for text, style in pieces:
        start = ""
        for character in text:
            if character == "\n":
                if start:
                    lines[-1].append((start, style))
                lines.append([])
                start, used = "", 0.0
                continue
            if character == "\t":
                column = round(used / MONO_EM)
                character = " " * (8 - column % 8)
            advance = sum(_advance(part) for part in character)
            if used + advance > LINE_EM:
                lines[-1].append((start, style))
                lines.append([])
                start, used = "", 0.0
            start += character
            used += advance
        if start:
            lines[-1].append((start, style))
    return lines


def _highlighted(text: str, language: str) -> list[tuple[str, str]]:
    from pygments.lexers import get_lexer_by_name
    from pygments.token import Token
    from pygments.util import ClassNotFound

    if not language or len(text) > 100_000:
        return [(text, "")]
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return [(text, "")]
    found: list[tuple[str, str]] = []
    for kind, value in lexer.get_tokens(text):
        style = ""
        if kind in Token.Keyword or kind in Token.Operator.Word:
            style = "text(fill: accent, weight: 700"
        elif kind in Token.Comment:
            style = "text(fill: soft"
        elif kind in Token.Literal.String:
            style = "text(fill: good"
        elif kind in Token.Literal.Number or kind in Token.Name.Builtin or kind in Token.Name.Decorator:
            style = "text(fill: warning"
        found.append((value, style))
    return found


def _lines(lines: Sequence[Sequence[tuple[str, str]]]) -> str:
    codes = []
    for line in lines:
        codes.append(
            "; ".join(f"{style}, {literal(text)})" if style else literal(text) for text, style in _merged(line))
        )
    return "{" + "; linebreak(); ".join(code or '" "' for code in codes) + "}"


def _merged(line: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    merged: list[tuple[str, str]] = []
    for text, style in line:
        if merged and (merged[-1][1] == style or not text.strip()):
            merged[-1] = (merged[-1][0] + text, merged[-1][1])
        elif text:
            merged.append((text, style))
    return merged


def _cut(lines: list[list[tuple[str, str]]], lang: Lang) -> list[list[tuple[str, str]]]:
    """A listing that a reader of paper can bear: its head and its tail."""
    left_out = len(lines) - HEAD_LINES - TAIL_LINES
    if left_out < 20:
        return lines
    note = message("page.notice.long_text", lang, count=left_out)
    return [*lines[:HEAD_LINES], [(note, "text(fill: warning")], *lines[-TAIL_LINES:]]


def listing(text: str, language: str = "", lang: Lang = "zh") -> str:
    """A block of code."""
    return f"listing({_lines(_cut(broken(_highlighted(visible(text), language)), lang))})"


def ansi_listing(runs: Sequence[AnsiRun], kind: str, lang: Lang = "zh") -> str:
    """A block of terminal text: stdout, stderr, a traceback or a plain value."""
    pieces = []
    for run in runs:
        fill = _FILLS.get(run.color, "")
        options = [f"fill: {fill}"] if fill else []
        if run.bold:
            options.append("weight: 700")
        pieces.append((run.text, f"text({', '.join(options)}" if options else ""))
    return f"listing(fill: {_BARS[kind]}, {_lines(_cut(broken(pieces), lang))})"
