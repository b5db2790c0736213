"""A PDF is read in a process of its own: what exhausts it or makes it fail ends there, and in one message here.

PDF is the one form whose parts can call each other without end and whose reader is no Python: a page of a few bytes
can ask for all memory. The process may take so much memory and time; it reads bytes from its standard input and
writes JSON, nothing else passes between the two.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import Any

from planbrief.errors import DataError, Problem
from planbrief.reading.canonical import CanonicalText

#: What the process may take: address space in bytes, seconds.
MOST_MEMORY, MOST_SECONDS = 1_000_000_000, 180


def read_pdf_apart(raw: bytes, name: str, sha256: str) -> CanonicalText:
    """The canonical text of a PDF, read by another process of this Python.

    Raises
    ------
    DataError
        If the PDF cannot be read, or its reading takes more memory or time than any document needs.
    """
    # -P: a file in the working folder is never taken for a module of Python.
    command = [sys.executable, "-P", "-m", "planbrief.reading.forms.apart", name, sha256]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=MOST_SECONDS + 20, check=False)
    except subprocess.TimeoutExpired:
        raise _unreadable(name, f"a PDF that took more than {MOST_SECONDS} seconds") from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise _unreadable(name, "a damaged PDF, or one that needs more memory than any document") from None
    if "problem" in answer:
        raise DataError([Problem(*answer["problem"])])
    return CanonicalText.from_json(answer["text"], answer["document"])


def _unreadable(name: str, found: str) -> DataError:
    return DataError([Problem(name, 0, "", found, "a PDF with a text layer")])


def _limit() -> None:
    """Limits of this process, where the system has them."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        for kind, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CPU, MOST_SECONDS)):
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
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
        answer = {"problem": [name, 0, "", "a PDF that needs more memory than any document", "a PDF with a text layer"]}
    except (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        answer = {"problem": [name, 0, "", f"a damaged PDF ({type(error).__name__})", "a PDF with a text layer"]}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
