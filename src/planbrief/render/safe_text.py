"""Untrusted text made safe to set: control and bidirectional characters become visible, sizes stay sane."""

from __future__ import annotations

import re

from planbrief.display.language import Lang, message

#: Control characters (except tab and newline), surrogates, bidirectional embeddings, overrides and isolates,
#: interlinear annotation and non-characters: they would change how a line reads without being seen.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
#: Variation selectors say which picture of a character is meant; no packaged face has more than one.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
#: Lines of one text output that a page shows from its beginning and from its end.
HEAD_LINES, TAIL_LINES = 400, 60
#: Characters of one line that a page shows.
LINE_LIMIT = 4000


def marker(character: str) -> str:
    """What stands in place of a character that cannot or must not be shown.

    >>> marker("\\x07")
    '[U+0007]'
    """
    return f"[U+{ord(character):04X}]"


def visible(text: str) -> str:
    """Text in which nothing hides: CR LF as LF, control and bidi characters as ``[U+XXXX]``, no byte order mark.

    >>> visible("a\\u202eb\\r\\nc\\ufeff")
    'a[U+202E]b\\nc'
    """
    if not isinstance(text, str):
        text = str(text)
    text = _SELECTORS.sub("", text)
    text = text.replace("\r\n", "\n").replace("\ufeff", "").replace("\x0c", "\n")
    return _INVISIBLE.sub(lambda match: marker(match.group()), text)


def shortened(text: str, lang: Lang) -> str:
    """A long output cut to its head and tail, with a line that says how much is missing."""
    lines = text.split("\n")
    if len(lines) > HEAD_LINES + TAIL_LINES + 20:
        left_out = len(lines) - HEAD_LINES - TAIL_LINES
        lines = [*lines[:HEAD_LINES], message("page.notice.long_text", lang, count=left_out), *lines[-TAIL_LINES:]]
    if len(text) > LINE_LIMIT:
        lines = [
            line
            if len(line) <= LINE_LIMIT
            else line[:LINE_LIMIT] + message("page.notice.long_line", lang, count=len(line) - LINE_LIMIT)
            for line in lines
        ]
    return "\n".join(lines)
