"""A parser of command lines whose refusals help."""

from __future__ import annotations

import argparse
import re
import sys
from difflib import get_close_matches
from typing import Any, NoReturn


def count(text: str) -> int:
    """A number of lines to show: 1 to 1000."""
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:9]) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 1000")
    return int(text)


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong and what may have been meant."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2 and one message; a misspelt word comes with the one that it looks like."""
        hint = ""
        if wrong := re.match(r"argument (\S+): invalid choice: '(.*?)' \(choose from (.*)\)", message):
            known = [word.strip("' ") for word in wrong[3].split(",")]
            listed = "planbrief without a command lists them" if wrong[1] == "COMMAND" else f"known: {', '.join(known)}"
            message, hint = f"unknown {wrong[1].lower().lstrip('-')} {wrong[2]!r}", listed
            close = get_close_matches(wrong[2], known, n=1)
        elif wrong := re.match(r"unrecognized arguments: (\S+)", message):
            close = get_close_matches(wrong[1].partition("=")[0], self._every_option(), n=1)
            hint = f"{self.prog} --help says what it takes"
        else:
            close, hint = [], f"{self.prog} --help says what it takes"
        meant = f"did you mean {close[0]!r}? " if close else ""
        self.exit(2, f"{self.prog}: {message}; {meant}({hint})\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help that cannot be written is an error like any output that cannot; argparse would pass it over."""
        if file is sys.stdout:
            file.write(message)
        else:
            super()._print_message(message, file)

    def _every_option(self) -> list[str]:
        own = list(self._option_string_actions)
        for action in self._subparsers._group_actions if self._subparsers else ():
            for verb in dict(action.choices or {}).values():
                own += verb._every_option()
        return own
