"""Plain text: strict decodes decide the encoding, the text is the decode unchanged, its lines are the paragraphs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from planbrief.errors import DataError, Problem
from planbrief.reading.canonical import CanonicalText, Paragraph
from planbrief.reading.places import Place, PlaceMap
from planbrief.reading.tables.frames import framed, placed
from planbrief.reading.tables.text_tables import tables_in

#: Characters that no Chinese text of some length does without, in both scripts.
_USUAL = frozenset(
    "的一年发展市区产业和中国大新全人上在以工建设高化经济地会为社政行不方实是了加有等机体民生资源發業國經濟設會為產"
)
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_TITLE = re.compile(r"(?:报告|规划|纲要|公报|意见|方案|通知|计划|要点|草案|决定|办法)(?:[（(].*[）)])?$")
#: Enough of a text to judge what it is.
_SAMPLE = 200_000


def decoded(raw: bytes, name: str) -> tuple[str, str]:
    """The text of the bytes and the name of the encoding that gives it; a byte order mark is no part of the text.

    Raises
    ------
    DataError
        If no encoding gives a text: a picture, a program, a damaged or foreign file.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise _unreadable(
                    name, f"{encoding.removesuffix('-sig').upper()} that breaks at byte {error.start}"
                ) from None
            return _sound(text.removeprefix("\ufeff"), name), encoding
    for encoding in _candidates(raw):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Chinese UTF-16 without a mark is told from GB18030 only by what it says.
        if encoding == "utf-8" or _usual(text, least=8 if encoding.startswith("utf-16") and b"\0" not in raw else 0):
            return _sound(text, name), encoding
    raise _unreadable(name, "bytes that are no text in UTF-8, GB18030 or UTF-16" + _advice(raw))


def _candidates(raw: bytes) -> tuple[str, ...]:
    """Encodings to try, in order: zero bytes are UTF-16's, mostly the upper halves of ASCII characters."""
    if b"\0" not in raw[:_SAMPLE]:
        return "utf-8", "gb18030", "utf-16-le", "utf-16-be"
    even, odd = raw[0:_SAMPLE:2].count(0), raw[1:_SAMPLE:2].count(0)
    return ("utf-16-le", "utf-16-be") if odd >= even else ("utf-16-be", "utf-16-le")


def _usual(text: str, least: int = 0) -> bool:
    """Whether a decode reads like Chinese (or like ASCII): a wrong encoding gives characters that nobody uses."""
    sample = text[:_SAMPLE]
    counts = Counter(sample)
    chinese = sum(n for char, n in counts.items() if "\u3400" <= char <= "\u9fff")
    private = sum(n for char, n in counts.items() if "\ue000" <= char <= "\uf8ff" or char == "\ufffd")
    if private * 50 > len(sample) or chinese < least:
        return False
    usual = sum(n for char, n in counts.items() if char in _USUAL)
    return chinese < 20 or usual * 40 >= chinese


def _sound(text: str, name: str) -> str:
    """The text, if it is one: bytes of a program decode too, into control characters."""
    sample = text[:_SAMPLE]
    control = sum((char < " " and char not in "\t\n\r\f\v\x1a\x1b") or "\x7f" <= char <= "\x9f" for char in sample)
    if "\0" in sample or control * 100 > len(sample):
        raise _unreadable(name, "control characters, as in a picture, a program or a damaged file")
    if not text.strip("\ufeff \t\r\n\f\v\u3000"):
        raise _unreadable(name, "an empty file")
    return text


def _advice(raw: bytes) -> str:
    """What an adviser takes the bytes for, as a hint in the message; it decides nothing."""
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:_SAMPLE]).best()
    return f" (perhaps {best.encoding})" if best is not None else ""


def _unreadable(name: str, found: str) -> DataError:
    return DataError([Problem(name, 0, "", found, "a text in UTF-8, GB18030 or UTF-16")])


def read_plain(raw: bytes, name: str, sha256: str) -> CanonicalText:
    """A text file: its decode, a place for every line, and the tables that its lines make."""
    text, encoding = decoded(raw, name)
    places, paragraphs = PlaceMap(), []
    tables = framed(text, tables_in(text))
    count = offset = 0
    for line in re.split(r"(?<=\n)|(?<=\r)(?!\n)", text):
        words = line.strip("\r\n")
        if words.strip(" \t\u3000\ufeff"):
            count += 1
            level = len(words) - len(words.lstrip("#")) if re.match(r"#{1,6} ", words) else 0
            places.add(offset, Place(paragraph=count))
            paragraphs.append(Paragraph(offset, offset + len(words), "#" * level, level))
        offset += len(line)
    title = title_of(text[p.start : p.end] for p in paragraphs[:40])
    return CanonicalText(
        *(text, tables, placed(places, tables, {table.start for table in tables}), tuple(paragraphs), "text", sha256),
        title=title,
        encoding=encoding,
    )


def title_of(lines: Iterable[str]) -> str:
    """The first line that reads like the title of a document, else the first that is no furniture of a web page."""
    said = [re.sub(r"^[\s#*]+|[\s#*]+$", "", line) for line in lines]
    short = [line for line in said if 4 <= len(line) <= 80 and not re.search(r"[。；：:>＞]|首页|下载|分享", line)]
    return next((line for line in short if _TITLE.search(line)), short[0] if short else "")
