"""A notebook's page from begin() to finish()."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from planbrief.display.document import Chart, Cover, Heading, KeyNumbers, Table, run_text
from planbrief.display.language import (
    Lang,
    TemplateError,
    Text,
    Words,
    agree,
    has_message,
    join_names,
    mark,
    message,
    parse,
    pick,
    wordings_of,
)
from planbrief.display.outputs import GROUND, bundle, written
from planbrief.display.quantities import date_text
from planbrief.display.sentence import numbers_block, numbers_html, numbers_text
from planbrief.display.state import (
    Page,
    activate,
    current,
    emit,
    language,
    newest,
    open_page_now,
    reads_of,
    sources_block,
)
from planbrief.display.table import run_html, table_block, table_html, table_text
from planbrief.errors import ParameterError, UnknownName, WordsError

if TYPE_CHECKING:
    from pathlib import Path

    from planbrief.targets import Dataset

#: First line of the cell in which papermill (and planbrief's own engine) puts the parameters of a run.
INJECTED = "# Parameters"
_COVER, _SOURCES = "planbrief-cover", "planbrief-sources"


def injected_names(history: Sequence[str]) -> tuple[str, ...]:
    """Names assigned by cells that papermill injected.

    Papermill only warns about a parameter that the notebook does not declare and then runs on the defaults; a typing
    error would make a wrong report. Its cell is known by its first line.

    >>> injected_names(["region = 'a'", "# Parameters\\nregoin = 'fuling'\\n"])
    ('regoin',)
    """
    names: dict[str, None] = {}
    for source in history:
        if source.lstrip().split("\n", 1)[0].strip() != INJECTED:
            continue
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                if isinstance(target, ast.Name):
                    names.setdefault(target.id)
    return tuple(names)


def notebook_history() -> tuple[str, ...]:
    """Source of the cells run so far in this kernel, empty outside a notebook."""
    if "IPython" not in sys.modules:
        return ()
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return ()
    return tuple(str(source) for source in shell.user_ns.get("In", ()))


def injected_project() -> str:
    """The folder that papermill injected as the parameter ``project``, empty if it did not."""
    if "project" not in injected_names(notebook_history()):
        return ""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return str(shell.user_ns.get("project") or "") if shell is not None else ""


def check_injected(notebook: str, declared: Iterable[str], history: Sequence[str]) -> None:
    """Refuse injected parameters that are not declared; ParameterError names the first and the declared ones."""
    known = tuple(dict.fromkeys(declared))
    for name in injected_names(history):
        if name not in known:
            raise ParameterError(notebook, name, "an unknown parameter", f"one of {', '.join(known) or 'none'}")


def validated(
    notebook: str, lang: str, parameters: Mapping[str, Any], folder: Path | str | None = None
) -> tuple[Lang, dict[str, Any], Dataset, Mapping[str, Any]]:
    """Parameters checked against the catalog, the data they speak of, and the catalog."""
    from planbrief.languages import look_in
    from planbrief.parameters import from_catalog, read_catalog, validate
    from planbrief.project import at, find
    from planbrief.targets import load

    named = folder or injected_project()
    project = at(named) if named else find()
    look_in(project.notebooks)
    catalog = read_catalog(project.catalog)
    known = from_catalog(catalog, notebook)
    names = [parameter.name for parameter in known]
    check_injected(notebook, [*names, "lang", "project"], notebook_history())
    given = dict(parameters)
    if "lang" in names:
        given["lang"] = lang
    ds = load(project)
    values = validate(notebook, known, given, ds.package.names("areas"))
    values.pop("lang", None)
    return language(lang), values, ds, catalog


def wordings(report: str) -> Words:
    """Groups of sentences of a report; each maps what is found to a Chinese and an English template.

    Raises
    ------
    WordsError
        Where the file is missing or broken; each problem is named.
    """
    from planbrief.project import at, find

    named = injected_project()
    folder = (at(named) if named else find()).notebooks / "words"
    groups, problems = wordings_of(folder / f"{report}.toml")
    if problems:
        raise WordsError(problems[0])
    return Words(**groups)


#: Places that a title and the line above it name; more are counted.
MOST_NAMES = 6


def places_of(parameters: Mapping[str, Any], ds: Dataset) -> tuple[str, ...]:
    """Areas that a page is about: its ``region`` or ``regions``, else every city that has data."""
    for name in ("region", "regions"):
        value = parameters.get(name)
        if isinstance(value, str) and value:
            return tuple(part.strip() for part in value.split(","))
        if isinstance(value, list | tuple) and value:
            return tuple(str(part) for part in value)
    return ds.cities()


def page_title(page: Page, title: Text | None, names: Sequence[str]) -> str:
    """Title of a page: the notebook's own template (``{place}`` allowed), else the message for the notebook."""
    place = join_names(names, page.lang)
    if title is not None:
        template = pick(title, page.lang)
        where = f"{page.notebook}, title"
        agree([template], ["place"], where, all_used=False)
        return "".join(place if piece.field else piece.text for piece in parse(template, where))
    key = f"cover.title_{page.notebook}"
    if has_message(key, page.lang):
        return message(key, page.lang, place=place)
    return page.notebook


