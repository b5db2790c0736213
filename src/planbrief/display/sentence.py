"""Sentences and key numbers with figures in them, and the names that they are filled with."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from planbrief.display.document import KeyNumber, KeyNumbers, Mark, Run, Runs, Sentence, run_text
from planbrief.display.language import TemplateError, Text, agree, is_bilingual, mark, messages, parse, pick, words
from planbrief.display.outputs import bundle, written
from planbrief.display.quantities import decimal_text, exact, figure_runs, is_figure, rounded
from planbrief.display.state import Page, current, emit
from planbrief.display.table import run_html
from planbrief.errors import PlanbriefError
from planbrief.measures.columns import remembered
from planbrief.targets.names import Label

if TYPE_CHECKING:
    from planbrief.targets import Dataset


#: Levels of areas whose names are proper names; a zone may be called after what it is (Industrial parks of …).
ADMINISTRATIVE = ("country", "province", "prefecture", "district", "county")


@remembered
def place_words(ds: Dataset) -> frozenset[str]:
    """First words of the English names of administrative areas."""
    return frozenset(str(name).split()[0] for name in ds.rows("areas", level=ADMINISTRATIVE)["name_en"])


@remembered
def subject_words(ds: Dataset) -> frozenset[str]:
    """First words of the English names of subjects: they are written as they stand in a sentence."""
    table = ds.package.tables.get("subject_names")
    return frozenset(name.split()[0] for (name,) in table.cells("name_en")) if table else frozenset()


def inside(ds: Dataset, name: Label) -> Label:
    """A name as it stands inside a sentence; proper names and abbreviations (R&D) keep their capital.

    What stands in brackets is treated alike.
    """
    proper, subjects = place_words(ds), subject_words(ds)

    def lowered(match: re.Match[str]) -> str:
        word = match[2]
        kept = word in proper or (match[1] and word in subjects)
        return match[0] if kept or not word[1:2].islower() else match[1] + word[0].lower() + word[1:]

    return Label(name.zh, re.sub(r"(^|\()([^\s(),]+)", lowered, name.en))


@remembered
def common_names(ds: Dataset) -> frozenset[str]:
    """English names of all indicators, industries and tracks, which are common nouns."""
    return frozenset(ds.indicators["name_en"]) | frozenset(ds.activities["name_en"])


def measures_something(ds: Dataset, name: str) -> bool:
    """Whether an English name is an indicator's or an industry's, with or without a detail in brackets."""
    known, _, detail = name.partition(" (")
    return known in common_names(ds) and not re.search(r"\)(, | and )", detail)  # brackets of several names: a list


def within_sentence(ds: Dataset, name: Label, *, opening: bool) -> Label:
    """A name, or names in a row, as an English sentence holds them: common names lose their capital.

    What opens the sentence keeps its own. Names that are no indicator's and no industry's stay as they are.
    """
    if measures_something(ds, name.en):
        return name if opening else inside(ds, name)
    parts, place, said = re.split(r"(, | and )", name.en), 0, ""
    while place < len(parts):  # a name may hold an “and” of its own
        ends = (end for end in range(place + 1, len(parts) + 1, 2) if measures_something(ds, "".join(parts[place:end])))
        end = next(ends, 0)
        if not end:
            return name
        one = "".join(parts[place:end])
        said += one if opening and not place else inside(ds, Label(one, one)).en
        said += "".join(parts[end : end + 1])
        place = end + 1
    return Label(name.zh, said)


def opens_sentence(before: str) -> bool:
    """Whether a name behind these words begins a sentence or a quotation and keeps its capital.

    >>> opens_sentence("Bazhong: "), opens_sentence("It rose. "), opens_sentence("the share of ")
    (True, True, False)
    """
    return not before.strip() or before.rstrip()[-1] in ".?!:“"


#: Names that need an article as the subject of a sentence, and bounds that are verbs.
SINGLE, VERBS = ("Share ", "Ratio ", "Number "), ("超过", "不足", "高于", "低于", "不高于", "不低于")
#: Styles that exporters know.
STYLES = ("paragraph", "lead", "bullet", "callout", "note")


class UnusableValue(PlanbriefError):
    """A value given to a sentence is neither a figure nor a name."""

    text = (
        "{}: value {!r} is {}; a sentence takes a Figure, a Label, text or a whole number (numbers are rounded by "
        "display, so pass the Figure itself)"
    )


class NoWording(PlanbriefError):
    """A finding has no sentence for its rule."""

    text = "{}: no sentence for rule {!r} (worded: {}); None leaves a rule out on purpose"


@dataclass(frozen=True)
class Listed:
    """Several things of one kind as one value of a sentence: 2027年33.3%、2028–2030年年均26.0%.

    Attributes
    ----------
    template : tuple of str
        Chinese and English template of one thing.
    items : tuple of mapping
        Values of each, by the names in the template.
    between, last : tuple of str
        What stands between two things, and before the last one.
    """

    template: tuple[str, str]
    items: tuple[Mapping[str, object], ...]
    between: tuple[str, str] = ("、", ", ")
    last: tuple[str, str] = ("、", " and ")


def listed_runs(value: Listed, page: Page, where: str, *, strong: bool) -> Runs:
    """Runs of a list of things."""
    runs: list[Run] = []
    for number, item in enumerate(value.items):
        agree(value.template, item, where)
        if number:
            runs.append(Run(pick(value.last if number == len(value.items) - 1 else value.between, page.lang)))
        runs.extend(sentence_runs(pick(value.template, page.lang), item, page, where))
    return tuple(replace(run, strong=run.strong or strong) for run in runs)


def value_runs(value: object, page: Page, where: str, name: str, *, strong: bool, loose: bool = False) -> Runs:
    """Runs of one value of a sentence."""
    if is_figure(value):
        figure: Any = value
        runs = figure_runs(figure, page.lang, page.printed(figure), strong=strong)
        page.use(figure.observations)
        shown = runs[0].mark or Mark()
        page.figures[figure.key] = {
            "value": shown.value,
            "unit": shown.unit,
            "measure": shown.measure,
            "observations": list(shown.observations),
        }
        return runs
    if isinstance(value, Listed):
        return listed_runs(value, page, where, strong=strong)
    if isinstance(value, str):
        return mark(value, page.lang, strong=strong)
    if isinstance(value, bool) or value is None:
        raise UnusableValue(where, name, repr(value))
    if isinstance(value, int):
        text = str(value) if 1900 <= value <= 2100 else decimal_text(exact(value), page.lang)
        return mark(text, page.lang, strong=strong)
    if is_bilingual(value):
        return mark(pick(value, page.lang), page.lang, strong=strong)
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return mark(pick(value, page.lang), page.lang, strong=strong)
    if loose and isinstance(value, float) and math.isfinite(value):
        text = decimal_text(rounded(value, 2).normalize() + 0, page.lang)
        return mark(text, page.lang, strong=strong)
    raise UnusableValue(where, name, f"{value!r} ({type(value).__name__})")


def sentence_runs(template: str, values: Mapping[str, object], page: Page, where: str, *, loose: bool = False) -> Runs:
    """Fill a template; literal text is the page's language, values bring their own.

    Inside an English sentence the name of a measure has a small letter: the share of gross output.
    """
    runs: list[Run] = []
    pieces = parse(template, where)
    for place, piece in enumerate(pieces):
        if piece.field:
            value = values[piece.text]
            if page.lang == "en" and page.ds is not None and isinstance(value, Label):
                opening = opens_sentence(run_text(runs))
                value = within_sentence(page.ds, value, opening=opening)
                follows = pieces[place + 1].text if place + 1 < len(pieces) else ""
                if opening and value.en.startswith(SINGLE) and follows.startswith(" "):
                    value = Label(value.zh, f"The {value.en[0].lower()}{value.en[1:]}")
            made = value_runs(value, page, where, piece.text, strong=piece.strong, loose=loose)
            if page.lang == "zh" and runs and runs[-1].text.endswith("为") and made[0].text.startswith(VERBS):
                runs[-1] = replace(runs[-1], text=runs[-1].text[:-1])  # 2025年超过 10 万元, not 为超过
            runs.extend(made)
        else:
            runs.append(Run(piece.text, strong=piece.strong))
    return merged(runs)


def merged(runs: Iterable[Run]) -> Runs:
    """Neighbouring runs of plain text as one."""
    found: list[Run] = []
    for run in runs:
        last = found[-1] if found else None
        if last is not None and last == replace(run, text=last.text) and run.mark is None:
            found[-1] = replace(last, text=last.text + run.text)
        else:
            found.append(run)
    return tuple(found)


def emit_sentence(page: Page, runs: Runs, style: str) -> None:
    """Show runs as a sentence."""
    block = written(Sentence(page.identify("s"), page.lang, style, runs))
    text, markup = run_text(runs), run_html(runs, page.lang)
    if style == "bullet":
        emit(bundle(block, f"• {text}", f'<ul lang="{page.lang}"><li>{markup}</li></ul>'))
    else:
        emit(bundle(block, text, f'<p lang="{page.lang}" class="pb-{style}">{markup}</p>'))


def _style(style: str, where: str) -> str:
    if style not in STYLES:
        from planbrief.errors import UnknownName

        raise UnknownName(f"style of {where}", style, STYLES)
    return style


def say(zh: str, en: str, style: str = "paragraph", **values: object) -> None:
    """Show a sentence whose numbers are figures.

    Parameters
    ----------
    zh, en : str
        Templates with ``{name}`` for values and ``**…**`` for emphasis. Both use the same names.
    style : {"paragraph", "lead", "bullet", "callout", "note"}
        How the page sets the sentence.
    **values
        Figures, Labels, text, lists (:class:`Listed`), or whole numbers (1900–2100 are taken for years). Each must
        be used.

    Raises
    ------
    TemplateError
        A template names a value that is not given, or leaves one out.
    UnusableValue
        A value is a bare float, None or something else that has no wording.

    Examples
    --------
    >>> import planbrief as pb
    >>> from planbrief.project import packaged
    >>> page = pb.begin("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
    Fuling...
    >>> pb.say(zh="到{value}。", en="To {value}.", value=pb.load(sample=True).figure("bazhong-plan-2024-05169"))
    To 75 billion yuan (750 亿元).
    """
    page = current("say()")
    page.counts["say"] += 1
    where = f"{page.notebook}, say() number {page.counts['say']}"
    _style(style, where)
    agree((zh, en), values, where)
    emit_sentence(page, sentence_runs(pick((zh, en), page.lang), values, page, where), style)


def tell(
    findings: Iterable[Any],
    wording: Mapping[str, tuple[str, str] | None] | None = None,
    limit: int | None = None,
    style: str = "bullet",
) -> None:
    """Show headlines or findings, one sentence each, in the order given.

    Parameters
    ----------
    findings : iterable of Headline or Finding
        What rules in measures found worth saying.
    wording : mapping, optional
        Rule → (Chinese template, English template); None leaves a rule out on purpose. Without it, findings are
        worded by their message key.
    limit : int, optional
        At most so many sentences.

    Raises
    ------
    NoWording
        A rule has no template: a new kind of finding must not vanish silently.

    Examples
    --------
    >>> import planbrief as pb
    >>> from planbrief.project import packaged
    >>> page = pb.begin("profile", region="fuling", lang="en", project=packaged().root)  # doctest: +ELLIPSIS
    Fuling...
    >>> from planbrief.measures.audit import audit
    >>> pb.tell(audit(page.ds, "bazhong"), limit=1)  # doctest: +ELLIPSIS
    • ...
    """
    page = current("tell()")
    page.counts["tell"] += 1
    where = f"{page.notebook}, tell() number {page.counts['tell']}"
    _style(style, where)
    shown = 0
    for finding in findings:
        if limit is not None and shown >= limit:
            break
        pair = templates_for(finding, wording, where)
        if pair is None:
            continue
        values = values_of(finding)
        place = f"{where}, rule {finding.rule!r}"
        agree(pair, values, place, all_used=False)
        runs = sentence_runs(pick(pair, page.lang), values, page, place, loose=True)
        page.use(getattr(finding, "observations", ()))
        emit_sentence(page, runs, style)
        shown += 1


def templates_for(
    finding: Any, wording: Mapping[str, tuple[str, str] | None] | None, where: str
) -> tuple[str, str] | None:
    """The two templates of a finding: from the notebook, else from the messages (of an insight, a finding)."""
    if wording is not None and finding.rule in wording:
        return wording[finding.rule]
    key = getattr(finding, "message", "")
    if key:
        pair = tuple(messages(lang).get(key) for lang in ("zh", "en"))
        if pair[0] and pair[1]:
            return pair[0], pair[1]
    raise NoWording(where, finding.rule, ", ".join(wording or ()) or "none")


def values_of(finding: Any) -> dict[str, object]:
    """Named values that a template may use: a headline's figures, a finding's numbers."""
    found: dict[str, object] = dict(getattr(finding, "figures", None) or getattr(finding, "numbers", None) or {})
    return found


__all__ = ["Listed", "NoWording", "TemplateError", "UnusableValue", "say", "sentence_runs", "tell"]


def numbers_block(numbers: KeyNumbers[Text], page: Page) -> KeyNumbers[Runs]:
    """Key numbers in the words of a page; their observations count as shown on it."""
    items: list[KeyNumber[Runs]] = []
    for number in numbers.items:
        where = f"{page.notebook}, key number {pick(number.label, 'en')!r}"
        agree(number.note, number.values, where)
        items.append(
            KeyNumber(
                words(number.label, page.lang),
                value_runs(number.value, page, where, "value", strong=False),
                sentence_runs(pick(number.note, page.lang), number.values, page, where),
                points=[(float(one.year[:4]), one.value) for one in number.points if one.year[:4].isdigit()],
            )
        )
    return KeyNumbers(tuple(items), page.identify("numbers"), page.lang)


def numbers_text(block: KeyNumbers[Runs]) -> str:
    """Key numbers as lines of text."""
    return "\n".join(f"{run_text(item.label)}: {run_text(item.value)} ({run_text(item.note)})" for item in block.items)


def numbers_html(block: KeyNumbers[Runs]) -> str:
    """Key numbers as a list for JupyterLab."""
    items = "".join(
        f"<dt>{html.escape(run_text(item.label))}</dt><dd><strong>{run_html(item.value, block.lang)}</strong> "
        f"{run_html(item.note, block.lang)}</dd>"
        for item in block.items
    )
    return f'<dl lang="{block.lang}">{items}</dl>'
