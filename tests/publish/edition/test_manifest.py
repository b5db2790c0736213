"""The manifest: what is written reads back; what is hostile ends in one clear error."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from publish.edition.editions import build

from planbrief.run.manifest import Manifest, ManifestError, PublishedFile, ReportEntry, read_manifest

SHA = "0" * 64


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("manifest") / "latest"
    build(out, "one")
    build(out, "two", fail=("brief",))
    return (out / "manifest.json").read_bytes()


def changed(written: bytes, path: tuple[str | int, ...], value: Any) -> bytes:
    said = json.loads(written)
    place = said
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return json.dumps(said).encode()


def test_round_trip(written: bytes) -> None:
    """Reading and writing again gives the same bytes; the contract's fields are all there."""
    assert read_manifest(written).to_json() == written
    said = json.loads(written)
    assert list(said)[:6] == ["planbrief_version", "edition", "data_sha256", "observations", "findings", "reports"]
    assert set(said["findings"][0]) == {"id", "rule", "severity", "observation_ids"}
    contract = "id lang title parameters data_as_of status key html pdf figures last_success error".split()
    assert list(said["reports"][0])[: len(contract)] == contract


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("reports", 0, "html", "path"), "../../etc/passwd", "reports[0].html.path"),
        (("reports", 0, "html", "path"), "/etc/passwd", "reports[0].html.path"),
        (("reports", 0, "html", "path"), "zh/\u001b[2J.html", "reports[0].html.path"),
        (("reports", 0, "html", "path"), "manifest.json", "reports[0].html.path"),
        (("reports", 0, "html", "path"), "index.html", ""),
        (("reports", 0, "html", "path"), "zh/profile-fuling.html", ""),
        (("reports", 0, "html", "sha256"), "xyz", "reports[0].html.sha256"),
        (("reports", 0, "html", "bytes"), -1, "reports[0].html.bytes"),
        (("reports", 0, "html", "bytes"), True, "reports[0].html.bytes"),
        (("reports", 0, "id"), "../x", "reports[0].id"),
        (("reports", 0, "id"), "a b", "reports[0].id"),
        (("reports", 0, "lang"), "../de", "reports[0].lang"),
        (("reports", 0, "status"), "perfect", "reports[0].status"),
        (("reports", 0, "error"), None, "reports[0]"),
        (("reports", 0, "title"), "x" * 100_000, "reports[0].title"),
        (("reports", 0, "title"), "\ud800", "reports[0].title"),
        (("reports", 0, "figures"), {"a": 1}, "reports[0].figures"),
        (("reports", 0, "surprise"), 1, "reports[0]"),
        (("edition",), "../other", "edition"),
        (("planbrief_version",), None, "planbrief_version"),
        (("observations", "path"), "..", "observations.path"),
        (("findings",), {}, "findings"),
        (("run",), [], "run"),
    ],
)
def test_hostile_fields(written: bytes, path: tuple[str | int, ...], value: Any, place: str) -> None:
    """A field that is not what it should be is named, with what was found and what is expected."""
    with pytest.raises(ManifestError) as error:
        read_manifest(changed(written, path, value))
    assert place in error.value.place
    assert error.value.found
    assert error.value.expected
    assert "\x1b" not in str(error.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"a":1,"a":2}',
        b"NaN",
        b"9" * 10_000,
        "\ud800",
    ],
    ids=range(11),
)
def test_hostile_json(data: bytes | str) -> None:
    """What is no sensible JSON is one error, however deep, doubled or strange it is."""
    with pytest.raises(ManifestError):
        read_manifest(data)


def test_too_large(monkeypatch: pytest.MonkeyPatch, written: bytes) -> None:
    """A manifest beyond the limit is not parsed at all."""
    monkeypatch.setattr("planbrief.run.manifest.LARGEST_MANIFEST_BYTES", 1000)
    with pytest.raises(ManifestError, match="at most 1000"):
        read_manifest(written)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_corruption(written: bytes, data: st.DataObject) -> None:
    """Whatever bytes are cut, doubled or changed, the manifest reads or is refused in words."""
    start = data.draw(st.integers(0, len(written)))
    end = data.draw(st.integers(start, min(len(written), start + 200)))
    corrupt = written[:start] + data.draw(st.binary(max_size=20)) + written[end:]
    with contextlib.suppress(ManifestError):
        read_manifest(corrupt).to_json()


def test_edition_id_follows_the_content() -> None:
    """Clock, machine, wording of an error and built-or-unchanged leave the id; content and failure change it."""

    def edition(**changes: Any) -> str:
        fields: dict[str, Any] = {
            "status": "built",
            "key": "k",
            "html": PublishedFile("zh/a.html", SHA),
            "data_as_of": "2025",
        }
        run = changes.pop("run", {})
        entry = ReportEntry("a", "zh", "A", **{**fields, **changes})
        return Manifest(SHA, None, (entry,), run=run).edition_id()

    base = edition()
    assert base.startswith("2025-")
    assert edition(run={"host": "x"}) == edition(status="unchanged") == edition(last_success="2025-00000000") == base
    assert edition(status="failed", error="x") == edition(status="failed", error="y") != base
    assert edition(key="other") != base
    assert edition(html=PublishedFile("zh/a.html", "1" * 64)) != base


def test_undefined_numbers_are_null(tmp_path: Path) -> None:
    """NaN is no JSON and is refused when written."""
    entry = ReportEntry("a", "zh", "A", figures={"x": {"value": math.nan}})
    with pytest.raises(ValueError, match="JSON"):
        Manifest(SHA, None, (entry,)).to_json()
