"""Where the numbers on a page come from: cards of documents and observations, citation, address for corrections."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from planbrief.display.document import BlockJson
from planbrief.display.language import Lang, is_chinese, message, term
from planbrief.display.periods import date_text, period_text
from planbrief.display.state import Page, reads_of
from planbrief.targets.store import digest


def newest(page: Page, sources: Iterable[str]) -> str:
    """Date of the newest of some documents (ISO), empty if none has a date."""
    if page.ds is None:
        return ""
    return max((page.ds.row("sources", source)["date_published"] for source in sources), default="")


def document_card(page: Page, source: str) -> dict[str, Any]:
    """What a reader needs to find a document again; the original title stands beside a translated one."""
    if page.ds is None:
        return {"source_id": source, "title": source, "title_lang": page.lang}
    row = page.ds.row("sources", source)
    title = row[f"title_{page.lang}"] or row["title_zh"]
    card: dict[str, Any] = {
        "source_id": source,
        "title": title,
        "title_lang": "zh" if is_chinese(title) else "en",
        "title_original": row["title_zh"],
        "date_text": date_text(row["date_published"], page.lang),
    }
    for name in ("producer", "doc_number", "doc_type", "date_published", "url", "disclosure", "sha256"):
        card[name] = row.get(name, "")
    if not row.get("file_name", "?"):
        card["disclosure"] = message("sources.typed", page.lang)
    return card


def _name(page: Page, table: str, key: str) -> str:
    return page.ds.name(table, key, page.lang) if page.ds is not None and key else ""


def observation_card(page: Page, obs_id: str) -> dict[str, Any]:
    """One observation in the words of the page, and as printed."""
    row, lang = page.raw(obs_id), page.lang
    card: dict[str, Any] = {
        "source_id": row.get("source_id", ""),
        "locator": row.get("locator", ""),
        "value_text": row.get("value_text", ""),
        "value": row.get("obs_value", ""),
        "unit": row.get("unit_measure", ""),
        "period": period_text(row.get("time_period", ""), lang),
        "area": _name(page, "areas", row.get("ref_area", "")),
        "indicator": _name(page, "indicators", row.get("indicator", "")),
        "kind": term("kind", row.get("kind", ""), lang),
        "comment": row.get("comment_obs", ""),
    }
    if upper := row.get("upper_value"):
        card["upper_value"] = upper
    if activity := row.get("activity"):
        card["activity"] = _name(page, "activities", activity)
    if subject := row.get("subject"):
        card["subject"] = subject
    comparator = row.get("comparator", "eq")
    if comparator not in ("", "eq"):
        card["comparator"] = term("comparator", comparator, lang)
    for name in ("transformation", "price_base"):
        if (code := row.get(name)) and code != "level":
            card[name] = term(name, code, lang)
    return card


def citation(lang: Lang, title: str, date: str, project: str, data: str) -> str:
    """How to cite a page: title, date, and which project's data in which state."""
    return message("sources.citation", lang, title=title, date=date_text(date, lang), project=project, data=data)


def data_mark(page: Page) -> str:
    """Twelve hexadecimal digits that stand for all data that the page read: the same data, the same mark."""
    if page.ds is None:
        return "0" * 12
    found = hashlib.sha256()
    for read in page.ds.reads:
        found.update(f"{json.dumps(read, sort_keys=True)} {digest(page.ds.package, read)}\n".encode())
    return found.hexdigest()[:12]


def sources_block(page: Page) -> BlockJson:
    """The block that closes a page: documents, observation cards, citation, address for corrections, reads."""
    observations = [obs_id for obs_id in page.observations if page.raw(obs_id)]
    cards = {obs_id: observation_card(page, obs_id) for obs_id in observations}
    for card in cards.values():
        page.sources.setdefault(card["source_id"])
    documents = [document_card(page, source) for source in sorted(page.sources)]
    aside = {one: observation_card(page, one) for one in page.aside if one not in cards and page.raw(one)}
    behind = sorted({card["source_id"] for card in aside.values()} - set(page.sources))
    data_as_of = newest(page, page.sources) or page.data_as_of
    block: BlockJson = {
        "block": "sources",
        "lang": page.lang,
        "id": "sources",
        "title": message("sources.heading", page.lang),
        "documents": documents,
        "observations": cards,
        "citation": citation(page.lang, page.title, data_as_of, page.project, data_mark(page)),
        "feedback": page.feedback or message("sources.feedback", page.lang),
        "data_as_of": data_as_of,
        "figures": page.figures,
        "reads": reads_of(page),
    }
    if aside:
        block |= {"aside": aside, "aside_documents": [document_card(page, source) for source in behind]}
    return block
