"""Which words of a text are in the other language and not in the list of accepted acronyms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from lxml import etree

from planbrief.display.language import ACCEPTED_LATIN

_HAN = re.compile(r"[\u2e80-\u2fdf\u3001-\u303f\u31c0-\u31ef\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60]+")
#: Words; letters behind a digit are a grade or a code (4A, 5G, 04969b), not a word.
_LATIN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]+(?:[&'’][A-Za-z]+)*\d*")
#: The digest of the data in a citation: a number in base 16, no word.
_DIGEST = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*[0-9])[0-9a-f]{12}(?![0-9A-Za-z])")
#: Attributes that are shown or read out.
_SPOKEN = ("title", "aria-label", "alt", "placeholder", "label", "data-f", "data-t")
#: Elements whose text is no language: programs, styles, formulas of mathematics.
_SILENT = ("script", "style", "math", "template")


def foreign(text: str, lang: str) -> list[str]:
    """Words that a text in a language may not hold.

    >>> foreign("GDP 与 LNG、growth", "zh-CN"), foreign("Bazhong 巴中", "en")
    (['growth'], ['巴中'])
    """
    text = _DIGEST.sub(" ", text)
    if lang.startswith("zh"):
        return [word for word in _LATIN.findall(text) if word not in ACCEPTED_LATIN]
    if lang.startswith("en"):
        return _HAN.findall(text)
    return [f"(no language) {text.strip()[:40]}"] if text.strip() else []


def pieces(node: etree._Element, lang: str = "") -> Iterator[tuple[str, str]]:
    """Texts and spoken attributes of a tree with the language that they inherit."""
    if not isinstance(node.tag, str):
        return
    own = node.get("lang", lang)
    if node.tag in _SILENT:
        return
    if node.text:
        yield node.text, own
    for name in _SPOKEN:
        if node.get(name):
            yield node.get(name), own
    if node.tag == "meta" and node.get("name") == "description":
        yield node.get("content"), own
    for child in node:
        yield from pieces(child, own)
        if child.tail:
            yield child.tail, own


def counted(texts: Iterable[tuple[str, str]]) -> Counter[str]:
    """Foreign words of texts with their languages, and how often."""
    return Counter(f"{lang}: {word}" for text, lang in texts for word in foreign(text, lang))