def begin(
    notebook: str,
    *,
    lang: str = "zh",
    title: Text | None = None,
    subtitle: Text | None = None,
    project: Path | str | None = None,
    **parameters: Any,
) -> Page:
    """Open a page: check the parameters, load the data, show the cover.

    Parameters
    ----------
    notebook : str
        Name of the notebook in the catalog.
    lang : {"zh", "en"}
        Language of the page.
    title, subtitle : text, optional
        Pairs (zh, en) in which ``{place}`` stands for the places of the report.
    project : path, optional
        Folder of the project, for a notebook that runs elsewhere; ``papermill -p project DIR`` does the same, and so
        does the environment variable ``PLANBRIEF_PROJECT``. Default: the project around the working directory.
    **parameters
        The notebook's parameters.

    Returns
    -------
    Page
        ``page.ds`` is the data, ``page.parameters`` the checked parameters, ``page.places`` the areas.

    Raises
    ------
    ParameterError
        A parameter is unknown (also one injected by papermill under a name the catalog does not declare), missing or
        ill-typed.
    NoProject
        The notebook runs outside a project and none is named.

    Examples
    --------
    >>> import planbrief as pb
    >>> from planbrief.project import packaged
    >>> page = pb.begin("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
    Fuling...
    >>> page.places
    ('fuling',)
    """
    from planbrief.parameters import project_name

    chosen, values, ds, catalog = validated(notebook, lang, parameters, project)
    page = open_page(notebook, chosen, ds, values, title, subtitle)
    page.project = project_name(catalog, ds.package.descriptor)
    page.feedback = str(catalog.get("feedback", {}).get(chosen, ""))
    return page


def open_page(
    notebook: str,
    lang: Lang,
    ds: Dataset,
    parameters: Mapping[str, Any],
    title: Text | None = None,
    subtitle: Text | None = None,
) -> Page:
    """Open a page on a data set at hand (:func:`begin` without the catalog)."""
    page = activate(Page(notebook, lang, ds, dict(parameters)))
    page.places = places_of(parameters, ds)
    names = [ds.name("areas", place, lang) for place in page.places]
    if len(names) > MOST_NAMES:
        names = [message("page.places", lang, count=str(len(names)))]
    page.title = page_title(page, title, names)
    sources = {source for place in page.places for source in ds.of_city(place)["source_id"]}
    page.data_as_of = newest(page, sources)
    page.cover = Cover(
        lang,
        page.title,
        page_title(page, subtitle, names) if subtitle is not None else "",
        tuple(names),
        page.data_as_of,
        notebook,
        date_text(page.data_as_of, lang),
        dict(parameters),
    )
    emit(cover_bundle(page.cover), display_id=_COVER)
    _show_frames_as_tables()
    return page


def _show_frames_as_tables() -> None:
    """Have frames that name their observations shown as tables of the page, as a cell's last expression, too."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    from planbrief.display.frames import frame_bundle

    shell: Any = get_ipython()
    for module in ("pandas", "pandas.core.frame") if shell is not None else ():
        shell.display_formatter.mimebundle_formatter.for_type_by_name(module, "DataFrame", frame_bundle)


def cover_bundle(cover: Cover) -> dict[str, Any]:
    """The cover as a mime bundle."""
    import html

    line = message("cover.data_as_of", cover.lang, date=cover.data_as_of_text)
    small = " · ".join(part for part in (cover.subtitle, line) if part)
    markup = f'<header lang="{cover.lang}"><h1>{html.escape(cover.title)}</h1><p>{html.escape(small)}</p></header>'
    return bundle(written(cover), f"{cover.title}\n{small}", markup)


def slug(text: str) -> str:
    """An anchor from an English heading.

    >>> slug("What does not add up?")
    'what-does-not-add-up'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "section"


def heading(zh: str, en: str, level: int = 2, *, when: object = True) -> None:
    """Show a heading; its anchor is the same in both languages.

    `when` is what the section shows: where that is nothing, neither does the heading.

    Examples
    --------
    >>> import planbrief as pb
    >>> from planbrief.project import packaged
    >>> page = pb.begin("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
    Fuling...
    >>> pb.heading("目标", "Targets")
    Targets
    """
    page = current("heading()")
    if when is None or (not hasattr(when, "empty") and not when) or getattr(when, "empty", False) is True:
        return
    if level not in (2, 3, 4):
        raise UnknownName("level of heading()", str(level), ("2", "3", "4"))
    text = pick((zh, en), page.lang)
    block = Heading(page.identify(slug(en), bare=True), page.lang, level, mark(text, page.lang))
    markup = f'<h{level} lang="{page.lang}">{run_html(block.runs, page.lang)}</h{level}>'
    emit(bundle(written(block), text, markup))


