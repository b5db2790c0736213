"""``planbrief completion SHELL``: a script with which TAB completes commands, options, reports and areas."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator

from planbrief.errors import PlanbriefError

#: ``eval "$(planbrief completion bash)"`` in the shell's start file; the words themselves come from planbrief.
_SCRIPTS = {
    "bash": """\
_planbrief() {
    local IFS=$'\\n'
    COMPREPLY=($(planbrief completion bash words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _planbrief planbrief
""",
    "zsh": """\
#compdef planbrief
_planbrief() {
    local -a found
    found=(${(f)"$(planbrief completion zsh words "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    compadd -a found || _files
}
compdef _planbrief planbrief
""",
    "fish": """\
function __planbrief
    set -l words (commandline -opc) (commandline -ct)
    planbrief completion fish words $words[2..-1] 2>/dev/null
end
complete -c planbrief -a '(__planbrief)'
""",
}
#: Commands whose words are reports, or areas, of the project.
_REPORTS = frozenset({"build", "preview"})


def fitting(words: list[str]) -> Iterator[str]:
    """What the last of some words may become."""
    from planbrief.commands.cli import COMMANDS, parser

    *before, last = words or [""]
    if not before:
        yield from (verb for verb in COMMANDS if verb.startswith(last))
        return
    chosen = next((word for word in before if word in COMMANDS), "")
    actions = parser()._subparsers
    if not chosen or actions is None:
        return
    verbs = next(action for action in actions._group_actions if action.choices)
    own = dict(verbs.choices or {})[chosen]
    if last.startswith("-"):
        yield from (name for name in own._option_string_actions if name.startswith(last))
        return
    asking = own._option_string_actions.get(before[-1])
    if before[-1] == "--area":
        yield from (area for area in _areas() if area.startswith(last))
    elif chosen == "export" and before[-1] == "--to":
        from planbrief.export import formats

        yield from (name for name in formats() if name.startswith(last))
    elif asking is not None and asking.choices:
        yield from (str(choice) for choice in asking.choices if str(choice).startswith(last))
    elif asking is None or asking.nargs == 0:
        for action in own._actions:
            if not action.option_strings and action.choices:
                yield from (str(choice) for choice in action.choices if str(choice).startswith(last))
        if chosen in _REPORTS:
            yield from (report for report in _reports() if report.startswith(last))


def _reports() -> list[str]:
    from planbrief.catalog import read
    from planbrief.project import find
    from planbrief.targets.package import usable_package

    project = find()
    return [report.id for report in read(project, usable_package(project)).reports()]


def _areas() -> tuple[str, ...]:
    from planbrief.project import find
    from planbrief.targets.package import usable_package

    return usable_package(find()).regions


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief completion``."""
    if arguments.words[:1] != ["words"]:
        print(_SCRIPTS[arguments.shell], end="")
        return 0
    with contextlib.suppress(PlanbriefError):  # outside a project there is less to complete
        for word in dict.fromkeys(fitting(arguments.words[1:])):
            print(word)
    return 0
