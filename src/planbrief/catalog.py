"""The list of reports: notebook x parameters, read from ``reports/catalog.toml``.

Nothing here imports pandas: ``planbrief list`` and a build with nothing to do need only this.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from planbrief.errors import CatalogError, ParameterError, PlanbriefError, Problem, UnknownName
from planbrief.languages import OWN, look_in, tables, wording
from planbrief.parameters import Parameter, from_catalog, read_catalog, validate
from planbrief.project import Project
from planbrief.targets.package import CITY_LEVELS, UPPER_LEVELS, Package

LANGUAGES = OWN
FORMATS = ("html", "pdf")
REPORT_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


@dataclass(frozen=True)
class Report:
    """One report: a notebook with its parameters, in some languages and formats."""

    id: str
    notebook: str
    parameters: tuple[tuple[str, Any], ...]
    about: tuple[tuple[str, str], ...]
    languages: tuple[str, ...] = LANGUAGES
    formats: tuple[str, ...] = FORMATS
    areas: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """Parameters as a dictionary, without ``lang``."""
        return dict(self.parameters)

    def related(self, others: Iterable[Report], lang: str) -> tuple[tuple[str, str], ...]:
        """Notebook and id of other reports about the same place (or, as this one, about several), in their order."""
        same = [one for one in others if one.values.get("region") == self.values.get("region") and one.id != self.id]
        return tuple((one.notebook, one.id) for one in same if lang in one.languages and "html" in one.formats)


class _Areas(Collection[str]):
    """Every area by its id, and by name only for a word that is none: a build with nothing to do compares no names."""

    def __init__(self, package: Package) -> None:
        self._package = package

    def __contains__(self, word: object) -> bool:
        return word in self._package["areas"].by_key

    def __iter__(self) -> Iterator[str]:
        return iter(self._package["areas"].by_key)

    def __len__(self) -> int:
        return len(self._package["areas"].by_key)

    def find(self, word: str) -> str:
        """The area that a word means, empty for none."""
        return word if word in self else self._package.names("areas").find(word)

    def near(self, word: str) -> tuple[str, ...]:
        """Names of areas that are nearly a word."""
        return self._package.names("areas").near(word)


@dataclass(frozen=True)
class Catalog:
    """The catalog of a project, expanded over the data that is there."""

    project: Project
    raw: dict[str, Any]
    package: Package

    @property
    def areas(self) -> Collection[str]:
        """Every ``ref_area``, by whatever it is called."""
        return _Areas(self.package)

    @property
    def cities(self) -> tuple[str, ...]:
        """Cities that have data."""
        return self.package.cities

    def regions(self, pattern: str) -> tuple[str, ...]:
        """Areas that a document is about: every one (``*``) or those of a level (``level:province``).

        Raises
        ------
        UnknownName
            For a level that areas do not have.
        """
        if pattern == "*":
            return self.package.regions
        level, levels = pattern.removeprefix("level:"), (*UPPER_LEVELS, *CITY_LEVELS)
        if level not in levels:
            raise UnknownName("level of areas", level, levels)
        return tuple(area for area in self.package.regions if self.package.places.level[area] == level)

    def area_name(self, area: str, lang: str) -> str:
        """Name of an area."""
        names = self.package["areas"].by_key[area].values
        return wording(names["name_zh"], names["name_en"], lang)

    def parameters(self, notebook: str) -> tuple[Parameter, ...]:
        """Declared parameters of a notebook."""
        return from_catalog(self.raw, notebook)

    def reports(self) -> tuple[Report, ...]:
        """Every report that can be built, in the order of the catalog; a wrong entry stands in :meth:`wrong`.

        Raises
        ------
        CatalogError, UnknownName, ParameterError
            Where no entry can be built.
        """
        found, errors = self._entries
        if not found and errors:
            raise errors[0]
        return found

    def wrong(self) -> tuple[PlanbriefError, ...]:
        """What is wrong with the entries that cannot be built: one error each."""
        return self._entries[1]

    @cached_property
    def _entries(self) -> tuple[tuple[Report, ...], tuple[PlanbriefError, ...]]:
        entries = self.raw.get("reports")
        if not isinstance(entries, list) or not entries:
            raise CatalogError("reports/catalog.toml", "no [[reports]]", "at least one report")
        found: dict[str, Report] = {}
        errors: list[PlanbriefError] = []
        for number, entry in enumerate(entries, start=1):
            try:
                for report in self._expand(f"reports/catalog.toml: report {number}", entry):
                    if report.id in found:
                        raise CatalogError("reports/catalog.toml", f"the report id {report.id!r} twice", "each id once")
                    found[report.id] = report
            except PlanbriefError as error:
                errors.append(error)
            except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
                # An entry can be wrong in shapes that nobody has thought of; the others are built all the same.
                place, shown = f"reports/catalog.toml: report {number}", repr(entry)[:200]
                errors.append(
                    CatalogError(
                        place, shown, f"an entry that can be built ({type(error).__name__}: {str(error)[:80]})"
                    )
                )
        return tuple(found.values()), tuple(errors)

    def unshown(self) -> tuple[str, ...]:
        """Areas that a document is about and that no report shows: their figures are in the databook alone."""
        reports = self.reports()
        shown = {area for report in reports for area in report.areas}
        if any(not report.areas for report in reports):  # a report about no area named is about every city
            shown |= set(self.cities)
        return tuple(area for area in self.package.regions if area not in shown)

    def _expand(self, place: str, entry: Any) -> list[Report]:
        keys = {"id", "notebook", "about", "parameters", "languages", "formats"}
        if not isinstance(entry, dict) or not {"notebook"} <= entry.keys() <= keys:
            found = ", ".join(sorted(entry)) if isinstance(entry, dict) else repr(entry)
            raise CatalogError(place, found, "notebook; besides id, about, parameters, languages, formats")
        notebook, given = str(entry["notebook"]), entry.get("parameters", {})
        if not isinstance(given, dict):
            raise CatalogError(place, repr(given), "parameters as a table")
        several = [name for name, value in given.items() if isinstance(value, list) or "*" in str(value)]
        identity = str(entry.get("id") or "-".join([notebook, *(f"{{{name}}}" for name in several)]))
        place = f"reports/catalog.toml: report {identity!r}"
        declared = {p.name: p for p in self.parameters(notebook)}
        about = entry["about"] if "about" in entry else self._title(notebook, declared)
        choices = [self._choices(declared.get(name), value) for name, value in given.items()]
        return [
            self.report(
                notebook,
                dict(zip(given, values, strict=True)),
                identity=identity,
                about=self._texts(place, "about", about),
                languages=self._subset(place, "languages", entry, LANGUAGES, tuple(tables())),
                formats=self._subset(place, "formats", entry, FORMATS),
            )
            for values in itertools.product(*choices)
        ]

    def _title(self, notebook: str, declared: Mapping[str, Parameter]) -> dict[str, str]:
        """The title that a notebook gives its page, for an entry without ``about``."""
        places = [name for name, parameter in declared.items() if parameter.type in ("area", "areas")]
        title = title_of(self.project.notebooks / f"{notebook}.ipynb") or (notebook, notebook)
        place = f"{{{places[0]}}}" if places else ""
        return {
            lang: re.sub(r"\{[^{}]*\}", lambda match: place if match[0] == "{place}" else "", text)
            for lang, text in zip(LANGUAGES, title, strict=True)
        }

    def _choices(self, parameter: Parameter | None, value: Any) -> Sequence[Any]:
        pattern = value if isinstance(value, str) and (value == "*" or value.startswith("level:")) else ""
        if parameter is not None and parameter.type == "areas":
            # Side by side stand peers: all cities, or the areas of one level; provinces are the cities' context.
            return [list(self.cities if pattern == "*" else self.regions(pattern))] if pattern else [value]
        if pattern:
            return self.regions(pattern)
        return value if isinstance(value, list) else [value]

    @staticmethod
    def _texts(place: str, name: str, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or set(value) != set(LANGUAGES):
            raise CatalogError(f"{place}: {name}", repr(value), 'text in both languages: { zh = "…", en = "…" }')
        return {lang: str(text) for lang, text in value.items()}

    def _subset(
        self, place: str, name: str, entry: Mapping[str, Any], own: tuple[str, ...], others: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        value, known = entry.get(name, self.raw.get(name, list(own))), (*own, *others)
        if not isinstance(value, list) or not value or not set(value) <= set(known):
            raise CatalogError(f"{place}: {name}", repr(value), "a list of " + ", ".join(known))
        return tuple(item for item in known if item in value)

    def report(
        self,
        notebook: str,
        values: Mapping[str, Any],
        *,
        identity: str,
        about: Mapping[str, str],
        languages: tuple[str, ...] = LANGUAGES,
        formats: tuple[str, ...] = FORMATS,
    ) -> Report:
        """A report with checked parameters; ``{name}`` in id and texts becomes the parameter's value."""
        if "lang" in values:
            raise ParameterError(
                notebook,
                "lang",
                repr(values["lang"]),
                f"--lang {' or --lang '.join(LANGUAGES)}: both are made where none is chosen",
            )
        checked = validate(notebook, self.parameters(notebook), values, self.areas)
        checked.pop("lang", None)
        types = {p.name: p.type for p in self.parameters(notebook)}
        identity = fill(identity, {name: slug(value) for name, value in checked.items()})
        if not REPORT_ID.fullmatch(identity):
            raise CatalogError("reports/catalog.toml", f"the report id {identity!r}", "a-z, 0-9, - and _ (at most 80)")
        areas = [v for name, v in checked.items() if types[name] == "area"]
        areas += [v for name, value in checked.items() if types[name] == "areas" for v in value or ()]
        named = dict.fromkeys((*LANGUAGES, *languages))
        shown = {lang: {n: self._shown(types[n], v, lang) for n, v in checked.items()} for lang in named}
        return Report(
            identity,
            notebook,
            tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in checked.items()),
            tuple((lang, fill(wording(about["zh"], about["en"], lang), shown[lang])) for lang in named),
            languages,
            formats,
            tuple(dict.fromkeys(areas)),
        )

    def _shown(self, kind: str, value: Any, lang: str) -> str:
        if kind == "area" and value:
            return self.area_name(value, lang)
        if kind == "areas" and value:
            return ("、" if lang == "zh" else ", ").join(self.area_name(area, lang) for area in value)
        return "" if value is None else str(value)

    def choose(self, wanted: Sequence[str], changes: Mapping[str, Any]) -> tuple[Report, ...]:
        """The reports named by `wanted` (all if empty), with changed parameters under an id of their own.

        A name may be a report's id or a notebook's, which means all reports of that notebook; with changed parameters
        it means one report, called ``<notebook>-<values>``, that never takes the id of a catalog report with others.
        """
        listed = {report.id: report for report in self.reports()}
        notebooks = self.raw.get("notebooks", {})
        if self.wrong() and any(name not in listed for name in wanted):
            raise self.wrong()[0]  # what was asked for may be what is wrong
        if not wanted and changes:
            raise ParameterError("build", ", ".join(changes), "parameters for every report", "the report they are for")
        chosen: list[Report] = []
        for name in wanted or listed:
            if name in listed and not changes:
                chosen.append(listed[name])
            elif name in listed:
                chosen.append(self._changed(listed[name], changes, listed))
            elif name in notebooks and not changes and (its := [r for r in listed.values() if r.notebook == name]):
                chosen.extend(its)
            elif name in notebooks:
                chosen.append(self._changed(self._bare(name, listed), changes, listed))
            elif named := self._by_area(name, listed):
                chosen += [self._changed(report, changes, listed) for report in named] if changes else named
            else:
                if REPORT_ID.fullmatch(name) and (self.project.notebooks / f"{name}.ipynb").is_file():
                    found = f"no report made of notebooks/{name}.ipynb"
                    entry = f'[[reports]], id = "{name}", notebook = "{name}"'
                    raise CatalogError("reports/catalog.toml", found, f"an entry of three lines: {entry}")
                raise UnknownName("report", name, [*listed, *(n for n in notebooks if n not in listed)])
        return tuple(dict.fromkeys(chosen))

    def _by_area(self, name: str, listed: Mapping[str, Report]) -> list[Report]:
        """Reports by the name of their area: ``巴中`` means all of one city, ``profile-巴中`` one of them."""
        notebook, _, word = name.rpartition("-")
        area = self.package.names("areas").find(word)
        its = [report for report in listed.values() if area and report.areas == (area,)]
        return [report for report in its if report.notebook == notebook] if notebook else its

    def _bare(self, notebook: str, listed: Mapping[str, Report]) -> Report:
        like = next((report for report in listed.values() if report.notebook == notebook), None)
        if like is None:
            return Report(notebook, notebook, (), (("zh", ""), ("en", "")))
        entry = self._entry_of(notebook)
        fixed = {k: v for k, v in like.values.items() if entry.get("parameters", {}).get(k) == v}
        return Report(like.id, notebook, tuple(fixed.items()), like.about, like.languages, like.formats)

    def _entry_of(self, notebook: str) -> dict[str, Any]:
        """The first sound entry of a notebook; empty if there is none."""
        entries = (item for item in self.raw["reports"] if isinstance(item, dict))
        shaped = (item for item in entries if isinstance(item.get("parameters", {}), dict))
        return next((item for item in shaped if item.get("notebook") == notebook), {})

    def _changed(self, report: Report, changes: Mapping[str, Any], listed: Mapping[str, Report]) -> Report:
        about = self._entry_of(report.notebook).get("about") or dict(report.about)
        values = {**report.values, **changes}
        made = self.report(
            report.notebook, values, identity="made", about=about,
            languages=report.languages, formats=report.formats,
        )  # fmt: skip
        for known in listed.values():
            if known.notebook == made.notebook and known.parameters == made.parameters:
                return known
        parts = [slug(value) for name, value in made.parameters if name in changes]
        identity = "-".join([report.notebook, *parts])
        if identity in listed or len(identity) > 60 or not REPORT_ID.fullmatch(identity):
            mark = hashlib.sha256(repr(made.parameters).encode()).hexdigest()[:8]
            identity = f"{identity[:50].rstrip('-')}-{mark}"
        fields = {**made.__dict__, "id": identity}
        return Report(**fields)


