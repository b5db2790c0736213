"""planbrief build as its users call it: what is built, what is kept, what is refused, and what it says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from publish.building.conftest import CELLS, write_notebook

from planbrief.checks.repair import accept
from planbrief.commands.cli import main
from planbrief.project import Project
from planbrief.publish.gate import verify_edition
from planbrief.run import executors

pytestmark = pytest.mark.xdist_group("build")


def run(project: Project, *words: str) -> int:
    """The command line on a project."""
    return main([words[0], *words[1:], "--project", str(project.root)])


def tree(folder: Path) -> dict[str, str]:
    """Every file of a folder with its hash."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def manifest(project: Project) -> dict:
    return json.loads((project.reports / "latest" / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture
def built(small: Project, capsys: pytest.CaptureFixture[str]) -> Project:
    """The small project, built once."""
    assert run(small, "build") == 0
    capsys.readouterr()
    return small


def test_every_report_in_both_languages_and_formats(small, capsys):
    """Without options everything is built, and the output says where it is."""
    assert run(small, "build") == 0
    out = small.reports / "latest"
    for lang in ("zh", "en"):
        for city in ("qijiang", "zhaoqing"):
            assert (out / lang / f"small-{city}.html").is_file()
            assert (out / lang / f"small-{city}.pdf").read_bytes().startswith(b"%PDF")
    assert (out / "index.html").is_file()
    assert verify_edition(out) == []
    said = capsys.readouterr().out
    assert "zh/small-qijiang.html" in said
    assert "4 built" in said
    (entry,) = [e for e in manifest(small)["reports"] if (e["id"], e["lang"]) == ("small-qijiang", "zh")]
    assert entry["figures"]["small/qijiang"]["value"] == 40.6
    assert entry["figures"]["small/qijiang"]["observations"] == ["qijiang-smart-2025-00580"]
    assert entry["title"] == "小报告：綦江区"
    assert entry["data_as_of"] == "2025-09-08"


def test_pages_of_numbers_are_worded_while_reports_are_built(small, monkeypatch):
    """Of a country they take as long as many reports, and one processor would be idle while they are left to the end.

    The first report stays first: what is learnt of the data meanwhile is there for all others.
    """
    asked, submit_to = [], executors.submit_to

    def noted(*given):
        submit = submit_to(*given)
        return lambda *call: asked.append(call[2]) or submit(*call)

    monkeypatch.setattr(executors, "submit_to", noted)
    assert run(small, "build", "--to", "html") == 0
    assert asked[1] == "numbers"
    assert sorted(asked[:1] + asked[2:]) == sorted(
        f"{lang}/small-{city}" for lang in ("zh", "en") for city in ("qijiang", "zhaoqing")
    )


def amended(project):
    """Another printed value for Qijiang's money, accepted as meant."""
    path = project.data / "documents" / "qijiang-smart-2025" / "observations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",40.6,", ",41.6,"), encoding="utf-8")
    accept(project.data, None)


def test_nothing_changed_means_nothing_is_run(built, capsys):
    """A second build leaves every page as it is and says that all is up to date."""
    before = tree(built.reports / "latest")
    assert run(built, "build", "--explain") == 0
    after = tree(built.reports / "latest")
    assert {name for name in after if after[name] != before.get(name)} == {"manifest.json"}
    captured = capsys.readouterr()
    assert "4 unchanged" in captured.out
    assert "zh/small-qijiang: up to date" in captured.err
    assert {entry["status"] for entry in manifest(built)["reports"]} == {"unchanged"}


def test_a_changed_observation_rebuilds_the_reports_that_read_it(built, capsys):
    """Only the city whose row changed is built again, and --explain names the read."""
    amended(built)
    assert run(built, "build", "--explain") == 0
    captured = capsys.readouterr()
    assert "2 built, 2 unchanged" in captured.out
    assert "zh/small-zhaoqing: up to date" in captured.err
    assert "zh/small-qijiang: data changed: observations of qijiang" in captured.err


def test_a_failing_notebook_keeps_the_last_good_files(built, capsys):
    """The report that fails is named with notebook and cell; its last good pages stay and are marked."""
    before = tree(built.reports / "latest")
    write_notebook(
        built.notebooks / "small.ipynb", {**CELLS, "body": 'if region == "qijiang": 1 / 0\n' + CELLS["body"]}
    )
    assert run(built, "build") == 1
    captured = capsys.readouterr()
    assert "notebooks/small.ipynb, cell 3: ZeroDivisionError" in captured.err
    assert "Traceback" not in captured.err + captured.out
    after = tree(built.reports / "latest")
    assert after["zh/small-qijiang.html"] == before["zh/small-qijiang.html"]
    (entry,) = [e for e in manifest(built)["reports"] if (e["id"], e["lang"]) == ("small-qijiang", "zh")]
    assert entry["status"] == "failed"
    assert entry["last_success"]
    assert "ZeroDivisionError" in entry["error"]
    assert verify_edition(built.reports / "latest") == []


def test_a_report_that_never_worked_has_a_page_that_says_so(small):
    """Links to the other language lead to a page that names the failure, not into the void."""
    fails = {**CELLS, "body": 'if lang == "en": raise ValueError("no <b>figure</b>")\n' + CELLS["body"]}
    write_notebook(small.notebooks / "small.ipynb", fails)
    assert run(small, "build") == 1
    page = (small.reports / "latest" / "en" / "small-qijiang.html").read_text(encoding="utf-8")
    assert "ValueError: no &lt;b&gt;figure&lt;/b&gt;" in page
    assert "| → if lang ==" in page
    assert verify_edition(small.reports / "latest") == []


def test_a_first_build_in_which_everything_fails_publishes_nothing(small, capsys):
    """No edition of excuses: the reason is said, the folder is not made; what is mended is the first edition."""
    sound = (small.notebooks / "small.ipynb").read_bytes()
    write_notebook(small.notebooks / "small.ipynb", {**CELLS, "body": "1 / 0"})
    assert run(small, "build") == 1
    said = capsys.readouterr()
    assert "nothing was published" in said.err
    assert "edition" not in said.out
    assert not (small.reports / "latest").exists()
    (small.notebooks / "small.ipynb").write_bytes(sound)
    assert run(small, "build", "small-qijiang", "--lang", "zh") == 0
    assert not manifest(small)["edition"].startswith("undated")


def test_a_fault_of_our_own_fails_one_report(small, capsys):
    """What breaks while a page is made, for whatever reason, is that report's failure; the others are published."""
    shown = 'import planbrief.render.html.exporter as html\nif lang == "en": html.render_html = None\n'
    write_notebook(small.notebooks / "small.ipynb", {**CELLS, "body": shown + CELLS["body"]})
    assert run(small, "build", "small-qijiang") == 1
    assert "en/small-qijiang: internal error: TypeError" in capsys.readouterr().err
    assert (small.reports / "latest" / "zh" / "small-qijiang.html").is_file()


def test_fail_fast_publishes_nothing(built, capsys):
    """With --fail-fast the first failure ends the build and the edition stays as it was."""
    before = tree(built.reports / "latest")
    write_notebook(built.notebooks / "small.ipynb", {**CELLS, "body": "1 / 0"})
    assert run(built, "build", "--fail-fast") == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert tree(built.reports / "latest") == before


def test_a_notebook_without_finish_is_refused(small, capsys):
    """A page that would not name its sources is not published."""
    write_notebook(small.notebooks / "small.ipynb", {k: v for k, v in CELLS.items() if k != "finish"})
    assert run(small, "build", "small-qijiang", "--lang", "zh") == 1
    assert "pb.begin() and pb.finish()" in capsys.readouterr().err


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def break_column(project: Project) -> None:
    edit(project.data / "documents" / "qijiang-smart-2025" / "observations.csv", "obs_value,", "value,")


def break_code(project: Project) -> None:
    edit(project.data / "documents" / "qijiang-smart-2025" / "observations.csv", ",commitment,", ",promise,")


def break_number(project: Project) -> None:
    edit(project.data / "documents" / "qijiang-smart-2025" / "observations.csv", ",40.6,", ",4o.6,")


def break_key(project: Project) -> None:
    path = project.data / "documents" / "qijiang-smart-2025" / "observations.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[-1]]) + "\n", encoding="utf-8")


def break_encoding(project: Project) -> None:
    path = project.data / "areas.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))


def add_bom(project: Project) -> None:
    path = project.data / "areas.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def drop_parameters(project: Project) -> None:
    write_notebook(project.notebooks / "small.ipynb", {k: v for k, v in CELLS.items() if k != "parameters"})


def drop_notebook(project: Project) -> None:
    (project.notebooks / "small.ipynb").unlink()


@pytest.mark.parametrize(
    ("damage", "words", "code"),
    [
        (break_column, ["data/documents/qijiang-smart-2025/observations.csv", "obs_value"], 2),
        (
            break_code,
            ["data/documents/qijiang-smart-2025/observations.csv, row", "column kind", "'promise'", "commitment"],
            2,
        ),
        (break_number, ["data/documents/qijiang-smart-2025/observations.csv, row", "column obs_value", "'4o.6'"], 2),
        (break_key, ["row 19", "obs_id", "again (first in row 18)"], 2),
        (break_encoding, ["data/areas.csv", "UTF-8"], 2),
        (add_bom, ["data/areas.csv", "BOM"], 2),
        (drop_notebook, ["notebooks/small.ipynb", "no such file"], 2),
        (drop_parameters, ["notebooks/small.ipynb", "parameters"], 2),
    ],
)
def test_bad_input_gives_one_message_and_leaves_the_edition(built, capsys, damage, words, code):
    """Broken data and notebooks are named by file, row and column; nothing that was published changes."""
    before = tree(built.reports / "latest")
    damage(built)
    assert run(built, "build") == code
    captured = capsys.readouterr()
    for word in words:
        assert word in captured.err
    assert "Traceback" not in captured.err
    assert tree(built.reports / "latest") == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "unknown report 'nothing'"),
        (["small-qijiang", "--lang", "fr"], "unknown language 'fr'"),
        (["small-qijiang", "--to", "docx"], "unknown format 'docx'"),
        (["small-qijiang", "-p", "region=nowhere"], "'nowhere'; expected an area"),
        (["small-qijiang", "-p", "regoin=fuling"], "did you mean 'region'?"),
        (["small-qijiang", "-p", "region"], "NAME=VALUE"),
        (["--jobs", "0"], "at least 1"),
        (["--executor", "cloud"], "unknown executor 'cloud'"),
    ],
)
def test_bad_usage_is_refused_before_anything_runs(small, capsys, words, said):
    """Exit code 2, one message, no output folder."""
    assert run(small, "build", *words) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
    assert not (small.reports / "latest").exists()


