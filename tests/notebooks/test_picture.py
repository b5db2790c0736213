"""The plan in one picture: one page, as a PDF and as a PNG that can be shared."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from notebooks.test_comparison import copied
from PIL import Image

from planbrief.commands.cli import main
from planbrief.render.pdf.exporter import page_count

pytestmark = pytest.mark.xdist_group("build")


def test_one_page_in_both_languages(tmp_path: Path):
    """The PDF has one page, the picture is large enough to read, and the web page links to it."""
    project = copied(tmp_path)
    assert main(["build", "picture-bazhong", "--project", str(project.root)]) == 0
    out = project.reports / "latest"
    for lang in ("zh", "en"):
        assert page_count((out / lang / "picture-bazhong.pdf").read_bytes()) == 1
        picture = f"thumbnails/picture-bazhong.{lang}.png"
        assert Image.open(io.BytesIO((out / picture).read_bytes())).width > 1000
        assert f'href="../{picture}"' in (out / lang / "picture-bazhong.html").read_text(encoding="utf-8")