def title_of(notebook: Path) -> tuple[str, str] | None:
    """Title in both languages that a notebook's begin() or page() names, None where it names none."""
    try:
        cells = json.loads(notebook.read_bytes().decode("utf-8-sig"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    for source in sources:
        try:
            calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
            named = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "title"]
            for value in named:
                title = ast.literal_eval(value)
                if isinstance(title, tuple) and len(title) == 2 and all(isinstance(text, str) for text in title):
                    return title
        except (SyntaxError, ValueError, RecursionError):
            continue
    return None


def fill(template: str, values: Mapping[str, str]) -> str:
    """`template` with ``{name}`` replaced; nothing else in braces is understood."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise CatalogError("reports/catalog.toml", f"{{{match[1]}}} in {template!r}", "a parameter's name")
        return values[match[1]]

    return re.sub(r"\{([^{}]*)\}", value, template)


def slug(value: Any) -> str:
    """A parameter's value as part of a report id."""
    text = "-".join(value) if isinstance(value, list | tuple) else str(value)
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")


def read(project: Project, package: Package) -> Catalog:
    """The catalog of `project` over the data in `package`."""
    look_in(project.notebooks)
    raw = read_catalog(project.catalog)
    known = {"languages", "formats", "exclude_sources", "feedback", "notebooks", "project", "reports"}
    if unknown := set(raw) - known:
        raise CatalogError("reports/catalog.toml", ", ".join(sorted(unknown)), ", ".join(sorted(known)))
    return Catalog(project, raw, package)


def problems(project: Project, package: Package) -> list[Problem]:
    """What is wrong with the catalog, for ``planbrief check``: each entry, and each notebook that is missing."""
    found: list[Problem] = []
    try:
        catalog = read(project, package)
        for name in catalog.raw.get("notebooks", {}):
            catalog.parameters(name)
            if not (project.notebooks / f"{name}.ipynb").is_file():
                found.append(Problem(f"notebooks/{name}.ipynb", 0, "", "no such file", "the notebook of the catalog"))
        for source in catalog.raw.get("exclude_sources", []):
            if source not in package["sources"].by_key:
                expected = "the name of a folder in data/documents"
                found.append(Problem("reports/catalog.toml", 0, "exclude_sources", repr(source), expected))
        found += map(problem, catalog.wrong())
    except PlanbriefError as error:
        found.append(problem(error))
    return found


def problem(error: PlanbriefError) -> Problem:
    """An error of the catalog as a line of ``planbrief check``."""
    if isinstance(error, CatalogError):
        return Problem(error.place, 0, "", error.found, error.expected)
    return Problem("reports/catalog.toml", 0, "", str(error), "an entry that can be built")
