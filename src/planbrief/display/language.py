"""Words in two languages: messages, names, and which language a piece of text is in.

All wording that does not stand in a notebook stands in ``messages/*.toml``, one file (or ``name.zh.toml`` beside
``name.en.toml``) per language, with the same keys in both. Text from the data in the other language is split off into a
run of its own, so that a page can mark its ``lang``.

A sentence is a template: `{name}` and `**emphasis**`, and nothing else. It is data, never code: no attribute access, no
format specification, no expression. What does not parse is an error that names the template, not a sentence with a hole
in it. Sentences of reports stand beside the notebooks, so that an editor or translator opens no code.
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
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol, TypeGuard

from planbrief.display.document import Run, Runs
from planbrief.errors import PlanbriefError, Problem, UnknownName
from planbrief.languages import OWN, Language, language, wording

#: Code of a language of pages: ``zh``, ``en``, or one that the project has a table of (:mod:`planbrief.languages`).
Lang = str
#: The languages whose wording stands in this package.
LANGS: tuple[Lang, ...] = OWN
#: Latin words that a Chinese page may hold without a ``lang`` of their own: acronyms that Chinese texts use as words,
#: unit symbols, and the name of this program. Every other word is marked.
ACCEPTED_LATIN = (
    frozenset(("GDP", "R&D", "LNG", "AI", "IT", "ICT", "APP", "ESG", "VR", "AR", "PDF", "HTML", "CSV", "CO2", "CAGR"))
    | {"GWh", "GWH", "MWh", "kWh", "kW", "MW", "GW", "kV", "km", "kg", "m", "t", "mu", "KB", "MB"}
    | {"planbrief", "PNG", "SVG"}
)

_HAN = r"\u2e80-\u303f\u31c0-\u31ef\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60"
# Patterns stay text: to compile them takes a tenth of the time of a build that has nothing to do.
_HAN_ANY = f"[{_HAN}]"
_HAN_RUN = f"{_HAN_ANY}(?:[^A-Za-z]*{_HAN_ANY})?"
_LATIN_RUN = r"[A-Za-z][A-Za-z'’&.-]*(?:[ ,]+[A-Za-z(][A-Za-z'’&.()-]*)*"


class Bilingual(Protocol):
    """Anything that has a wording in both languages."""

    @property
    def zh(self) -> str:
        """Chinese wording."""

    @property
    def en(self) -> str:
        """English wording."""


def is_bilingual(value: object) -> TypeGuard[Bilingual]:
    """Whether a value has a wording in both languages; ``isinstance`` takes twenty times as long to say so."""
    return hasattr(value, "zh") and hasattr(value, "en")


#: What captions, notes and labels may be: one text for both languages, a pair (zh, en), or a Label.
Text = str | tuple[str, str] | Bilingual


class MissingMessage(PlanbriefError):
    """A message key has no wording in a language."""

    text = "no message {!r} in {}.toml (planbrief/display/messages)"


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def message_files(lang: Lang) -> dict[str, dict[str, str]]:
    """Messages of a language by file name."""
    folder = resources.files("planbrief.display") / "messages"
    return {
        file.name: dict(_flat(tomllib.loads(file.read_text(encoding="utf-8"))))
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if file.name == f"{lang}.toml" or file.name.endswith(f".{lang}.toml")
    }


def messages(lang: Lang) -> Mapping[str, str]:
    """All messages of a language, keys joined with dots."""
    return _messages(language(lang))


@cache
def _messages(spoken: Language) -> Mapping[str, str]:
    if spoken.code in LANGS:
        return {key: text for known in message_files(spoken.code).values() for key, text in known.items()}
    found = {key: spoken.phrases.get(text, text) for key, text in messages(spoken.like).items()}
    return {**found, **{key: text for key, text in spoken.words.items() if key in found}}


def has_message(key: str, lang: Lang = "zh") -> bool:
    """Whether a language has wording for a key."""
    return key in messages(lang)


def message(key: str, lang: Lang, **values: object) -> str:
    """Wording of a key with its ``{name}`` placeholders filled.

    Raises
    ------
    MissingMessage
        The language has no such key.
    TemplateError
        The message names a value that was not given.
    """
    template = messages(lang).get(key)
    if template is None:
        raise MissingMessage(key, lang)
    if not values and "{" not in template:
        return template
    used = fields(template, key)
    missing = [name for name in used if name not in values]
    if missing:
        raise TemplateError(key, template, f"no value for {{{missing[0]}}}", tuple(values))
    return "".join(str(values[piece.text]) if piece.field else piece.text for piece in parse(template, key))


def bilingual(prefix: str, key: str, **values: Any) -> tuple[str, str]:
    """A message in both languages; pairs and labels among its values are taken in each."""
    zh, en = (
        message(f"{prefix}.{key}", lang, **{name: _said(value, lang) for name, value in values.items()})
        for lang in LANGS
    )
    return zh, en


def _said(value: Any, lang: Lang) -> Any:
    return pick(value, lang) if isinstance(value, tuple) or hasattr(value, "zh") else value


def term(vocabulary: str, code: str, lang: Lang) -> str:
    """Name of a code of a closed vocabulary (``kind``, ``theme`` …); an unknown code is shown as it is."""
    if not code:
        return ""
    return messages(lang).get(f"{vocabulary}.{code}", code)


def sentence_case(text: str) -> str:
    """A word that stands alone in a cell or label, with a capital: target → Target (Chinese is left as it is)."""
    return text[:1].upper() + text[1:]


def pick(text: Text, lang: Lang) -> str:
    """The wording of a text in a language."""
    if isinstance(text, str):
        return text
    if isinstance(text, tuple):
        return wording(*text, lang)
    return wording(text.zh, text.en, lang)


def is_chinese(text: str) -> bool:
    """Whether a text holds at least one Chinese character or Chinese punctuation mark."""
    return re.search(_HAN_ANY, text) is not None


def _foreign(match: re.Match[str], lang: Lang) -> bool:
    if lang != "zh":
        return True
    words = re.findall(r"[A-Za-z&]+\d?", match.string[match.start() : match.end() + 1])
    return any(len(word) > 1 and word not in ACCEPTED_LATIN for word in words)


def mark(text: str, lang: Lang, *, strong: bool = False) -> Runs:
    """Split a text from the data into runs, those in the other language marked with it.

    On an English page every stretch of Chinese is marked; on a Chinese page every stretch of Latin words except
    acronyms and unit symbols.

    >>> [(run.text, run.lang) for run in mark("Huafeng Group 华峰集团", "en")]
    [('Huafeng Group ', ''), ('华峰集团', 'zh')]
    """
    pattern, other = (_HAN_RUN, "zh") if lang != "zh" else (_LATIN_RUN, "en")
    runs: list[Run] = []
    last = 0
    for match in re.finditer(pattern, text):
        if not _foreign(match, lang):
            continue
        if match.start() > last:
            runs.append(Run(text[last : match.start()], strong=strong))
        runs.append(Run(match.group(), other, strong))
        last = match.end()
    if last < len(text) or not runs:
        runs.append(Run(text[last:], strong=strong))
    return tuple(runs)


def words(text: Text, lang: Lang) -> Runs:
    """A label, caption or note in the words of a page."""
    return mark(pick(text, lang), lang)


def join_names(names: Iterable[str], lang: Lang) -> str:
    """A list in a sentence: 甲、乙和丙 / A, B and C."""
    listed = list(names)
    if len(listed) < 2:
        return "".join(listed)
    comma, last = ("、", "和") if lang == "zh" else (", ", " and ")
    return comma.join(listed[:-1]) + last + listed[-1]


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


def problems_of(folder: Path, only: Collection[str] | None = None) -> list[Problem]:
    """Problems of every file of wordings, or of those of some notebooks, for ``planbrief check``."""
    files = [path for path in sorted(folder.glob("*.toml")) if only is None or path.stem in {*only, SHARED}]
    return [problem for path in files for problem in wordings_of(path)[1]]