def show(
    thing: Any, *, caption: Text = "", alt: str = "", data: Any = None, units: Mapping[str, str] | None = None
) -> None:
    """Show a table, a chart, key numbers, a data frame or a matplotlib figure.

    Parameters
    ----------
    thing
        A table or chart of planbrief's; a DataFrame, Series or Styler; a figure or axes of matplotlib or seaborn.
        None, which views give where there is nothing, shows nothing.
    caption : text, optional
        What a frame or a plain figure shows; a pair (zh, en) or one text for both.
    alt : str, optional
        Alternative text of a plain figure; by default made from its titles, axes and data.
    data : DataFrame, optional
        The numbers behind a plain figure, for the table and the download beside it.
    units : mapping, optional
        Printed units of a frame's columns.

    Raises
    ------
    UnknownName
        For anything else.

    Examples
    --------
    >>> import planbrief as pb
    >>> from planbrief.project import packaged
    >>> page = pb.begin("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
    Fuling...
    >>> import pandas as pd
    >>> pb.show(pd.DataFrame({"year": [2026], "output": [750]}), caption=("产值", "Output"))
    Output
    Year  output
    2026  750
    """
    page = current("show()")
    if thing is None:
        return
    if isinstance(thing, KeyNumbers):
        numbers = numbers_block(thing, page)
        emit(bundle(written(numbers), numbers_text(numbers), numbers_html(numbers)))
        return
    if not isinstance(thing, Table | Chart):
        from planbrief.display.frames import chart_of, figure_behind, is_frame, styled, table_of

        if type(thing).__name__ == "Styler":
            emit(styled(thing, page, caption))
            return
        if is_frame(thing):
            thing = table_of(thing, caption, units)
        elif (figure := figure_behind(thing)) is not None:
            thing = chart_of(figure, page.lang, caption, alt, data)
            _close(figure)
    if isinstance(thing, Table):
        table = table_block(thing, page)
        emit(bundle(written(table), table_text(table), table_html(table)))
        return
    if not isinstance(thing, Chart):
        known = ("a table", "a chart", "a data frame", "a matplotlib figure")
        raise UnknownName("thing for show()", type(thing).__name__, known)
    from planbrief.display.charts.chart import chart_block

    chart = chart_block(thing, page)
    # Lab shows a drawing without a ground of its own: on a dark theme its white halos would be all there is to see.
    drawn = thing.svg.replace("<svg ", f"<svg {GROUND} ", 1)
    emit(bundle(written(chart), f"[{run_text(chart.caption)}]\n{chart.alt}", "", drawn))


def _close(figure: Any) -> None:
    """Take a figure that was shown from pyplot's list, or the end of the cell would show it again."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)


def finish() -> None:
    """Close the page: sources, cards of the observations behind it, citation, address for corrections.

    The cover's date is set right if the page turned out to use other documents than begin() expected.

    Examples
    --------
    >>> import planbrief as pb
    >>> from planbrief.project import packaged
    >>> page = pb.begin("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
    Fuling...
    >>> pb.finish()  # doctest: +ELLIPSIS
    Sources...
    """
    page = current("finish()")
    _show_sources(page)
    page.finished = True


def keep_sources(page: Page) -> None:
    """Show the sources of a page, and again after every cell that has shown or read more: it needs no finish()."""
    _show_sources(page, display_id=_SOURCES)
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    seen = [_extent(page)]

    def refresh(result: object = None) -> None:
        if page.finished or open_page_now() is not page:
            shell.events.unregister("post_run_cell", refresh)
        elif (now := _extent(page)) != seen[0]:
            seen[0] = now
            _show_sources(page, display_id=_SOURCES, update=True)

    shell.events.register("post_run_cell", refresh)


def _extent(page: Page) -> tuple[int, ...]:
    """Grows with everything that the sources of a page tell."""
    return len(page.observations), len(page.aside), len(page.sources), len(page.figures), len(reads_of(page))


def _show_sources(page: Page, *, display_id: str | None = None, update: bool = False) -> None:
    block = sources_block(page)
    cover, date = page.cover, block.data_as_of
    if cover is not None and date != cover.data_as_of:
        page.data_as_of = date
        page.cover = replace(cover, data_as_of=date, data_as_of_text=date_text(date, page.lang))
        emit(cover_bundle(page.cover), display_id=_COVER, update=True)
    import html

    citation, feedback = run_text(block.citation), run_text(block.feedback)
    lines = [block.title, *(card["title"] for card in block.documents), citation, feedback]
    items = "".join(f'<li lang="{card["title_lang"]}">{html.escape(card["title"])}</li>' for card in block.documents)
    tail = f"<p>{html.escape(citation)}</p><p>{html.escape(feedback)}</p>"
    markup = f'<footer lang="{page.lang}"><ul>{items}</ul>{tail}</footer>'
    if display_id:  # it stands above what is shown later, so that it takes one line until somebody opens it
        head = f"{html.escape(block.title)} ({len(block.observations)})"
        lines, markup = lines[:1], f"<details><summary>{head}</summary>{markup}</details>"
    emit(bundle(written(block), "\n".join(lines), markup), display_id=display_id, update=update)


__all__ = ["TemplateError", "begin", "finish", "heading", "open_page", "show"]
