"""Sentence templates: `{name}` and `**emphasis**`, and nothing else.

A template is data, never code: no attribute access, no format specification, no expression. What does not parse is an
error that names the template, not a sentence with a hole in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from planbrief.errors import PlanbriefError

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\*\*|[{}]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")


class TemplateError(PlanbriefError):
    """A template is malformed, or its placeholders and the values given do not agree."""

    def __init__(self, where: str, template: str, problem: str, allowed: Iterable[str] = ()) -> None:
        self.where, self.template, self.problem, self.allowed = where, template, problem, tuple(allowed)
        super().__init__(self.where, self.template, self.problem, self.allowed)

    def __str__(self) -> str:
        shown = self.template if len(self.template) <= 60 else self.template[:57] + "…"
        names = f"; names allowed here: {', '.join(self.allowed)}" if self.allowed else ""
        return f"{self.where}: {self.problem} in “{shown}”{names}"


@dataclass(frozen=True)
class Piece:
    """One piece of a template: literal text, or the name of a value."""

    text: str
    field: bool = False
    strong: bool = False


@lru_cache(maxsize=2048)
def parse(template: str, where: str = "template") -> tuple[Piece, ...]:
    """Split a template into literal text and named fields.

    ``{{`` and ``}}`` stand for braces, ``**`` switches emphasis on and off.

    Raises
    ------
    TemplateError
        A brace stands alone, or what stands between braces is not a plain name.

    >>> [piece.text for piece in parse("grows {rate} a year")]
    ['grows ', 'rate', ' a year']
    """
    pieces: list[Piece] = []
    literal, strong, last = "", False, 0
    marks = template.count("**")
    for match in _TOKEN.finditer(template):
        literal += template[last : match.start()]
        last = match.end()
        token, name = match.group(), match.group(1)
        if token in ("{{", "}}"):
            literal += token[0]
        elif token == "**":
            if marks == 1:
                literal += token
                continue
            if literal:
                pieces.append(Piece(literal, strong=strong))
            literal, strong = "", not strong
        elif name is not None and _NAME.fullmatch(name):
            if literal:
                pieces.append(Piece(literal, strong=strong))
            literal = ""
            pieces.append(Piece(name, field=True, strong=strong))
        else:
            raise TemplateError(where, template, f"{token!r} is not a plain {{name}} (write {{{{ and }}}} for braces)")
    literal += template[last:]
    if literal:
        pieces.append(Piece(literal, strong=strong))
    return tuple(pieces)


def fields(template: str, where: str = "template") -> tuple[str, ...]:
    """Names that a template uses, in order, each once."""
    return tuple(dict.fromkeys(piece.text for piece in parse(template, where) if piece.field))


def agree(templates: Iterable[str], given: Iterable[str], where: str, *, all_used: bool = True) -> None:
    """Refuse templates whose names and the values given do not agree.

    Raises
    ------
    TemplateError
        A template names a value that was not given, or (``all_used``) leaves out one that was.
    """
    names = tuple(given)
    for template in templates:
        used = fields(template, where)
        unknown = [name for name in used if name not in names]
        if unknown:
            raise TemplateError(where, template, f"no value for {{{unknown[0]}}}", names or ("none",))
        unused = [name for name in names if name not in used]
        if all_used and unused:
            raise TemplateError(where, template, f"value {unused[0]!r} is given but not used", names)


def digits_in_template(template: str) -> tuple[str, ...]:
    """Numbers typed into a template by hand, which ``check`` reports: a number in prose comes from a figure.

    Names such as 5+2+3, 1+2+3 or R&D2 belong to a scheme or a word and are not reported.

    >>> digits_in_template("grows 73.8% a year in the 5+2+3 scheme to {level}")
    ('73.8',)
    """
    literal = " ".join(piece.text for piece in parse(template) if not piece.field)
    literal = re.sub(r"\d+(?:\+\d+)+|[A-Za-z]+\d+", " ", literal)
    return tuple(_DIGITS.findall(literal))
