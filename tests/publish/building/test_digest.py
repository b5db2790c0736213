"""Each build says what changed since the edition before: on the index, and as files of the edition."""

from __future__ import annotations

import json

from planbrief.checks.repair import accept
from planbrief.commands.cli import main
from planbrief.publish.build import build
from planbrief.publish.gate import verify_edition
from planbrief.run.manifest import DIGEST_FILES
from planbrief.run.produce import Request


def amended(small, value: str) -> None:
    """Another value for the money that Qijiang's small report names."""
    file = small.data / "documents" / "qijiang-smart-2025" / "observations.csv"
    lines = file.read_text(encoding="utf-8").split("\n")
    place = next(number for number, line in enumerate(lines) if ",commitment," in line)
    cells = lines[place].split(",")
    for column in ("obs_value", "value_text"):
        cells[lines[0].split(",").index(column)] = value
    lines[place] = ",".join(cells)
    file.write_text("\n".join(lines), encoding="utf-8")
    accept(small.data, None)


def test_a_build_publishes_what_changed(small, tmp_path, capsys, monkeypatch):
    """First edition: no digest. Changed data: figure and observation. The same again: the digest stays."""
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out"
    first = build(small, out, Request(formats=("html",), jobs=2))
    assert not list(out.glob("digest.*"))
    amended(small, "4321")
    second = build(small, out, Request(formats=("html",), jobs=2))
    assert second.edition != first.edition
    said = json.loads((out / "digest.json").read_text(encoding="utf-8"))
    assert [figure["new"] for figure in said["figures"]] == [4321.0]
    changed = [(change["kind"], change["fields"]) for change in said["observations"]]
    assert changed == [("corrected", ["obs_value", "value_text"])]
    assert sorted(path.name for path in out.glob("digest.*")) == sorted(DIGEST_FILES)
    assert "4321" in (out / "index.html").read_text(encoding="utf-8")
    assert verify_edition(out) == []
    before = {name: (out / name).read_bytes() for name in DIGEST_FILES}
    again = build(small, out, Request(formats=("html",), jobs=2, force=True))
    assert again.edition == second.edition
    assert {name: (out / name).read_bytes() for name in before} == before
    assert "4321" in (out / "index.html").read_text(encoding="utf-8")
    assert main(["diff", first.edition, str(out), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"][0]["new"] == 4321
    assert main(["diff", str(out), str(out / "manifest.json"), "--md", "--lang", "zh"]) == 0
    assert "没有变化" in capsys.readouterr().out
    assert main(["diff", "2020-01-01-00000000", str(out), "--out", str(out)]) == 2
    assert first.edition in capsys.readouterr().err
