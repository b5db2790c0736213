"""``pb.page()``: data, wordings and a page of one notebook in one hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from planbrief import extensions
from planbrief.api.data import Data
from planbrief.display import page as pages
from planbrief.display.language import Lang, Text, fields, wordings_of
from planbrief.display.quantities import period_text
from planbrief.display.sentence import say
from planbrief.display.state import Page, activate, loaded
from planbrief.errors import UnknownName, WordsError
from planbrief.measures.columns import COLUMNS
from planbrief.project import at, find

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


class Report:
    """A page while it is being written: opened by :func:`page`, closed by itself.

    The sources below the page follow what has been shown, cell by cell; nothing needs to be finished.

    Examples
    --------
    >>> import planbrief as pb
    >>> from planbrief.project import packaged
    >>> page = pb.page("profile", region="巴中", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
    Bazhong...
    >>> growth = page.data.growth("巴中", activity="", stage="planned", lang="en")
    >>> page.say(
    ...     growth.nlargest(1, "rate"),
    ...     zh="最陡的是{name}：年均{rate}。",
    ...     en="The steepest climb is {name}: {rate} a year.",
    ... )  # doctest: +ELLIPSIS
    The steepest climb is ...% a year.
    """

    def __init__(self, state: Page, words: Path) -> None:
        self._state, self._words = state, words

    def __repr__(self) -> str:
        return f"page {self._state.notebook} ({self.lang}): {self._state.title}"

    @property
    def lang(self) -> Lang:
        """Language of the page."""
        return self._state.lang

    @property
    def places(self) -> tuple[str, ...]:
        """Ids of the areas that the page is about."""
        return self._state.places

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The checked parameters."""
        return self._state.parameters

    @cached_property
    def data(self) -> Data:
        """The project's data (:class:`~planbrief.api.data.Data`); what is read counts as read by this page."""
        if self._state.ds is None:
            raise UnknownName("data of this page", self._state.notebook, ())
        return Data(loaded(self._state.ds))

    def say(
        self,
        what: str | pd.DataFrame | pd.Series | None = None,
        rows: pd.DataFrame | pd.Series | None = None,
        *,
        zh: str = "",
        en: str = "",
        style: str = "paragraph",
        **values: object,
    ) -> None:
        """Say a sentence for each row of a frame; no rows, no sentence.

        Parameters
        ----------
        what : str, optional
            Key of the wording in ``notebooks/words/NAME.toml``; left out where ``zh`` and ``en`` are given here.
        rows : DataFrame or Series, optional
            What the sentences are about: ``{rate}`` is the row's figure with its sources, ``{name}`` its text.
        zh, en : str
            The wording, where it is said only once.
        style : {"paragraph", "lead", "bullet", "callout", "note"}
            How the page sets the sentence.
        **values
            Figures or texts by name, on top of the row's own.

        Raises
        ------
        UnknownName
            For a key without a wording, or a placeholder that neither the row nor ``values`` fill.

        Examples
        --------
        >>> import planbrief as pb
        >>> from planbrief.project import packaged
        >>> page = pb.page("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
        Fuling...
        >>> page.say(zh="到{value}。", en="To {value}.", value=page.data.figure("bazhong-plan-2024-05169"))
        To 75 billion yuan (750 亿元).
        """
        if what is not None and not isinstance(what, str):
            what, rows = None, what
        zh, en = (zh, en) if what is None else self._wording(what)
        if rows is None:
            say(zh, en, style, **values)
            return
        table: Any = rows
        for row in [table] if table.ndim == 1 else [row for _, row in table.iterrows()]:
            names = dict.fromkeys((*fields(zh), *fields(en)))
            found = {name: values[name] if name in values else self._value(row, name) for name in names}
            say(zh, en, style, **found)

    def lead(self, what: Any = None, rows: pd.DataFrame | pd.Series | None = None, **options: Any) -> None:
        """Say what a reader must know first: :meth:`say` in the style ``lead``.

        Examples
        --------
        >>> import planbrief as pb
        >>> from planbrief.project import packaged
        >>> page = pb.page("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
        Fuling...
        >>> page.lead(zh="要点。", en="The point.")
        The point.
        """
        self.say(what, rows, style="lead", **options)

    def _wording(self, key: str) -> tuple[str, str]:
        groups, problems = wordings_of(self._words)
        if problems:
            raise WordsError(problems[0])
        known = {name: pair for group in groups.values() for name, pair in group.items()}
        if key not in known:
            raise UnknownName(f"sentence in notebooks/words/{self._words.name}", key, tuple(known))
        return known[key]

    def _value(self, row: pd.Series, name: str) -> object:
        """A cell as a sentence takes it: measured numbers as figures, periods in words, the rest as text."""
        if name not in row:
            raise UnknownName("column for the sentence", name, tuple(map(str, row.index)))
        cell = row[name]
        if name in COLUMNS or name in ("rate", "value"):
            return self.data.figure(row, name)
        if name.endswith("period"):
            return period_text(str(cell), self.lang)
        if isinstance(cell, float) and math.isfinite(cell) and cell == int(cell):
            return int(cell)  # a year: a column with gaps holds floats
        return cell.item() if hasattr(cell, "item") else cell

    def heading(self, zh: str, en: str, level: int = 2, *, when: object = True) -> None:
        """Show a heading, unless `when`, what stands below it, is empty.

        Examples
        --------
        >>> import planbrief as pb
        >>> from planbrief.project import packaged
        >>> page = pb.page("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
        Fuling...
        >>> page.heading("目标", "Targets")
        Targets
        """
        activate(self._state)
        pages.heading(zh, en, level, when=when)

    @contextmanager
    def section(self, zh: str, en: str, level: int = 2, *, when: object = True) -> Iterator[None]:
        """A section whose heading is shown with the first thing in it: one that stays empty leaves no heading.

        Parameters
        ----------
        zh, en : str
            The heading.
        level : {2, 3, 4}
            Its level.
        when : object
            Something empty (a frame without rows, None) leaves out the heading.

        Examples
        --------
        >>> import planbrief as pb
        >>> from planbrief.project import packaged
        >>> page = pb.page("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
        Fuling...
        >>> with page.section("目标", "Targets"):
        ...     page.say(zh="一句。", en="A sentence.")
        Targets
        A sentence.
        """
        self._state.pending.append(lambda: self.heading(zh, en, level, when=when))
        depth = len(self._state.pending)
        try:
            yield
        finally:
            del self._state.pending[depth - 1 :]

    def show(
        self,
        thing: Any,
        *,
        caption: Text = "",
        alt: str = "",
        data: Any = None,
        units: Mapping[str, str] | None = None,
    ) -> None:
        """Show a frame, figure, table or chart; see :func:`planbrief.show`. An empty frame shows nothing.

        Examples
        --------
        >>> import planbrief as pb
        >>> from planbrief.project import packaged
        >>> page = pb.page("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
        Fuling...
        >>> import pandas as pd
        >>> page.show(pd.DataFrame({"year": [2026], "output": [750]}), caption=("产值", "Output"))
        Output
        Year  output
        2026  750
        """
        if getattr(thing, "empty", False) is True:
            return
        activate(self._state)
        pages.show(thing, caption=caption, alt=alt, data=data, units=units)

    def view(self, name: str, **details: Any) -> None:
        """Show what an installed package makes of the page (entry point ``planbrief.views``).

        Examples
        --------
        >>> import planbrief as pb
        >>> from planbrief.project import packaged
        >>> page = pb.page("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
        Fuling...
        >>> try:
        ...     page.view("momentum")
        ... except pb.PlanbriefError as error:
        ...     print(str(error)[:23])
        unknown view 'momentum'
        """
        activate(self._state)
        extensions.loaded("views", name)(self, **details)

    def finish(self) -> None:
        """Close the page before its notebook ends; what is shown later has no sources on it.

        Examples
        --------
        >>> import planbrief as pb
        >>> from planbrief.project import packaged
        >>> page = pb.page("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
        Fuling...
        >>> page.finish()  # doctest: +ELLIPSIS
        Sources...
        """
        activate(self._state)
        pages.finish()


def page(
    name: str,
    *,
    lang: str = "zh",
    title: Text | None = None,
    subtitle: Text | None = None,
    project: Path | str | None = None,
    **parameters: Any,
) -> Report:
    """Open a page of a notebook: parameters checked, data at hand, cover shown; the page closes itself.

    Parameters
    ----------
    name : str
        Name of the notebook; its wordings stand in ``notebooks/words/NAME.toml``.
    lang : {"zh", "en"}
        Language of the page.
    title, subtitle : text, optional
        A pair (zh, en), in which ``{place}`` stands for the areas of the page.
    project : path, optional
        Folder of the project, for a notebook that runs elsewhere. Default: the project around the working directory.
    **parameters
        The notebook's parameters: areas by id, Chinese or English name.

    Raises
    ------
    PlanbriefError
        For an unknown parameter or area, with suggestions; outside a project.

    Examples
    --------
    >>> import planbrief as pb
    >>> from planbrief.project import packaged
    >>> page = pb.page("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
    Fuling...
    >>> page.places, page.lang
    (('fuling',), 'en')
    """
    state = pages.begin(name, lang=lang, title=title, subtitle=subtitle, project=project, **parameters)
    named = project or pages.injected_project()
    pages.keep_sources(state)
    return Report(state, (at(named) if named else find()).notebooks / "words" / f"{name}.toml")
