"""The guide: notebooks that are run when they are shown, so that nothing in them can go stale."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from planbrief.commands.new import guide_page, notebooks, title_of
from planbrief.errors import UnknownName


def test_topics_have_titles_and_hold_no_outputs(root):
    """Every page begins with a heading; what it shows is not stored but executed."""
    found = notebooks()
    assert {"analyst", "questions", "scheduling", "promises", "data", "contributing"} <= set(found)
    for path in found.values():
        assert title_of(path)
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert not cell.get("outputs")
            assert not cell.get("execution_count")


def test_every_topic_stands_in_the_readme(root):
    """Readers of the README find each page."""
    text = (root / "README.md").read_text(encoding="utf-8")
    assert [topic for topic in notebooks() if f"planbrief guide {topic}" not in text] == []
    assert text.count("\n") < 200


@pytest.mark.slow
@pytest.mark.parametrize("topic", notebooks())
def test_every_page_of_the_guide_runs(topic, tmp_path):
    """No cell fails; commands that the page shows answered something."""
    words = [sys.executable, "-m", "planbrief", "guide", topic, "--no-browser", "--out", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    html = (tmp_path / f"guide-{topic}.html").read_text(encoding="utf-8")
    assert "Traceback" not in html
    assert "internal error" not in html
    assert "command not found" not in html


def test_an_unknown_topic_is_named():
    """With the topics that there are."""
    with pytest.raises(UnknownName, match="analyst"):
        guide_page("nothing")
