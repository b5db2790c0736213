"""A file as canonical text, whatever its form; a PDF is read in a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from planbrief import extensions
from planbrief.errors import DataError, PlanbriefError, Problem
from planbrief.reading.canonical import CanonicalText, unreadable

#: What the process may take: address space in bytes, seconds of the processor, seconds until it is given up.
MOST_MEMORY, MOST_SECONDS, LONGEST_WAIT = 1_000_000_000, 180, 600
_PDF = "a PDF with a text layer"


def read_pdf_apart(raw: bytes, name: str, sha256: str) -> CanonicalText:
    """The canonical text of a PDF, read by another process of this Python.

    Raises
    ------
    DataError
        If the PDF cannot be read, or its reading takes more memory or time than any document needs.
    """
    # -P: a file in the working folder is never taken for a module of Python.
    command = [sys.executable, "-P", "-m", "planbrief.reading.files", name, sha256]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=LONGEST_WAIT, check=False)
    except subprocess.TimeoutExpired:
        raise unreadable(name, f"a PDF that took more than {LONGEST_WAIT} seconds", _PDF) from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise unreadable(name, "a damaged PDF, or one that needs more memory than any document", _PDF) from None
    if "problem" in answer:
        raise DataError([Problem(*answer["problem"])])
    return CanonicalText.from_json(answer["text"], answer["document"])


def _limit() -> None:
    """Limits of this process, where the system has them."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        for kind, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS)):
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer_with_pdf() -> None:
    """Read the PDF on standard input and answer on standard output."""
    from planbrief.reading.forms.pdf import read_pdf

    _limit()
    name, sha256 = sys.argv[1:3]
    answer: dict[str, Any]
    try:
        document = read_pdf(sys.stdin.buffer.read(), name, sha256)
        answer = {"text": document.text, "document": document.as_json()}
    except DataError as error:
        problem = error.problems[0]
        answer = {"problem": [problem.file, problem.row, problem.column, problem.found, problem.expected]}
    except MemoryError:
        answer = {"problem": [name, 0, "", "a PDF that needs more memory than any document", _PDF]}
    except (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        answer = {"problem": [name, 0, "", f"a damaged PDF ({type(error).__name__})", _PDF]}
    sys.stdout.write(json.dumps(answer))


#: Files above this are no document of figures (a text of 10 MB has a thousand pages, a scanned PDF may have 200 MB).
MOST_BYTES = 300_000_000
_MOST_TEXT_BYTES = 60_000_000
#: First bytes of forms that are recognised only to say what they are.
_FOREIGN = (
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\0", "a picture (TIFF)"),
    (b"MM\0*", "a picture (TIFF)"),
    (b"BM", "a picture (BMP)"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "a rich text file (RTF)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|div|p|meta)\b", re.I)
_OPENING = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body|table|meta)\b", re.I)


def read_file(path: Path) -> CanonicalText:
    """The canonical text of a file with its tables and places.

    Raises
    ------
    DataError
        If the file cannot be read: missing, empty, too large, a picture, an archive, a password, a scan without text,
        damaged or built to exhaust the machine. The message says what was found and what would do.
    """
    name = path.name
    raw = _bytes(path, name)
    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        return _read(raw, name, sha256)
    except PlanbriefError:
        raise
    except MemoryError:
        raise unreadable(name, "a document that needs more memory than this machine gives") from None
    except RecursionError:
        raise unreadable(name, "a document whose parts are nested without end") from None
    except (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        # A reader's library met bytes that its form does not allow; which of its errors came says nothing to people.
        raise unreadable(name, f"a damaged file ({type(error).__name__})") from error


def _bytes(path: Path, name: str) -> bytes:
    """The bytes of a regular file of bearable size."""
    try:
        if path.is_dir():
            raise unreadable(name, "a folder")
        if not path.is_file():
            raise unreadable(name, "a device or pipe" if path.exists() else "no such file")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise unreadable(name, f"{size / 1e6:,.0f} MB", f"a document below {MOST_BYTES / 1e6:,.0f} MB")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise unreadable(name, os.strerror(error.errno) if error.errno else "a file that cannot be opened") from None
    if not raw.strip(b"\0 \t\r\n"):
        raise unreadable(name, "an empty file")
    return raw


def _read(raw: bytes, name: str, sha256: str) -> CanonicalText:
    """Hand the bytes to the reader of their form; a package's reader goes before ours for its own ending."""
    ending = name.rpartition(".")[2].lower()
    if ending in extensions.announced("readers"):
        from planbrief.reading.forms.plain import read_plain

        return read_plain(str(extensions.loaded("readers", ending)(raw)).encode(), name, sha256)
    if b"%PDF-" in raw[:1024]:
        return read_pdf_apart(raw, name, sha256)
    if raw.startswith(b"PK\x03\x04"):
        return _read_archive(raw, name, sha256)
    if raw.startswith(_OLE):
        raise unreadable(name, _old_office(raw))
    # A text may begin with BM or MZ: only bytes that no text has make it a picture or a program.
    for mark, found in _FOREIGN:
        if raw.startswith(mark) and (b"\0" in raw[:4096] or mark.startswith(b"{")):
            raise unreadable(name, found)
    if len(raw) > _MOST_TEXT_BYTES:
        raise unreadable(name, f"{len(raw) / 1e6:,.0f} MB of text", f"a text below {_MOST_TEXT_BYTES / 1e6:,.0f} MB")
    if _is_html(raw, name):
        from planbrief.reading.forms.html import read_html

        return read_html(raw, name, sha256)
    from planbrief.reading.forms.plain import read_plain

    return read_plain(raw, name, sha256)


def _read_archive(raw: bytes, name: str, sha256: str) -> CanonicalText:
    """A Word document or an Excel workbook, told by the parts inside."""
    from planbrief.reading.forms.archives import Archive

    archive = Archive(raw, name)
    if archive.main_part("word"):
        from planbrief.reading.forms.word import read_word

        return read_word(archive, sha256)
    if archive.main_part("xl"):
        from planbrief.reading.forms.excel import read_excel

        return read_excel(archive, sha256)
    raise unreadable(name, "a zip archive that is neither a Word document nor an Excel workbook")


def _old_office(raw: bytes) -> str:
    """What an OLE file is: the old Office forms, or a new one behind a password."""
    marks = {
        "EncryptedPackage": "a document behind a password",
        "WordDocument": "a Word document of the old form (.doc); save it as .docx",
        "Workbook": "an Excel workbook of the old form (.xls); save it as .xlsx",
    }
    found = (words for mark, words in marks.items() if mark.encode("utf-16-le") in raw)
    return next(found, "an Office file of the old form")


def _is_html(raw: bytes, name: str) -> bool:
    """Whether bytes are a page: they begin like one, or hold its tags and are called one."""
    start = raw[:8192]
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if start.startswith(mark):
            start = start[2:].decode(encoding, "ignore").encode()
    start = start.removeprefix(b"\xef\xbb\xbf")
    if re.match(rb"\s*<\?xml", start):
        return b"<html" in start.lower()
    start = re.sub(rb"^\s*(?:<!--.*?-->\s*)+", b"", start, flags=re.S)
    if _OPENING.match(start):
        return True
    tags = len(_HTML.findall(start))
    named = name.lower().endswith((".html", ".htm", ".xhtml", ".shtml"))
    return tags > 5 or (named and tags > 0)


if __name__ == "__main__":
    answer_with_pdf()
