"""A project and notebooks of one's own: ``init``, ``new`` (one that builds at once), ``nb`` (no outputs), ``guide``.

What a page of the guide shows of commands and numbers was executed when the page was made, in a copy of the sample as
``init`` lays one out, so it cannot go stale.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any

from planbrief.catalog import REPORT_ID, Catalog, read
from planbrief.errors import CatalogError, PlanbriefError, UnknownName
from planbrief.export.archive import BESIDE, destination, write_folder
from planbrief.log import visible
from planbrief.parameters import CELL_TRACES, NOTEBOOK_TRACES
from planbrief.project import DRAFTS, Project, chosen, packaged, writable
from planbrief.targets.package import Package, usable_package

#: What a notebook of Python says of its kernel, on whatever machine it was saved.
PYTHON = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_ATTRIBUTES = "notebooks/*.ipynb filter=planbrief"


class NoNotebook(PlanbriefError):
    """A file is no notebook, or cannot be written."""

    text = "{}: found {}; expected a Jupyter notebook, format 4"


def cleaned(data: bytes, name: str) -> bytes:
    """A notebook without outputs, execution counts and traces of a run; one without any is the same bytes."""
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
        cells = notebook["cells"]
        changed = [cell for cell in cells if _strip(cell)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoNotebook(visible(name), f"no notebook ({type(error).__name__})") from None
    metadata = notebook.get("metadata", {})
    traces = [key for key in NOTEBOOK_TRACES if metadata.pop(key, None) is not None]
    if metadata.get("kernelspec", {}).get("language") == "python" and metadata != metadata | PYTHON:
        metadata |= PYTHON  # JupyterLab writes the name and version of whatever Python it has
        traces.append("kernelspec")
    if not changed and not traces:
        return data
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def _strip(cell: dict[str, Any]) -> bool:
    changed = False
    if cell.get("outputs"):
        cell["outputs"], changed = [], True
    if cell.get("execution_count") is not None:
        cell["execution_count"], changed = None, True
    for key in CELL_TRACES:
        changed |= cell.get("metadata", {}).pop(key, None) is not None
    return changed


def clean(files: list[Path]) -> list[Path]:
    """Strip notebooks in place; returns those that had something to strip."""
    found = []
    for file in files:
        try:
            before = file.read_bytes()
        except OSError as error:
            raise NoNotebook(visible(file), error.strerror or "unreadable") from None
        after = cleaned(before, str(file))
        if after != before:
            half = file.with_name(f".{file.name}.planbrief")
            half.write_bytes(after)
            os.replace(half, file)
            found.append(file)
    return found


def install(root: Path) -> str:
    """Let git strip notebooks when they are added; what is in the working folder keeps its outputs.

    Raises
    ------
    NoNotebook
        Outside a git repository.
    """
    settings = {"clean": f'"{sys.executable}" -m planbrief nb filter', "smudge": "cat", "required": "false"}
    for key, value in settings.items():
        command = ["git", "-C", str(root), "config", f"filter.planbrief.{key}", value]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise NoNotebook(visible(root), "no git repository (git init makes one)")
    attributes = root / ".gitattributes"
    lines = attributes.read_text(encoding="utf-8").splitlines() if attributes.is_file() else []
    if _ATTRIBUTES not in lines:
        attributes.write_text("\n".join([*lines, _ATTRIBUTES]) + "\n", encoding="utf-8")
    return f"git strips the outputs of {root / 'notebooks'} from now on (.gitattributes, .git/config)"


def notebooks_command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief nb``."""
    if arguments.action == "filter":
        sys.stdout.buffer.write(cleaned(sys.stdin.buffer.read(), "stdin"))
        return 0
    root = writable(chosen(arguments), "planbrief init DIR lays out a copy").root
    if arguments.action == "install":
        print(install(root))
        return 0
    files = arguments.files or sorted(root.glob("notebooks/**/*.ipynb"))
    found = clean([file for file in files if ".ipynb_checkpoints" not in file.parts])
    print("\n".join(f"{visible(file)}: outputs removed" for file in found) or "no notebook has outputs")
    return 0


