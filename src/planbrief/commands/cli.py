"""The command line: words in, exit code out.

0 all done; 1 the work ran and something failed; 2 bad usage, parameter or data, nothing was run; 130 interrupted.
Results go to stdout, errors to stderr as one message. Heavy libraries are imported by the command that needs them.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from planbrief import __version__
from planbrief.commands.parser import Parser, count
from planbrief.errors import PlanbriefError

Configure = Callable[[argparse.ArgumentParser], None]


def seconds(text: str) -> float:
    """A time limit: a finite number of seconds above zero."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 < found <= 10_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return found


def unchecked_option(parser: argparse.ArgumentParser) -> None:
    """The option that lets through what check refuses."""
    parser.add_argument(
        "--unchecked", action="store_true", help="build also what check refuses; every page says that it does"
    )


def build_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``build``."""
    parser.add_argument("reports", nargs="*", metavar="REPORT", help="report or notebook (default: every report)")
    parser.add_argument("--lang", action="append", metavar="LANG", help="zh or en; may be repeated (default: both)")
    parser.add_argument("--to", action="append", metavar="FORMAT", help="html or pdf; may be repeated (default: both)")
    parser.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="change a parameter of REPORT"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the edition (default: reports/latest)")
    parser.add_argument("--jobs", type=int, metavar="N", help="reports built at a time (default: the cores)")
    parser.add_argument("--executor", default="local", metavar="WHERE", help="local, or dask:tcp://HOST:PORT")
    parser.add_argument("--force", action="store_true", help="build also what has not changed")
    unchecked_option(parser)
    parser.add_argument("--explain", action="store_true", help="say why each report is or is not built")
    parser.add_argument("--fail-fast", action="store_true", help="stop at the first report that fails")
    parser.add_argument("--keep", type=int, default=10, metavar="N", help="earlier editions to keep (default: 10)")
    parser.add_argument("--wait", action="store_true", help="wait for another build of the same folder to end")
    parser.add_argument(
        "--cell-timeout", type=seconds, default=300, metavar="S", help="seconds for a cell (default: 300)"
    )
    parser.add_argument("--memory", type=int, metavar="MIB", help="memory of a report (default: its share)")
    parser.add_argument("--timeout", type=seconds, default=900, metavar="S", help="seconds for a report (default: 900)")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append one JSON line per event to FILE")


def preview_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``preview``."""
    parser.add_argument("report", nargs="?", metavar="REPORT", help="report or notebook to begin with (default: all)")
    parser.add_argument("--lang", choices=("zh", "en"), help="language to begin with (default: the report's first)")
    parser.add_argument(
        "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="change a parameter of REPORT"
    )
    unchecked_option(parser)
    parser.add_argument("--port", type=int, metavar="N", help="port on this machine (default: 8400, or a free one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def guide_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``guide``."""
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="a page of the guide (default: list them)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the page (default: a temporary one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def list_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``list``."""
    kinds = ("reports", "areas", "indicators", "sources")
    parser.add_argument("what", nargs="?", default="reports", choices=kinds, help="what to list (default: reports)")
    parser.add_argument("--json", action="store_true", help="print every field as JSON")


def check_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``check``."""
    parser.add_argument("--fix", action="store_true", help="mend the form where nothing is lost, and say what")
    parser.add_argument(
        "--accept", nargs="+", metavar="ID", help="seal changes that are meant: rows by their key, or files (data/…)"
    )
    parser.add_argument("--accept-all", action="store_true", help="list every change, old → new, and seal all of them")


def verify_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``verify``."""
    parser.add_argument(
        "--sources", type=Path, required=True, metavar="DIR", help="folder of the source texts (or beside them)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def locate_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``locate``."""
    parser.add_argument("source_file", type=Path, metavar="SOURCE_FILE", help="a source text (UTF-8)")
    tables = ("observations", "exclusions", "sources")
    parser.add_argument("--table", choices=tables, help="only the rows of this table, ready for a file")
    parser.add_argument("--source-id", metavar="ID", help="name of the document (default: from the file's name)")


def read_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``read``."""
    parser.add_argument("file", type=Path, nargs="+", metavar="FILE", help="text, HTML, Word, PDF with text, or Excel")
    parser.add_argument("--jobs", type=int, metavar="N", help="files read at the same time (default: one a core)")
    parser.add_argument("--area", metavar="NAME", help="area it is about (default: from its first lines)")
    parser.add_argument("--new-area", action="store_true", help="--area is a place that the data do not know yet")
    parser.add_argument("--published", metavar="DATE", help="date of publication (default: from its first lines)")
    parser.add_argument("--source-id", metavar="ID", help="name of the document (default: from the file's name)")
    parser.add_argument("--json", action="store_true", help="print the proposed rows as JSON")


def lineage_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``lineage``."""
    parser.add_argument("obs_id", metavar="OBS_ID", help="an observation")
    parser.add_argument("--sources", type=Path, metavar="DIR", help="folder of the source texts, to show the line")
    parser.add_argument("--edition", type=Path, metavar="DIR", help="edition to search (default: reports/latest)")


def export_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``export``."""
    said = "xlsx, datapackage (zip), sdmx-csv, parquet, ro-crate (provenance of an edition), or one of an added package"
    parser.add_argument("--to", required=True, metavar="FORMAT", help=said)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="PATH", help="file to write, or folder or .zip of files"
    )
    parser.add_argument("--edition", type=Path, metavar="DIR", help="edition for ro-crate (default: reports/latest)")
    parser.add_argument("--results", action="store_true", help="growth, progress, structure, findings … as well")


def init_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``init``."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new or empty folder")


def new_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``new``."""
    parser.add_argument("name", metavar="NAME", help="name of notebook and report: a-z, 0-9, - and _; or a title")
    parser.add_argument("--area", metavar="AREA", help="area that it is about, by id or name (default: the first)")
    parser.add_argument("--from", dest="model", metavar="REPORT", help="notebook to begin with (default: a short one)")


def nb_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``nb``."""
    parser.add_argument(
        "action", choices=("clean", "filter", "install"), metavar="ACTION",
        help="clean: strip outputs; install: let git strip them by itself; filter: what git then runs",
    )  # fmt: skip
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="notebooks (default: all of the project)")


def completion_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``completion``."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="shell to complete for")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="WORD", help=argparse.SUPPRESS)


def verify_edition_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``verify-edition``."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a published edition")


def editions_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``editions``."""
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the edition (default: reports/latest)")


def restore_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``restore``."""
    parser.add_argument("edition", metavar="EDITION", help="id of a kept edition (planbrief editions)")
    editions_options(parser)
    parser.add_argument("--wait", action="store_true", help="wait for a build of the same folder to end")


def diff_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``diff``."""
    what = "folder of an edition, its manifest.json, or the id of an edition that is kept"
    parser.add_argument("old", metavar="OLD", help=what)
    parser.add_argument("new", metavar="NEW", help=what)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the result as JSON")
    form.add_argument("--md", action="store_true", help="print the result as Markdown")
    form.add_argument("--html", action="store_true", help="print the result as an HTML page")
    parser.add_argument("--lang", choices=("zh", "en"), default="en", help="language of the words (default: en)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder whose editions ids name (default: reports/latest)"
    )


def schedule_file(parser: argparse.ArgumentParser) -> None:
    """Options that all verbs of scheduled generation have."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="what, when and for whom (default: reports/schedule.toml)"
    )


def schedule_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``schedule``."""
    actions = ("run", "due", "show", "install")
    parser.add_argument(
        "action", choices=actions, metavar="ACTION",
        help="run: serve in the foreground; due: run what is due and end; show: the next times; install: unit files",
    )  # fmt: skip
    schedule_file(parser)
    parser.add_argument("--count", type=count, default=10, metavar="N", help="times that show lists (default: 10)")
    form = parser.add_mutually_exclusive_group()
    for name, text in (
        ("systemd", "service and timer of the user"),
        ("cron", "lines for crontab -e"),
        ("github-actions", "a workflow"),
        ("task-scheduler", "a task of Windows"),
    ):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=f"install: print {text}")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append one JSON line per event to FILE")


def deliver_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``deliver``."""
    schedule_file(parser)
    parser.add_argument("--job", metavar="NAME", help="only the recipients of this job")
    parser.add_argument("--edition", metavar="ID", help="edition to deliver (default: the present one)")
    parser.add_argument("--dry-run", type=Path, metavar="DIR", help="write what would be sent into DIR, send nothing")
    parser.add_argument("--resend", metavar="ID", help="send a delivery again that did not arrive")
    parser.add_argument("--list", action="store_true", help="list the ledger of deliveries")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append one JSON line per event to FILE")


def status_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``status``."""
    schedule_file(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def review_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``review``."""
    parser.add_argument("draft", metavar="ID", help="a document that was read (planbrief read)")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language to begin with (default: zh)")
    parser.add_argument("--port", type=int, metavar="N", help="port on this machine (default: 8420, or a free one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def accept_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``accept``."""
    parser.add_argument("draft", metavar="ID", help="a document whose rows are all decided")
    parser.add_argument("--yes", action="store_true", help="put new indicators and areas in without asking")
    parser.add_argument("--replace", action="store_true", help="in place of an earlier reading of the document")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``add``."""
    for name, text in (
        ("area", "place by id, Chinese or English name"),
        ("indicator", "indicator by id, name or alias"),
        ("period", "2025, 2025-H1, 2025-09, 2024/2035 or undated"),
        ("value", "number as printed, with a minus sign for a decline; a range as 50—60"),
        ("unit", "unit as printed: 亿元, %%, 个百分点"),
        ("source", "title of the document, or id of one that was added before"),
        ("published", "date of the document: 2026-03-20"),
        ("locator", "where it stands in the document"),
    ):
        parser.add_argument(f"--{name}", required=True, metavar=name.upper(), help=text)
    parser.add_argument("--kind", default="", help="actual, target, estimate … (default: by period and date)")
    parser.add_argument("--comparator", default="eq", help="eq, ge, gt, le, lt or approx (default: eq)")
    parser.add_argument("--transformation", default="", help="level, yoy, share … (default: by indicator and unit)")
    parser.add_argument("--subject", default="", help="company, project or event that the figure is about")
    parser.add_argument("--counterpart-area", default="", metavar="AREA", help="what a rank or difference refers to")
    parser.add_argument("--source-id", default="", metavar="ID", help="name of the document's folder")
    parser.add_argument("--title-en", default="", metavar="TITLE", help="English title of the document")
    parser.add_argument("--comment", default="", help="a remark that stands with the value")


#: verb -> (one line of help, options, module and function that runs it)
COMMANDS: dict[str, tuple[str, Configure, str]] = {
    "build": ("run the notebooks and publish an edition", build_options, "planbrief.commands.editions:command"),
    "preview": ("show reports and rebuild them on save", preview_options, "planbrief.commands.preview.server:command"),
    "list": ("list reports, areas, indicators or sources", list_options, "planbrief.commands.list:command"),
    "check": ("every problem of data, notebooks and catalog", check_options, "planbrief.commands.check:run_check"),
    "verify": ("hold every value against the source texts", verify_options, "planbrief.commands.check:run_verify"),
    "locate": ("unaccounted numbers of a text as CSV rows", locate_options, "planbrief.commands.check:run_locate"),
    "read": ("propose rows for every number of a document", read_options, "planbrief.commands.read:command"),
    "review": ("decide about the rows of a draft in a browser", review_options, "planbrief.commands.review:command"),
    "accept": ("put a decided draft into the data", accept_options, "planbrief.commands.accept:command"),
    "add": ("put one figure into the data, without a file", add_options, "planbrief.commands.accept:add_command"),
    "lineage": ("where a number comes from and goes to", lineage_options, "planbrief.commands.check:run_lineage"),
    "verify-edition": (
        "hold a published edition against its manifest",
        verify_edition_options,
        "planbrief.commands.editions:run_verify_edition",
    ),
    "editions": ("the present edition and the kept ones", editions_options, "planbrief.commands.editions:run_editions"),
    "restore": ("publish a kept edition again", restore_options, "planbrief.commands.editions:run_restore"),
    "export": ("data and results for others: xlsx, SDMX, Parquet …", export_options, "planbrief.export:command"),
    "diff": ("what changed between two editions", diff_options, "planbrief.commands.editions:run_diff"),
    "schedule": ("build and deliver at set times", schedule_options, "planbrief.commands.schedule:run_schedule"),
    "deliver": ("mail or post the present edition", deliver_options, "planbrief.commands.schedule:run_deliver"),
    "status": ("last runs, next run, deliveries", status_options, "planbrief.commands.schedule:run_status"),
    "migrate": (
        "bring an earlier version's data folder into today's layout",
        lambda parser: None,
        "planbrief.commands.migrate:command",
    ),
    "guide": ("pages on every topic, run when they are shown", guide_options, "planbrief.commands.new:guide_command"),
    "new": ("a notebook of your own that builds at once", new_options, "planbrief.commands.new:command"),
    "nb": ("notebooks without outputs, for git", nb_options, "planbrief.commands.new:notebooks_command"),
    "completion": (
        "words that TAB completes, for bash, zsh and fish",
        completion_options,
        "planbrief.commands.list:complete",
    ),
    "init": ("lay out an editable copy of data and notebooks", init_options, "planbrief.commands.new:init_command"),
}


#: Who a command is for, for ``planbrief`` without one.
USERS: dict[str, tuple[str, ...]] = {
    "reports": ("build", "preview", "list", "check"),
    "analyses of your own": ("guide", "new", "nb", "export"),
    "documents and their numbers": ("read", "review", "accept", "add", "locate", "verify", "lineage"),
    "scheduled generation": ("schedule", "deliver", "status", "diff", "editions", "restore", "verify-edition"),
    "set-up": ("init", "migrate", "completion"),
}


def overview() -> str:
    """What there is, by who it is for."""
    lines = ["planbrief: checked tables, comparisons and briefs from development plans", ""]
    for user, verbs in USERS.items():
        lines += [user, *(f"  {verb:<15} {COMMANDS[verb][0]}" for verb in verbs), ""]
    return "\n".join([*lines, "planbrief COMMAND --help says more; begin with planbrief list, planbrief build"])


class _Version(argparse.Action):
    """Says what a page depends on: planbrief, its templates (by digest), and the data of the project one stands in."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from planbrief.project import find
        from planbrief.run.plan import code_hash
        from planbrief.targets.package import read_package

        lines = [f"planbrief {__version__}", f"templates {code_hash('render')[:12]}"]
        with contextlib.suppress(PlanbriefError):
            package = read_package(find().data)
            lines.append(f"data {package.descriptor.get('version', '')} {package.sha256[:12]} ({package.folder})")
        print("\n".join(lines))
        parser.exit()


def parser(first: str = "") -> Parser:
    """The parser of the whole command line; of one command only where the line begins with it."""
    top = Parser(
        prog="planbrief",
        description="Checked tables, growth rates, comparisons and briefs from Chinese development plans.",
        epilog="Start with: planbrief list, planbrief build, planbrief check.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="versions of planbrief, its templates and the data")
    common = Parser(add_help=False)
    common.add_argument(
        "--project", type=Path, default=argparse.SUPPRESS, metavar="DIR",
        help="project folder (default: the one around the working directory)",
    )  # fmt: skip
    common.add_argument(
        "--sample", action="store_true", default=argparse.SUPPRESS, help="use the sample project of the package"
    )
    common.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
    )
    verbs = top.add_subparsers(dest="command", metavar="COMMAND")
    # Where the line begins with a verb its own parser is enough: building all of them is a part of every start.
    for verb in [first] if first in COMMANDS else COMMANDS:
        text, configure, _ = COMMANDS[verb]
        configure(verbs.add_parser(verb, help=text, description=text[0].upper() + text[1:] + ".", parents=[common]))
    top._add_container_actions(common)
    return top


def in_utf8(argv: Sequence[str] | None) -> None:
    """Begin again in Python's UTF-8 mode where the locale would have file names and output in ASCII.

    Pages, areas and file names are Chinese; a service manager or cron starts us in the POSIX locale.
    """
    wanted = sys.getfilesystemencoding().replace("-", "").lower() == "utf8"
    if argv is None and not wanted and not sys.flags.utf8_mode and os.name == "posix":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-X", "utf8", "-m", "planbrief", *sys.argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.replace("-", "").lower() != "utf8":
            stream.reconfigure(encoding="utf-8", errors="replace")


def with_streams() -> None:
    """Give a process that was started with a closed output somewhere to write to."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            with contextlib.suppress(OSError):
                # The number is taken, too: else the next file that is opened would get what is printed.
                handle = os.open(os.devnull, os.O_RDWR)
                if handle != number:
                    os.dup2(handle, number)
                    os.close(handle)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def told(text: str) -> None:
    """Say something on stderr, if anybody listens; names in data are untrusted: nothing in them steers a terminal."""
    shown = "".join(c if c == "\n" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    with contextlib.suppress(OSError, ValueError):
        print(shown, file=sys.stderr, flush=True)


def output_lost(error: OSError) -> int:
    """What to do when stdout takes no more: nothing more is printed, and the exit code says so."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 0  # its reader has gone (`planbrief list | head`)
    told(f"planbrief: the output cannot be written: {error.strerror or error}")
    return 1


def sweep() -> None:
    """Remove what planbrief processes that were killed have left: a living one holds the lock of its folder."""
    import tempfile

    with contextlib.suppress(OSError, ImportError):
        import fcntl

        for folder in Path(tempfile.gettempdir()).glob("planbrief-pool-*"):
            with contextlib.suppress(OSError), open(folder / ".lock", "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                fcntl.flock(lock, fcntl.LOCK_UN)
                from planbrief.run.pool.process_tree import remove_stale

                remove_stale(folder.parent)
                return


def ended_by(error: BaseException) -> int:
    """Say in one message what ended a command; returns the exit code."""
    code = 1
    error.__traceback__ = error.__context__ = None  # to say that memory is short, some of what they hold is needed
    if isinstance(error, PlanbriefError):
        said, code = str(error), error.exit_code
    # Want of memory has other names: a loader's ImportError, C code that ends without having said anything.
    elif isinstance(error, MemoryError) or re.search(
        "map segment|allocate memory|without (setting an )?exception", str(error)
    ):
        said = "not enough memory for this; fewer --jobs need less, or the limit (ulimit -v) is too low"
    elif isinstance(error, KeyboardInterrupt):
        said, code = "interrupted", 130
    elif isinstance(error, OSError):
        stream = error.filename is None and error.errno in (errno.ENOSPC, errno.EIO, errno.EBADF)  # files are named
        if stream or isinstance(error, BrokenPipeError):
            return output_lost(error)
        said = f"{error.filename}: {error.strerror or error}" if error.filename else str(error.strerror or error)
    elif isinstance(error, UnicodeDecodeError):
        said, code = f"a file that this needs is not UTF-8 text ({error.reason}); planbrief check says which", 2
    else:
        said = f"internal error: {type(error).__name__}: {error} (--debug shows more)"
    told(f"planbrief: {said}")
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    with_streams()
    in_utf8(argv)
    arguments, code = argparse.Namespace(), 0
    try:
        try:
            arguments = parser(*(sys.argv[1:] if argv is None else argv)[:1]).parse_args(argv)
            code = _run(arguments)
        except SystemExit as end:  # --help, --version, bad usage
            code = int(end.code or 0)
    except (Exception, KeyboardInterrupt) as error:
        if getattr(arguments, "debug", False) and not isinstance(error, BrokenPipeError | KeyboardInterrupt):
            raise
        code = ended_by(error) or code
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        return output_lost(error if isinstance(error, OSError) else OSError(str(error))) or code
    return code


def _run(arguments: argparse.Namespace) -> int:
    """Run the command that was chosen; whatever it raises is raised."""
    if arguments.command is None:
        print(overview())
        return 0
    # Else the first library to ask for it would end in a traceback of its own.
    try:
        os.getcwd()
    except OSError:
        told("planbrief: the working directory is gone; change into a folder that is there")
        return 2
    sweep()
    module, function = COMMANDS[arguments.command][2].split(":")
    return int(getattr(importlib.import_module(module), function)(arguments))