def test_a_partial_build_keeps_the_other_reports(built):
    """Building one report leaves the others in the edition; stale ones are labelled when the data have moved on."""
    amended(built)
    assert run(built, "build", "small-qijiang", "--lang", "zh") == 0
    entries = {(e["lang"], e["id"]): e for e in manifest(built)["reports"]}
    assert len(entries) == 4
    assert entries["zh", "small-qijiang"]["status"] == "built"
    assert not entries["zh", "small-qijiang"].get("stale")
    assert entries["en", "small-qijiang"].get("stale")
    assert verify_edition(built.reports / "latest") == []


def test_one_report_for_another_place(built):
    """Changed parameters make a report of their own beside the catalog's; a later full build keeps it."""
    assert run(built, "build", "small-qijiang", "-p", "region=bazhong") == 0
    assert (built.reports / "latest" / "zh" / "small-bazhong.html").is_file()
    assert run(built, "build", "--force") == 0
    assert (built.reports / "latest" / "zh" / "small-bazhong.html").is_file()


def test_a_report_that_left_the_catalog_leaves_the_edition(built):
    """A full build drops what the catalog no longer makes."""
    edit(built.catalog, '["qijiang", "zhaoqing"]', '["zhaoqing"]')
    assert run(built, "build") == 0
    assert not (built.reports / "latest" / "zh" / "small-qijiang.html").exists()


