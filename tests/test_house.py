"""Rules about the house: rooms, sizes, names, docstrings, commands, set-up files."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from planbrief import __version__
from planbrief.commands.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "planbrief"
MODULES = sorted(SOURCE.rglob("*.py"))
#: In the order in which a number travels; the catalog names reports and asks the data which areas there are.
ROOMS = tuple("targets catalog reading measures display api checks render run publish deliver export commands".split())
LEFT_END = ("errors", "project", "parameters", "files", "log", "extensions", "languages", "__version__")
LONGEST_MODULE = 520  #: lines; one thing told once may take that many
MOST_MODULES = 22  #: in one folder, without those below it


def imports(path: Path) -> set[str]:
    """Names of planbrief modules that a file imports, at the top or inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("planbrief.")}


def room(name: str) -> int:
    """Position of a module in the row of rooms; the left end is -1, the command line comes last."""
    part = name.split(".")[1]
    if part in ROOMS:
        return ROOMS.index(part)
    return -1 if part in LEFT_END else len(ROOMS)


def test_a_room_imports_only_rooms_to_its_left():
    """targets knows no measures, measures no display, and nobody the command line."""
    wrong = []
    for path in MODULES:
        own = ".".join(("planbrief", *path.relative_to(SOURCE).with_suffix("").parts))
        if own.split(".")[1] in ("__init__", "__main__"):
            continue
        wrong += [f"{own} imports {name}" for name in imports(path) if room(name) > room(own)]
    assert len(MODULES) > 20
    assert wrong == []


def test_every_folder_is_a_room():
    """A new folder at the top of the package has its place in the row of rooms."""
    assert {path.name for path in SOURCE.iterdir() if path.is_dir() and (path / "__init__.py").exists()} <= set(ROOMS)