#: The cells of a new notebook: kind, tags, source. Each shows something in JupyterLab.
_CELLS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("code", ("parameters",), 'region = "{area}"\nlang = "zh"'),
    (
        "code",
        (),
        "import planbrief as pb\n\n"
        'page = pb.page("{name}", region=region, lang=lang, title=("{{place}}：{title}", "{{place}}: {title}"))\n'
        "targets = page.data.targets(region, lang=lang)\n"
        'growth = page.data.growth(region, activity="", stage="planned", lang=lang)',
    ),
    ("code", ("remove-output",), "growth.head()  # seen here, left out of the page"),
    ("markdown", ("lang:zh",), "这一页说什么，写在这里；带数字的句子用 `page.say`，数字自带出处。"),
    ("markdown", ("lang:en",), "What the page is about; sentences with numbers are `page.say`, with their sources."),
    (
        "code",
        (),
        "page.say(\n"
        '    growth.nlargest(1, "rate"),\n'
        '    zh="最陡的是{{name}}：年均**{{rate}}**。",\n'
        '    en="The steepest climb is {{name}}: **{{rate}}** a year.",\n'
        ")",
    ),
    (
        "code",
        (),
        'with page.section("目标", "Targets"):\n'
        '    shown = targets[["name", "activity_name", "period", "value", "unit", "observations"]]\n'
        '    page.show(shown, caption=("目标", "Targets"))',
    ),
    (
        "code",
        (),
        'steep = growth[growth["rate"].notna()].nlargest(8, "rate")\n'
        "if len(steep):\n"
        '    labelled = steep.assign(what=steep["name"] + " " + steep["end_period"])\n'
        '    ax = labelled.plot.barh(x="what", y="rate", legend=False, xlabel="", ylabel="")\n'
        '    data = steep[["name", "end_period", "rate", "observations"]]\n'
        '    page.show(ax, caption=("所需年均增速", "Growth needed a year"), data=data)',
    ),
)


class Taken(PlanbriefError):
    """The name of a new notebook is in use."""

    text = "{} is in use: {}; choose another name"


def notebook(name: str, area: str, title: str = "") -> dict[str, Any]:
    """A short notebook about an area; its title is by default its name."""
    cells = []
    for number, (kind, tags, source) in enumerate(_CELLS):
        text = source if kind == "markdown" else source.format(name=name, area=area, title=title or name)
        cell: dict[str, Any] = {
            "cell_type": kind,
            "id": f"cell-{number}",
            "metadata": {"tags": list(tags)} if tags else {},
            "source": text.splitlines(keepends=True),
        }
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    return {"cells": cells, "metadata": dict(PYTHON), "nbformat": 4, "nbformat_minor": 5}


def copied(project: Project, catalog: Catalog, model: str, name: str, area: str) -> tuple[dict[str, Any], str]:
    """The notebook of a report under a new name, and its declared parameters as TOML."""
    stems = {report.id: report.notebook for report in catalog.reports()}
    stems |= {stem: stem for stem in catalog.raw.get("notebooks", {})}
    if model not in stems:
        raise UnknownName("report or notebook", model, stems)
    stem = stems[model]
    made = json.loads(cleaned((project.notebooks / f"{stem}.ipynb").read_bytes(), stem))
    for cell in made["cells"]:
        source = "".join(cell["source"])
        # Only what names the notebook or its area is changed; everything else is the model's.
        if cell["cell_type"] == "code":
            source = re.sub(rf"""\b(begin|page)\((["']){re.escape(stem)}\2""", rf'\1("{name}"', source)
            if "parameters" in cell.get("metadata", {}).get("tags", ()) and area:
                source = re.sub(r"""(?m)^region = .*$""", f'region = "{area}"', source)
        cell["source"] = source.splitlines(keepends=True)
    return made, stem


def entry(name: str, values: dict[str, str]) -> str:
    """The catalog's entry: what else there is to say is read from the notebook."""
    said = ", ".join(f'{key} = "{value}"' for key, value in values.items())
    return f'\n[[reports]]\nid = "{name}"\nnotebook = "{name}"\n' + (f"parameters = {{ {said} }}\n" if said else "")


def add_entry(catalog: Path, text: str) -> None:
    """Append an entry to the catalog, comments and order kept; nothing is written unless the result can be read."""
    before = catalog.read_text(encoding="utf-8")
    after = before.rstrip("\n") + "\n" + text
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        found = f"a catalog that takes no further entry ({error})"
        raise CatalogError("reports/catalog.toml", found, f"[[reports]] tables; add by hand: {text.strip()}") from None
    half = catalog.with_name(f".{catalog.name}.planbrief")
    half.write_text(after, encoding="utf-8")
    os.replace(half, catalog)


