"""The two configuration files: their schemas follow from the models, and a mistake is named with its line."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest

from planbrief.checks.project import project_problems
from planbrief.checks.toml_shape import CatalogFile, line_of, schema
from planbrief.commands.new import lay_out, notebooks
from planbrief.deliver.schedule import Schedule, ScheduleError, read_schedule
from planbrief.project import Project

FILES = {"catalog": CatalogFile, "schedule": Schedule}


def shown_schedule() -> str:
    """The schedule that the guide shows."""
    cells = json.loads(notebooks()["scheduling"].read_text(encoding="utf-8"))["cells"]
    return next(s for cell in cells if "%%writefile" in (s := "".join(cell["source"]))).split("\n", 1)[1]


@pytest.fixture
def project(tmp_path):
    """A project as `planbrief init` lays it out, schemas included."""
    return Project(lay_out(tmp_path / "project"))


@pytest.mark.golden
@pytest.mark.parametrize("name", FILES)
def test_shipped_schemas_follow_from_the_models(root, name, golden):
    """What editors read says what planbrief checks; --golden writes the files anew."""
    path = root / "reports" / f"{name}.schema.json"
    if golden.write:
        path.write_text(schema(FILES[name]), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == schema(FILES[name])
    jsonschema.Draft7Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_catalog_and_shown_schedule_fit_their_schemas(root):
    """The shipped catalog and the guide's schedule name their schema in the first line and fit it."""
    texts = {"catalog": (root / "reports" / "catalog.toml").read_text(encoding="utf-8"), "schedule": shown_schedule()}
    for name, text in texts.items():
        assert text.startswith(f"#:schema ./{name}.schema.json\n")
        found = json.loads((root / "reports" / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(tomllib.loads(text), found, jsonschema.Draft7Validator)


WRONG_CATALOGS = {
    'languages = "zh"': ("languages", "a list"),
    "formats = []": ("formats", "at least 1 item"),
    'languages = ["French"]': ("languages.0", "'zh' or 'en'"),
    "exclude_sources = [1]": ("exclude_sources.0", "text in quotes"),
    'feedback = "write to us"': ("feedback", "a table"),
    'feedback = { zh = "写信" }': ("feedback.en", "an entry en"),
    "project = 7": ("project", "text in quotes"),
    "notebooks = [1]": ("notebooks", "a table"),
    'notebooks.x.parameters.region = "area"': ("notebooks.x.parameters.region", "a table"),
    'notebooks.x.parameters.region = { type = "place" }': ("notebooks.x.parameters.region.type", "'area'"),
    'notebooks.x.parameters.y = { type = "text", requierd = true }': ("notebooks.x.parameters.y.requierd", "required?"),
    'notebooks.x.parameters.y = { type = "text", required = "yes" }': ("y.required", "true or false"),
    "reprots = []": ("reprots", "reports?"),
}
WRONG_REPORTS = {
    "notebook = []": ("reports.N.notebook", "text in quotes"),
    'notebook = "x"\nid = 3': ("reports.N.id", "text in quotes"),
    'notebook = "x"\nabout = "what it says"': ("reports.N.about", "a table"),
    'notebook = "x"\nparameters = ["bazhong"]': ("reports.N.parameters", "a table"),
    'notebook = "x"\nformats = ["docx"]': ("reports.N.formats.0", "'html' or 'pdf'"),
    'id = "x"': ("reports.N.notebook", "an entry notebook"),
    'notebook = "x"\nparamters = {}': ("reports.N.paramters", "parameters?"),
}


@pytest.mark.parametrize(("text", "place", "expected"), [
    *((f"{text}\n", *said) for text, said in WRONG_CATALOGS.items()),
    *((f"[[reports]]\n{text}\n", *said) for text, said in WRONG_REPORTS.items()),
])  # fmt: skip
def test_a_wrong_catalog(project, text, place, expected):
    """check, and so every build, names line, entry and what would be right; an editor with the schema finds it too."""
    shipped = project.catalog.read_text(encoding="utf-8")
    place = place.replace(".N.", f".{len(tomllib.loads(shipped)['reports'])}.")
    if text.startswith("[["):
        whole, first = shipped + text, shipped.count("\n") + 1
    else:
        name = text.split(" ")[0].split(".")[0]
        kept = "".join(line for line in shipped.splitlines(True) if not line.startswith((f"{name} =", "#:schema")))
        kept = kept.replace('[feedback]\nzh = "', '[ignored]\nzh = "') if name == "feedback" else kept
        kept = kept[: kept.index("[notebooks.")] if name == "notebooks" else kept
        whole, first = text + kept, 1
    project.catalog.write_text(whole, encoding="utf-8")
    found = {problem.column: problem for problem in project_problems(project)}
    problem = next((found[name] for name in found if name.endswith(place)), None)
    assert problem is not None, list(map(str, found.values()))
    assert expected in str(problem)
    assert first <= problem.row <= first + text.count("\n"), problem
    assert f"reports/catalog.toml, line {problem.row}, entry" in str(problem)
    assert problem in project_problems(project, published=())
    model = json.loads((project.root / "reports" / "catalog.schema.json").read_text(encoding="utf-8"))
    assert not jsonschema.Draft7Validator(model).is_valid(tomllib.loads(whole))


@pytest.mark.parametrize(("old", "new", "said"), [
    ('"0 8 * * mon"', '"0 8 * * someday"', r"line \d+, entry jobs.0.cron: .*a cron expression"),
    ("port = 587", 'port = "mail"', r"line \d+, entry smtp.port: found 'mail'; expected"),
    ("port = 587", "port = 70000", r"line \d+, entry smtp.port: found 70000; expected .*65535"),
    ('missed = "once"', 'missed = "never"', r"line \d+, entry jobs.0.missed: found 'never'; expected 'once' or 'skip'"),
    ("keep = 60", "keep = 0", r"line \d+, entry keep: found 0"),
    ('webhook = "wecom"', 'webhok = "wecom"', r"line \d+, entry jobs.0.deliver.2.webhok: .*expected webhook\?"),
    ('link = "https://reports.example.org/"', 'link = "javascript:alert(1)"', r"line \d+, entry link"),
    ('link = "https://reports.example.org/"', 'link = "x https://reports.example.org/"', r"line \d+, entry link"),
    ('name = "weekly"', 'name = "../weekly"', r"line \d+, entry jobs.0.name"),
    ('"office@example.org"', '"office"', r"line \d+, entry jobs.0.deliver.0.to: .*a mail address"),
])  # fmt: skip
def test_a_wrong_schedule(tmp_path, old, new, said):
    """Every mistake with its line, all of them at once."""
    text = shown_schedule()
    assert old in text
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "schedule.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ScheduleError, match=said) as caught:
        read_schedule(Project(tmp_path))
    line = int(str(caught.value).split("line ")[1].split(",")[0])
    assert new.split(" =")[0].strip('"') in text.replace(old, new).split("\n")[line - 1]


def test_a_secret_in_place_of_its_variables_name_is_not_repeated(tmp_path):
    """url_env = "https://…key=…": refused, without the address."""
    (tmp_path / "reports").mkdir()
    text = shown_schedule().replace('"WECOM_URL"', '"https://robot.example/send?key=MARKED"')
    (tmp_path / "reports" / "schedule.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScheduleError, match="url_env") as caught:
        read_schedule(Project(tmp_path))
    assert "MARKED" not in str(caught.value)


def test_lines_of_entries():
    """Headers, dotted headers, inline tables; the nearest line above where an entry is missing."""
    text = 'a = 1\n[x.y]\nb = 2\n[[jobs]]\nname = "n"\n[[jobs.deliver]]\nto = ["a"]\n[[jobs.deliver]]\nto = [\n"b"]\n'
    assert line_of(text, ("a",)) == 1
    assert line_of(text, ("x", "y", "b")) == 3
    assert line_of(text, ("jobs", 0, "deliver", 1, "to", 0)) == 9
    assert line_of(text, ("jobs", 0, "cron")) == 4
    assert line_of(text, ()) == 0
