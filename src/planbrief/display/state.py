"""The page that a notebook is writing: language, data, and what it has shown so far. One per process."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from planbrief.display.language import LANGS, Lang
from planbrief.display.quantities import FigureLike
from planbrief.errors import PlanbriefError

if TYPE_CHECKING:
    from planbrief.targets import Dataset


class NoPage(PlanbriefError):
    """A notebook shows something before it called begin()."""

    def __init__(self, call: str) -> None:
        super().__init__(call)
        self.call = call

    def __str__(self) -> str:
        return f"{self.call} needs a page: call pb.page(notebook, lang=…) in the first cell after the parameters"


@dataclass
class Page:
    """One page while it is being written.

    Attributes
    ----------
    notebook : str
        Name of the notebook, as the catalog has it.
    lang : {"zh", "en"}
        Language of the page.
    ds : Dataset or None
        The data; None for a page that shows no data of the package.
    parameters : mapping
        Validated parameters.
    observations : dict
        Ids of the observations behind everything shown so far, in order of appearance.
    aside : dict
        Ids behind frames that a cell left as they are: shown only if the renderer keeps the cell.
    figures : dict
        Figures shown in sentences, by key.
    """

    notebook: str
    lang: Lang
    ds: Dataset | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    places: tuple[str, ...] = ()
    data_as_of: str = ""
    cover: dict[str, Any] = field(default_factory=dict)
    observations: dict[str, None] = field(default_factory=dict)
    aside: dict[str, None] = field(default_factory=dict)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    feedback: str = ""
    #: Name of the project whose data it shows.
    project: str = "planbrief"
    finished: bool = False
    #: Its sources are shown anew after every cell that has shown more.
    closes_itself: bool = False
    #: Headings of open sections that have shown nothing yet.
    pending: list[Callable[[], None]] = field(default_factory=list)

    def identify(self, stem: str, *, bare: bool = False) -> str:
        """An id for a block, unique on the page: ``table-1``, ``table-2``; ``bare`` leaves out the first number."""
        self.counts[stem] += 1
        number = self.counts[stem]
        return stem if bare and number == 1 else f"{stem}-{number}"

    def raw(self, obs_id: str) -> Mapping[str, str]:
        """An observation as its file holds it, empty if there is none."""
        if self.ds is None:
            return {}
        row = self.ds.package["observations"].by_key.get(obs_id)
        return row.values if row else {}

    def place(self, obs_id: str) -> str:
        """Where a number is printed, in one line: the number, its document and locator."""
        row = self.raw(obs_id)
        if not row or self.ds is None:
            return obs_id
        source = self.ds.row("sources", row["source_id"])
        title = source[f"title_{self.lang}"] or source["title_zh"]
        parts = (f"“{row['value_text']}” {row['unit_measure']}".rstrip(), title, row["locator"], obs_id)
        return " · ".join(part for part in parts if part)

    def printed(self, figure: FigureLike) -> str:
        """The number as its source prints it, where a figure is no computation and printed alike in every place."""
        if figure.formula:
            return ""
        texts = {self.raw(obs_id).get("obs_value", "") for obs_id in figure.observations}
        return texts.pop() if len(texts) == 1 else ""

    def use(self, observations: str | Iterable[str]) -> list[str]:
        """Remember observations as shown; returns them as a list."""
        ids = [observations] if isinstance(observations, str) else [str(one) for one in observations]
        for obs_id in ids:
            self.observations.setdefault(obs_id)
            if source := self.raw(obs_id).get("source_id"):
                self.sources.setdefault(source)
        return ids


_current: list[Page] = []
#: Data sets that a notebook loaded itself (``pb.load()``): what is read from them counts as read by its page.
_loaded: list[Dataset] = []


def loaded(ds: Dataset) -> Dataset:
    """Remember a data set that the notebook reads beside its page's."""
    _loaded.append(ds)
    return ds


def reads_of(page: Page) -> list[dict[str, Any]]:
    """What the page and the notebook around it have read, each question once: what the page must be made anew for."""
    found: dict[str, dict[str, Any]] = {}
    for ds in (page.ds, *_loaded):
        for read in ds.reads if ds is not None else ():
            found.setdefault(repr(read), dict(read))
    return list(found.values())


def activate(page: Page) -> Page:
    """Make a page the one that say, show and finish write to."""
    _current[:] = [page]
    return page


def open_page_now() -> Page | None:
    """The page being written, None where none is or it is finished."""
    return _current[0] if _current and not _current[0].finished else None


def places(observations: Iterable[str]) -> list[str]:
    """Where the page's numbers with these ids are printed, a line each."""
    return [_current[0].place(one) if _current else one for one in observations]


def current(call: str = "this call") -> Page:
    """The page being written; :class:`NoPage` if there is none."""
    if not _current:
        raise NoPage(call)
    return _current[0]


def language(lang: str | None = None) -> Lang:
    """A given language, else that of the current page, else Chinese."""
    if lang is not None:
        for known in LANGS:
            if lang == known:
                return known
        from planbrief.errors import UnknownName

        raise UnknownName("language", str(lang), LANGS)
    return _current[0].lang if _current else "zh"


def emit(bundle: Mapping[str, Any], *, display_id: str | None = None, update: bool = False) -> None:
    """Show a mime bundle: in a notebook as an output, in plain Python as printed text."""
    while _current and _current[0].pending and not update:
        _current[0].pending.pop(0)()  # the headings above the first thing of a section
    shell = None
    if "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    if shell is None:
        if not update:
            print(bundle.get("text/plain", ""))
        return
    transient = {"display_id": display_id} if display_id else None
    shell.display_pub.publish(data=dict(bundle), metadata={}, transient=transient, update=update)