def make(project: Project, name: str, area: str = "", model: str = "") -> Path:
    """Write a notebook and its entry in the catalog; returns the notebook's path.

    Raises
    ------
    Taken, UnknownName, CatalogError
        For a name in use, an unknown area or model, a catalog that takes no entry: nothing is written then.
    """
    package = usable_package(project)
    catalog = read(project, package)
    title = ""
    if not name.isascii() and name.isprintable() and not set(name) & set("/\\{}\"'"):  # a title, in any script
        taken = {report.id for report in catalog.reports()} | {path.stem for path in project.notebooks.iterdir()}
        title, name = name, next(free for n in count(1) if (free := f"own-{n}") not in taken)
    if not REPORT_ID.fullmatch(name):
        plain = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:80]
        expected = "a-z, 0-9, - and _ (at most 80), or a Chinese title" + (f"; {plain} would do" if plain else "")
        raise CatalogError("planbrief new", f"the name {name!r}", expected)
    path = project.notebooks / f"{name}.ipynb"
    if path.exists():
        raise Taken(name, f"notebooks/{name}.ipynb")
    if name in {report.id for report in catalog.reports()} | set(catalog.raw.get("notebooks", {})):
        raise Taken(name, "reports/catalog.toml")
    # A new notebook must build at once, so it is about an area that has data where none is named.
    names = package.names("areas")
    region = names.find(area) if area else (package.cities or package.regions or ("",))[0]
    if not region:
        raise UnknownName("area", area, names, names.near(area))
    values = {"region": region}
    if model:
        made, stem = copied(project, catalog, model, name, region)
        kinds = {parameter.name: parameter.type for parameter in catalog.parameters(stem)}
        values = {key: region if kind == "area" else "*" for key, kind in kinds.items() if kind in ("area", "areas")}
    else:
        made = notebook(name, region, title)
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8")
    # The notebook first: an entry without one is a report that cannot be built.
    try:
        add_entry(project.catalog, entry(name, values))
    except PlanbriefError:
        path.unlink()
        raise
    return path


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief new``."""
    project = writable(chosen(arguments), "planbrief init DIR lays out a copy")
    path = make(project, arguments.name, arguments.area or "", arguments.model or "")
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    print(f"{shown}: a new notebook, listed in reports/catalog.toml")
    print(f"planbrief preview {path.stem} shows it while you edit; planbrief build {path.stem} publishes it")
    if arguments.area and not arguments.model and not aims(usable_package(project), arguments.area):
        print(
            f"the data hold no targets of {arguments.area}: the page stays empty until its cells show something else,"
        )
        print("such as page.data.observations(region, lang=lang)")
    return 0


def aims(package: Package, area: str) -> bool:
    """Whether a document states a target or limit of an area or of a place inside it."""
    places = package.places.inside(package.names("areas").find(area))
    rows = package["observations"].matching({"ref_area": list(places)})
    return any(row.values["kind"] in ("target", "constraint") for row in rows)


#: Files that a project consists of, as patterns below its folder.
_PATTERNS = (
    "data/*.json", "data/*.csv", "data/*.txt", "data/*/*.csv", "data/*/*/*.csv",
    "data/*/*/*.txt", "notebooks/*.ipynb", "notebooks/words/*.toml", "reports/catalog.toml",
    "reports/*.schema.json",
)  # fmt: skip


class NotEmpty(PlanbriefError):
    """The folder for a new project holds something already."""

    text = "{}: found {}; expected a new or an empty folder"


def project_files(project: Project) -> dict[str, bytes]:
    """Files of `project` that a copy consists of, by relative path."""
    found = sorted({path for pattern in _PATTERNS for path in project.root.glob(pattern) if path.is_file()})
    found = [path for path in found if project.data / DRAFTS not in path.parents]
    return {path.relative_to(project.root).as_posix(): path.read_bytes() for path in found}


def lay_out(folder: Path | str) -> Path:
    """Make a project in `folder` and return its absolute path.

    Raises
    ------
    NotEmpty
        `folder` is a file, or a folder that holds something.
    """
    path = destination(folder)
    if path.exists():
        if not path.is_dir():
            raise NotEmpty(visible(path), "a file")
        if entry := next((one for one in sorted(path.iterdir()) if one.name not in BESIDE), None):
            raise NotEmpty(visible(path), visible(entry.name))
    files = project_files(packaged())
    own = {".gitignore": "gitignore", ".gitattributes": "gitattributes", "README.md": "README.md"}
    beside = resources.files("planbrief.commands") / "laid_out"
    write_folder(path, {**files, **{name: (beside / file).read_bytes() for name, file in own.items()}})
    return path


def init_command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief init``."""
    path = lay_out(arguments.folder)
    start = "start" if path == Path.cwd() else "go there and start"
    print(f"{path}: a new project; {start} with README.md, planbrief list, planbrief build")
    print("under git: planbrief nb install keeps the outputs of notebooks out of every commit")
    return 0


def notebooks() -> dict[str, Path]:
    """The guide's notebooks by topic, in the order in which they are read."""
    found = sorted((packaged().notebooks / "guide").glob("*.ipynb"))
    return {path.stem.partition("-")[2]: path for path in found}


def title_of(path: Path) -> str:
    """The first heading of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    first = next(("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"), "")
    return first.lstrip("# ").split("\n", 1)[0]


def guide_page(topic: str) -> str:
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


def guide_command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief guide``."""
    if not arguments.topic:
        for topic, path in notebooks().items():
            print(f"{topic:<14} {title_of(path)}")
        print("\nplanbrief guide TOPIC runs that page on a copy of the sample and opens it")
        return 0
    if sys.stderr.isatty():
        print("running the cells of the page: some seconds, on a busy machine a minute …", file=sys.stderr)
    html = guide_page(arguments.topic)
    folder = arguments.out or Path(tempfile.gettempdir()) / "planbrief-pages"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"guide-{arguments.topic}.html"
    file.write_text(html, encoding="utf-8")
    print(file)
    if not arguments.no_browser:
        import webbrowser

        webbrowser.open(file.as_uri())
    return 0
