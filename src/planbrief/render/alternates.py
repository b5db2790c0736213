"""The same report in the other language, for pages that are not made by ``planbrief build``.

A build says in the notebook's metadata where the other page lies. A notebook run by stock papermill says nothing; its
page gets the same link if it is called as the catalog calls the report, so that both ways give the same bytes.
"""

from __future__ import annotations

from planbrief.display.language import Lang
from planbrief.errors import PlanbriefError


def alternate_of(name: str, notebook: str, lang: Lang) -> tuple[str, bool]:
    """Address of a catalog report's page in the other language, relative to its own, and whether it has a PDF.

    Empty and False for any other page.

    Parameters
    ----------
    name : str
        Stem of the page's file.
    notebook : str
        The notebook as its cover names it.
    lang : {"zh", "en"}
        Language of the page.
    """
    from planbrief.catalog import read
    from planbrief.project import find
    from planbrief.targets.publishable import usable_package

    try:
        project = find()
        reports = read(project, usable_package(project)).reports()
    except (PlanbriefError, OSError, KeyError, TypeError, ValueError):
        return "", False
    report = next((report for report in reports if report.id == name and report.notebook == notebook), None)
    if report is None or lang not in report.languages or "html" not in report.formats:
        return "", False
    others = [other for other in report.languages if other != lang]
    return f"../{others[0]}/{name}.html" if others else "", "pdf" in report.formats