def test_no_circles():
    """No module imports itself by way of others, function-level imports included."""
    names = {
        ".".join(("planbrief", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in MODULES
    }
    graph = {}
    for name, path in names.items():
        found = {other for other in imports(path) if other in names} - {name}
        # `from package import module` is an import of the module, not of what the package itself offers
        graph[name] = {other for other in found if not any(deeper.startswith(f"{other}.") for deeper in found)}
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> list[str]:
        if name in way:
            return [" -> ".join((*way[way.index(name) :], name))]
        if name in done:
            return []
        found = [circle for other in sorted(graph[name]) for circle in walk(other, (*way, name))]
        done.add(name)
        return found

    assert [circle for name in sorted(graph) for circle in walk(name, ())] == []


def test_modules_tell_one_thing():
    """No module is longer than one thing told once, and no folder holds more modules than one can look over."""
    long = {p.relative_to(SOURCE).as_posix(): n for p in MODULES if (n := p.read_text().count("\n")) > LONGEST_MODULE}
    folders = {path.parent for path in MODULES}
    crowded = {f.name: n for f in folders if (n := len(list(f.glob("*.py"))) - 1) > MOST_MODULES}
    assert long == {}
    assert crowded == {}


def test_a_module_imports_in_one_place():
    """All that a module needs stands at its top: imports, then what only type checkers import, each name once."""
    wrong = []
    for path in MODULES:
        kinds, names = [], []
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            inner = node.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" else [node]
            found = [one for one in inner if isinstance(one, (ast.Import, ast.ImportFrom))]
            kinds.append("x" if not found else "t" if isinstance(node, ast.If) else "i")
            names += [(getattr(one, "module", ""), alias.name, alias.asname) for one in found for alias in one.names]
        order = "".join(kinds).lstrip("x")
        if re.search("[xt]i|tt|xt", order) or len(names) != len(set(names)):
            wrong.append(path.relative_to(SOURCE).as_posix())
    assert wrong == []


def test_no_module_is_a_drawer():
    """No module is called utils, helpers, misc or common."""
    assert [p for p in MODULES if p.stem in ("utils", "util", "helpers", "misc", "common")] == []


def test_every_public_name_has_a_docstring():
    """Modules, classes and functions without a leading underscore say what they are."""
    bare = []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            bare.append(path.relative_to(SOURCE).as_posix())
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                bare.append(f"{path.relative_to(SOURCE).as_posix()}: {node.name}")
    assert bare == []


def test_errors_get_the_fields_that_their_sentence_has():
    """Whoever raises an error whose sentence is a template gives a value for each place in it."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in MODULES]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    places = {}
    for node in (node for node in nodes if isinstance(node, ast.ClassDef)):
        for line in node.body:
            if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "text":
                fields = re.findall(r"\{(\d*)[^}]*\}", ast.literal_eval(line.value))
                places[node.name] = len({field or number for number, field in enumerate(fields)})
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) in places]
    assert len(places) > 10
    assert {ast.unparse(call.func) for call in calls} == set(places)
    assert [ast.unparse(call) for call in calls if len(call.args) != places[ast.unparse(call.func)]] == []


def test_the_package_asserts_nothing():
    """Checks in the package are errors with a message, never assert."""
    found = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert):
                found.append(f"{path.name}:{node.lineno}")
    assert found == []


def test_nothing_evaluates_text_or_calls_a_shell():
    """No eval, exec, pickle from disk or shell=True in the package (notebook cells run in IPython's kernel)."""
    found = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            shell = any(k.arg == "shell" and getattr(k.value, "value", True) for k in node.keywords)
            if name in ("eval", "exec", "pickle.load", "os.system", "os.popen", "marshal.load") or shell:
                found.append(f"{path.name}:{node.lineno} {name}")
    assert found == []


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_command_stands_in_the_readme(verb):
    """A verb that the README does not show does not exist for users."""
    assert f"planbrief {verb}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_notebooks_are_there_stripped_and_parameterized():
    """The list of notebooks is not empty; each has one parameters cell, declares lang and holds no output."""
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert notebooks
    for path in notebooks:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        tagged = [cell for cell in code if "parameters" in cell["metadata"].get("tags", [])]
        assert len(tagged) == 1, path.name
        assert re.search(r"^lang = ", "".join(tagged[0]["source"]), re.M), path.name
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code), path.name


def test_notebooks_define_nothing():
    """A notebook imports and shows: no def, no class, no loop longer than a line."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.While), path.name
                if isinstance(node, ast.For):
                    assert node.end_lineno - node.lineno < 6, f"{path.name}: a loop longer than six lines"


def test_top_level_is_the_house():
    """The top level holds the names of the design and dot files, nothing else."""
    allowed = "README.md environment.yml pyproject.toml constraints.txt Makefile CHANGELOG.md LICENSE"
    allowed += " CITATION.cff data notebooks reports src tests dist"
    extra = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")} - set(allowed.split())
    assert extra == set()


def test_environment_yml_installs_what_pyproject_says():
    """conda users get Python and pip from conda and the rest from pyproject through the same constraints."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    conda = [item for item in environment["dependencies"] if isinstance(item, str)]
    pip = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    assert conda == [f"python {project['requires-python']}", "pip"]
    assert pip == ["-c constraints.txt", "-e .[lab]"]
    assert environment["name"] == project["name"]


def test_constraints_pin_every_dependency():
    """Whatever pyproject asks for has one exact version in constraints.txt, and no address of an index."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.M)}
    asked = [*project["dependencies"], *(r for group in project["optional-dependencies"].values() for r in group)]
    names = {re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9_.-]+", item)[0]).lower() for item in asked}
    assert names - {"planbrief"} <= pinned
    assert "://" not in text
    assert "index" not in text


def test_every_import_is_declared():
    """What the package imports from outside stands in pyproject.toml, not only among some dependency's own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(r for group in project["optional-dependencies"].values() for r in group)]
    declared = {re.split(r"[^A-Za-z0-9_.-]", item)[0].lower().replace("-", "_") for item in asked}
    declared |= {"pil", "markdown_it", "distributed", "dask"}  # pillow, markdown-it-py, dask[distributed]
    declared |= {"vl_convert"}  # vl-convert-python
    found = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    outside = {name for name in found if name not in sys.stdlib_module_names and name != "planbrief"}
    assert "pandas" in outside
    assert {name for name in outside if name.lower() not in declared} == set()


def test_version_is_the_first_entry_of_the_changelog():
    """pyproject, package and changelog agree on the version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.M)
    assert first is not None
    assert first[1] == __version__ == project["version"]


def test_light_commands_start_light():
    """--help and list import neither pandas, matplotlib, nbconvert nor typst."""
    import subprocess

    code = (
        "import sys; from planbrief.commands.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'matplotlib', 'nbconvert', 'typst', 'IPython', 'numpy'} & set(sys.modules)\n"
        "print('HEAVY', sorted(heavy))"
    )
    for words in (["--help"], ["list"], ["list", "indicators"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=ROOT, check=True
        )
        assert done.stdout.rstrip().endswith("HEAVY []"), words


def test_the_contributors_table_names_what_is_there():
    """Each file of "to change … open …" exists and holds what the table says to look for."""
    text = (ROOT / "notebooks" / "guide" / "90-contributing.ipynb").read_text(encoding="utf-8")
    lines = "".join("".join(cell["source"]) for cell in json.loads(text)["cells"]).splitlines()
    head = lines.index("| to change | open | look for |")
    rows = [line.strip("|").split("|") for line in lines[head + 2 :] if line.startswith("|")]
    wrong = []
    for question, places, word in rows:
        named = re.findall(r"`([\w./*-]+)`", places)
        first = next((path for top in (SOURCE, ROOT) for path in sorted(top.glob(named[0]))), None)
        sought = re.findall(r"`([^`]+)`", word)
        if first is None:
            wrong.append(f"{question}: no {named[0]}")
        elif first.is_file() and sought and sought[0] not in first.read_text(encoding="utf-8"):
            wrong.append(f"{question}: {named[0]} does not hold {sought[0]}")
    assert len(rows) > 8
    assert wrong == []
