"""``planbrief.build(...)``: a build from another program, with the same gate and the same edition as the command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planbrief.run.produce import Outcome


def build(
    *reports: str,
    project: Path | str | None = None,
    out: Path | str | None = None,
    lang: str | Iterable[str] = (),
    to: str | Iterable[str] = (),
    parameters: Mapping[str, Any] | None = None,
    jobs: int = 0,
    force: bool = False,
    unchecked: bool = False,
) -> Outcome:
    """Build reports and publish the edition, as ``planbrief build`` does.

    What happens is told to the logger ``planbrief`` of :mod:`logging`; nothing is printed.

    Parameters
    ----------
    *reports
        Ids of reports or names of notebooks; none means every report.
    project
        Folder of the project; by default the one around the working directory.
    out
        Folder of the edition; by default ``reports/latest`` of the project.
    lang, to
        Languages (``"zh"``, ``"en"``) and formats (``"html"``, ``"pdf"``); none means all.
    parameters
        Values in place of the catalog's, for the reports named.
    jobs
        Reports at a time; 0 means as many as there are cores.
    force
        Build also what is unchanged.
    unchecked
        Publish also what ``planbrief check`` refuses; every page says so.

    Returns
    -------
    Outcome
        ``edition``, ``out``, ``entries`` (one per report and language with ``status`` ``built``, ``unchanged`` or
        ``failed``, paths, and the ``error`` in words) and ``failed``: the entries that failed. A report that fails
        keeps its last good files and raises nothing.

    Raises
    ------
    PlanbriefError
        For bad parameters, bad data, no project, or an output folder that is somebody else's; nothing was run.

    Examples
    --------
    >>> import planbrief as pb
    >>> made = pb.build("brief", lang="zh", to="html", out="edition")  # doctest: +SKIP
    >>> [entry.status for entry in made.entries]  # doctest: +SKIP
    ['built']
    """
    from planbrief.project import at, find, writable
    from planbrief.publish import build as building
    from planbrief.run.produce import Request

    where = at(project) if project is not None else find()
    if out is None:
        writable(where, "out names where its pages go")
    request = Request(
        wanted=reports,
        changes=dict(parameters or {}),
        languages=(lang,) if isinstance(lang, str) else tuple(lang),
        formats=(to,) if isinstance(to, str) else tuple(to),
        jobs=jobs,
        force=force,
        unchecked=unchecked,
    )
    return building.build(where, Path(out) if out is not None else where.reports / "latest", request)
