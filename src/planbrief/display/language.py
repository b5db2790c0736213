"""Words in two languages: messages, names, and which language a piece of text is in.

All wording that does not stand in a notebook stands in ``messages/*.toml``, one file (or ``name.zh.toml`` beside
``name.en.toml``) per language, with the same keys in both. Text from the data in the other language is split off into a
run of its own, so that a page can mark its ``lang``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Protocol, TypeGuard

from planbrief.display.document import Run, Runs
from planbrief.display.template import TemplateError, fields, parse
from planbrief.errors import PlanbriefError
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

    def __init__(self, key: str, lang: str) -> None:
        super().__init__(key, lang)
        self.key, self.lang = key, lang

    def __str__(self) -> str:
        return f"no message {self.key!r} in {self.lang}.toml (planbrief/display/messages)"


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
