"""Footnotes of all Markdown cells, numbered through the document, collected at its end or at the foot of their page."""

from __future__ import annotations

from lxml import etree

from planbrief.reports.document import Document, TreePart


def collect(document: Document) -> None:
    """Move the footnotes of every cell to ``document.footnotes`` and number them through; changes the document."""
    for part in document.parts:
        if not isinstance(part, TreePart) or part.output:
            continue
        items: dict[str, etree._Element] = {}
        for section in [node for node in part.root.iter("section") if node.get("class") == "footnotes"]:
            for item in section.iter("li"):
                items[item.get("id", "")] = item
            _drop(section)
        for rule in [node for node in part.root.iter("hr") if node.get("class") == "footnotes-sep"]:
            _drop(rule)
        for mark in [node for node in part.root.iter("sup") if node.get("class") == "footnote-ref" and len(node)]:
            name = mark[0].get("href", "")[1:]
            item = items.get(name)
            if item is None:
                _drop(mark)
                continue
            if name not in document.footnotes:
                item.tag = "li"
                document.footnotes[name] = item
            mark[0].text = str(list(document.footnotes).index(name) + 1)


def _drop(node: etree._Element) -> None:
    parent = node.getparent()
    if parent is None:
        return
    tail, previous = node.tail, node.getprevious()
    if tail and tail.strip():
        if previous is not None:
            previous.tail = (previous.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
    node.tail = None
    parent.remove(node)
