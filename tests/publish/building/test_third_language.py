"""A language that planbrief has no word of: a table in the project makes its pages, English stands where it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from planbrief import languages
from planbrief.commands.cli import main
from planbrief.display.language import message, pick
from planbrief.display.quantities import date_text, period_text
from planbrief.errors import UnknownName, WordsError
from planbrief.project import Project
from planbrief.publish.gate import verify_edition
from planbrief.targets.names import Label

pytestmark = pytest.mark.xdist_group("build")

TABLE = """
[words]
"page.sources" = "Documents et sources"
[phrases]
"Small report: {place}" = "Petit rapport : {place}"
"Committed: {money}." = "Engagements : {money}."
"A small report" = "Un petit rapport"
"Qijiang District" = "District de Qijiang"
"June" = "juin"
"{ordinal} half of {year}" = "{ordinal} semestre {year}"
"first" = "premier"
"no date given" = "sans date"
"""


@pytest.fixture
def french(small: Project) -> Iterator[Project]:
    """The small project with a table of French, which its catalog asks for."""
    folder = small.notebooks / "words" / "languages"
    folder.mkdir(parents=True)
    (folder / "fr.toml").write_text(TABLE, encoding="utf-8")
    text = small.catalog.read_text(encoding="utf-8")
    small.catalog.write_text(text.replace('["zh", "en"]', '["zh", "en", "fr"]', 1), encoding="utf-8")
    before = list(languages._notebooks)
    languages.look_in(small.notebooks)
    yield small
    languages._notebooks[:] = before
    languages._loaded.clear()


def test_words_names_and_dates_come_from_the_table(french: Project):
    """By the key of a message, by its English wording, or not at all: then it is English."""
    assert message("page.sources", "fr") == "Documents et sources"
    assert period_text("undated", "fr") == "sans date"
    assert period_text("2025-H1", "fr") == "premier semestre 2025"
    assert date_text("2024-06-25", "fr") == "25 juin 2024"
    assert date_text("2024-05", "fr") == "May 2024"
    assert pick(Label("綦江区", "Qijiang District"), "fr") == "District de Qijiang"
    assert pick(("一", "one"), "fr") == "one"
    assert message("page.sources", "en") != "Documents et sources"


def test_a_page_is_built_in_it(french: Project, capsys: pytest.CaptureFixture[str]):
    """HTML and PDF, listed in the index, built again when its table has changed and only then."""
    build = ["build", "small-qijiang", "--lang", "fr", "--project", str(french.root)]
    assert main(build) == 0
    latest = french.reports / "latest"
    page = (latest / "fr" / "small-qijiang.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert "Petit rapport : District de Qijiang" in page
    assert re.search(r"Engagements :\s<a [^>]*>4\.06\sbillion\syuan", page)
    assert "Documents et sources" in page
    assert (latest / "fr" / "small-qijiang.pdf").read_bytes().startswith(b"%PDF")
    assert 'href="fr/small-qijiang.html"' in (latest / "index.en.html").read_text(encoding="utf-8")
    assert verify_edition(latest) == []
    capsys.readouterr()
    assert main(build) == 0
    assert "1 unchanged" in capsys.readouterr().out
    table = french.notebooks / "words" / "languages" / "fr.toml"
    table.write_text(TABLE.replace("Petit rapport", "Bref rapport"), encoding="utf-8")
    assert main(build) == 0
    assert "Bref rapport" in (latest / "fr" / "small-qijiang.html").read_text(encoding="utf-8")


def test_a_broken_table_and_an_unknown_language_are_named(french: Project):
    """As words of any other file are: the file and what is wrong in it."""
    with pytest.raises(UnknownName, match=r"unknown language 'de'.*Known: zh, en, fr"):
        languages.language("de")
    table = french.notebooks / "words" / "languages" / "fr.toml"
    for text, found in (("like = 'la'", "like"), ("[words]\na = 1", "words"), ("words = ", "fr.toml")):
        table.write_text(text, encoding="utf-8")
        languages.look_in(french.notebooks)
        with pytest.raises(WordsError, match=found):
            languages.language("fr")
