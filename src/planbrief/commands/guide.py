"""``planbrief guide [TOPIC]``: the guide's notebooks, run on a copy of the sample and shown as pages.

What a page of the guide shows of commands and numbers was executed when the page was made, so it cannot go stale.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from planbrief.errors import UnknownName
from planbrief.project import packaged


def guide_options(parser: argparse.ArgumentParser) -> None:
    """Options of ``guide``."""
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="a page of the guide (default: list them)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the page (default: a temporary one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def notebooks() -> dict[str, Path]:
    """The guide's notebooks by topic, in the order in which they are read."""
    found = sorted((packaged().notebooks / "guide").glob("*.ipynb"))
    return {path.stem.partition("-")[2]: path for path in found}


def title_of(path: Path) -> str:
    """The first heading of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    first = next(("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"), "")
    return first.lstrip("# ").split("\n", 1)[0]


def page(topic: str) -> str:
    """One page of the guide as HTML: its cells run in a copy of the sample project, made for them and then removed.

    Raises
    ------
    UnknownName
        There is no such topic.
    RunError
        A cell failed: the guide says something that is not so.
    """
    known = notebooks()
    if topic not in known:
        raise UnknownName("topic of the guide", topic, tuple(known))
    import nbformat

    from planbrief.commands.new import lay_out
    from planbrief.render.html.exporter import render_html
    from planbrief.run.engine.execution import execute

    nb = nbformat.read(known[topic], as_version=4)
    with tempfile.TemporaryDirectory(prefix="planbrief-guide-") as folder:
        project = lay_out(Path(folder) / "project")
        # What a reader types is `planbrief …`: the one that this Python has.
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        env = {"PATH": path, "PLANBRIEF_PROJECT": str(project), "COLUMNS": "100"}
        executed = execute(nb, cwd=project, env=env, cell_timeout=600, name=f"guide/{topic}")
    executed.metadata["planbrief"] = {"show_input": True}  # also where a page of the guide opens one of ours
    html: str = render_html(executed, name=topic)
    return html


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief guide``."""
    if not arguments.topic:
        for topic, path in notebooks().items():
            print(f"{topic:<14} {title_of(path)}")
        print("\nplanbrief guide TOPIC runs that page on a copy of the sample and opens it")
        return 0
    if sys.stderr.isatty():
        print("running the cells of the page: some seconds, on a busy machine a minute …", file=sys.stderr)
    html = page(arguments.topic)
    folder = arguments.out or Path(tempfile.gettempdir()) / "planbrief-pages"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"guide-{arguments.topic}.html"
    file.write_text(html, encoding="utf-8")
    print(file)
    if not arguments.no_browser:
        import webbrowser

        webbrowser.open(file.as_uri())
    return 0
