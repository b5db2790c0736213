"""Sentence templates: `{name}` and `**emphasis**`, and nothing else.

A template is data, never code: no attribute access, no format specification, no expression. What does not parse is an
error that names the template, not a sentence with a hole in it.

Templates of reports stand beside the notebooks, so that an editor or translator opens no code.
``notebooks/words/profile.toml`` holds groups of sentences by the name of what they say::

    [wording.steepest_growth]
    zh = "最陡的是{name}：年均**{rate}**。"
    en = "The steepest climb is {name}: **{rate}** a year."

``notebooks/words/shared.toml`` holds sentences that several reports say, by name alone; a group takes them in with
``shared = ["steepest_growth"]``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from planbrief.errors import PlanbriefError, Problem, UnknownName

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


#: The file of sentences that several reports say.
SHARED = "shared"
Wording = dict[str, tuple[str, str]]


class Words(SimpleNamespace):
    """Groups of sentences by name: ``words.wording`` is a mapping of finding to its two templates."""

    def __getattr__(self, name: str) -> Wording:
        raise UnknownName("group of sentences", name, tuple(vars(self)))


def wordings_of(path: Path) -> tuple[dict[str, Wording], list[Problem]]:
    """The groups of one file, and everything that is wrong with it."""
    shown = f"notebooks/words/{path.name}"
    raw, problems = _table(path)
    common: dict[str, Any] = {}
    if path.stem != SHARED and any(isinstance(group, dict) and SHARED in group for group in raw.values()):
        common, broken = _table(path.with_name(f"{SHARED}.toml"))
        problems += broken
    groups: dict[str, Wording] = {}
    for name, group in ({"": raw} if path.stem == SHARED else raw).items():
        if not isinstance(group, dict):
            problems.append(Problem(shown, 0, name, repr(group)[:60], "a table of sentences"))
            continue
        known = dict(group)
        taken = known.pop(SHARED, []) if path.stem != SHARED else []
        for key in taken if isinstance(taken, list) else []:
            if key in common:
                known.setdefault(str(key), common[key])
            else:
                error = UnknownName("sentence in shared.toml", str(key), tuple(common))
                problems.append(Problem(shown, 0, name, repr(key), str(error)[:160]))
        groups[name] = {}
        for key, pair in known.items():
            wrong = list(_wrong(pair))
            problems += [Problem(shown, 0, f"{name}.{key}".strip("."), found, wanted) for found, wanted in wrong]
            if not wrong:
                groups[name][key] = (pair["zh"], pair["en"])
    return groups, problems


def _table(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    shown = f"notebooks/words/{path.name}"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except FileNotFoundError:
        return {}, [Problem(shown, 0, "", "no such file", "the wordings of the notebook")]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [Problem(shown, 0, "", f"{type(error).__name__}: {error}"[:120], "TOML saved as UTF-8")]


def _wrong(pair: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with one sentence: a language without it, broken braces, a number typed."""
    if not isinstance(pair, dict) or set(pair) != {"zh", "en"} or not all(isinstance(t, str) for t in pair.values()):
        yield repr(pair)[:60], 'the sentence in both languages: zh = "…", en = "…"'
        return
    for text in pair.values():
        try:
            fields(text)
        except TemplateError as error:
            yield str(error)[:160], "a sentence with {name} placeholders"
            return
    for lang, text in pair.items():
        for digits in digits_in_template(text):
            yield f"the number {digits} typed into {lang}", "{name} with a figure (a year: {year} with year=2027)"


def problems_of(folder: Path) -> list[Problem]:
    """Problems of every file of wordings, for ``planbrief check``."""
    return [problem for path in sorted(folder.glob("*.toml")) for problem in wordings_of(path)[1]]
