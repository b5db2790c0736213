"""Languages of pages: Chinese and English are written here, any other is a table of words and names.

A file ``notebooks/words/languages/fr.toml`` makes ``fr`` a language of the project's pages. It keeps the punctuation,
the order of words and the numbers of English, and where its table has no word, the English one stands::

    [words]                   # by the key of a message (planbrief/display/messages)
    "period.undated" = "sans date"
    [phrases]                 # by the English wording: names, sentences, templates with their {places}
    "Growth of {name}" = "Croissance de {name}"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from planbrief.errors import PlanbriefError, Problem, UnknownName, WordsError
from planbrief.project import find

#: Languages whose wording stands in the package, each also as the second half of a pair (zh, en).
OWN = ("zh", "en")
Own = Literal["zh", "en"]


@dataclass(frozen=True, eq=False)
class Language:
    """A language of pages."""

    code: str
    words: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)

    @property
    def like(self) -> str:
        """The one of :data:`OWN` that it falls back to."""
        return "zh" if self.code == "zh" else "en"


_OWN = {code: Language(code) for code in OWN}
#: Tables that were read, until another project is looked at.
_loaded: dict[str, Language] = {}


#: Notebooks of the project that this process works on, once something has said which.
_notebooks: list[Path] = []


def look_in(notebooks: Path) -> None:
    """Take tables from the project with these notebooks from now on, not from the one that one stands in."""
    _notebooks[:] = [notebooks]
    _loaded.clear()


def tables() -> dict[str, Path]:
    """The tables of the project by code."""
    try:
        folder = _notebooks[0] if _notebooks else find().notebooks
    except PlanbriefError:
        return {}
    files = sorted((folder / "words" / "languages").glob("*.toml"))
    return {file.stem: file for file in files if re.fullmatch("[a-z]{2,3}", file.stem) and file.stem not in OWN}


def _read(path: Path) -> Language:
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        words, phrases = said.get("words", {}), said.get("phrases", {})
        whole = {
            "words": _texts(words),
            "phrases": _texts(phrases),
            **dict.fromkeys(said.keys() - {"words", "phrases"}),
        }
    except (OSError, ValueError) as error:
        raise WordsError(Problem(str(path), 0, "", str(error), "a table of words in TOML")) from None
    if wrong := [name for name, right in whole.items() if not right]:
        raise WordsError(Problem(str(path), 0, wrong[0], "something else", "[words] and [phrases] of text"))
    return Language(path.stem, words, phrases)


def _texts(table: object) -> bool:
    return isinstance(table, dict) and all(isinstance(text, str) for text in table.values())


def language(code: str) -> Language:
    """A language by its code.

    Raises
    ------
    UnknownName
        It is none of ours and the project has no table of it.
    WordsError
        Its table is broken.
    """
    if spoken := _OWN.get(code) or _loaded.get(code):
        return spoken
    known = tables()
    if code not in known:
        raise UnknownName("language", code, (*OWN, *known))
    return _loaded.setdefault(code, _read(known[code]))


def phrase(text: str, code: str) -> str:
    """A wording of ours in another language; itself where that has no wording of its own.

    >>> phrase("Targets", "en")
    'Targets'
    """
    return text if code in _OWN else language(code).phrases.get(text, text)


def wording(zh: str, en: str, code: str) -> str:
    """The wording of a pair in a language.

    >>> wording("目标", "Targets", "zh")
    '目标'
    """
    return zh if code == "zh" else phrase(en, code)