def test_a_damaged_page_is_built_again(built, capsys):
    """A page that was changed by hand is noticed and replaced."""
    page = built.reports / "latest" / "zh" / "small-qijiang.html"
    good = page.read_bytes()
    page.write_bytes(good + b"<!-- changed -->")
    assert run(built, "build") == 0
    assert page.read_bytes() == good


def test_json_log_has_a_line_per_event(small, tmp_path):
    """--log writes JSON lines that name each report."""
    log = tmp_path / "log.jsonl"
    assert run(small, "build", "--lang", "zh", "--to", "html", "--log", str(log)) == 0
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert {e["report"] for e in events if e["event"] == "report.built"} == {"zh/small-qijiang", "zh/small-zhaoqing"}
    assert any(e["event"] == "publish.done" for e in events)


def test_ten_thousand_indicators_that_nobody_uses_change_no_page(built):
    """An absurdly long table of indicators ends inert: pages stay as they were, bytes and all."""
    before = tree(built.reports / "latest")
    path = built.data / "indicators.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    first = lines[1].split(",", 3)
    lines += [f"made_up_{number},虚构{number},Made up {number},{first[3]}" for number in range(10_000)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    accept(built.data, None)
    assert run(built, "build", "--force") == 0
    after = tree(built.reports / "latest")
    pages = [name for name in before if name.startswith(("zh/", "en/"))]
    assert len([name for name in pages if "/numbers/" not in name]) == 8
    assert {name: after[name] for name in pages} == {name: before[name] for name in pages}
