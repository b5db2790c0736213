"""What stands around a table: the caption and the unit above it, the notes below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from planbrief.reading.canonical import PrintedTable
from planbrief.reading.places import Place, PlaceMap
from planbrief.reading.tables.shapes import plain

_UNIT_LINE = re.compile(r"[（(【]?(?:计量)?单\s*位\s*[:：]\s*([^）)】\n]{1,40})[）)】]?")
_UNIT_IN_CAPTION = re.compile(r"[（(](?:单位[:：])?([^（）()\d]{1,12})[）)]\s*$")
#: Characters of units; a bracket at the end of a caption without one of them says something else (试行, 续).
_UNITLIKE = re.compile(r"[元吨人户个家亩米瓦时辆件台套倍%％‰℃升辆艘次位项]|公里|百分")
_CAPTION = re.compile(r"(?:续?附?表|专栏|Table|附件|图表)\s*[\d一二三四五六七八九十]*", re.I)
_NOTE = re.compile(
    r"[*＊（(\[【]*(?:注|备注|说明|资料来源|数据来源|Notes?\b|Source)[\s】\])）]*[:：\d]|[*＊①②③]\s*\S|[“\"][*＊][”\"]"
)
_REACH = 400
_FURNITURE = " \t\u3000*#\r|｜│┃║"


def framed(text: str, tables: Iterable[PrintedTable]) -> tuple[PrintedTable, ...]:
    """The tables in order of the text, each with its caption, its unit and its notes."""
    ordered = sorted(tables, key=lambda table: table.start)
    made = []
    for number, table in enumerate(ordered):
        floor = max((other.end for other in ordered[:number] if other.end <= table.start), default=0)
        ceiling = ordered[number + 1].start if number + 1 < len(ordered) else len(text)
        caption, unit = _above(text, max(floor, table.start - _REACH), table.start)
        notes = _below(text, table.end, max(table.end, ceiling))
        made.append(replace(table, caption=caption, unit=unit, notes=notes))
    return tuple(made)


def _above(text: str, floor: int, start: int) -> tuple[str, str]:
    """Caption and unit in the last lines above a table."""
    lines = [line.strip(_FURNITURE) for line in text[floor:start].split("\n")]
    said = [line for line in lines if re.search(r"\w", line)][-4:]
    caption = unit = ""
    while said:
        line = said.pop()
        found = _UNIT_LINE.search(line)
        if found and not unit:
            unit = found[1].strip()
            line = (line[: found.start()] + line[found.end() :]).strip(" （）()")
            if not line:
                continue
        if re.fullmatch(r"[（(]?续表?\d*[）)]?|第?\d+页?|[-—]\s*\d+\s*[-—]", line):
            continue
        is_title = len(line) <= 60 and not re.search(r"[。；;：:，,]$", line)
        if _CAPTION.match(line) or is_title:
            caption = line
            if said and not _CAPTION.match(line) and _CAPTION.fullmatch(said[-1]):
                caption = f"{said[-1]} {line}"
        break
    if caption and not unit:
        found = _UNIT_IN_CAPTION.search(caption)
        unit = found[1].strip() if found and _UNITLIKE.search(found[1]) else ""
    return caption, unit


def _below(text: str, end: int, ceiling: int) -> str:
    """The notes that begin in the first line below a table, up to the first line that is none."""
    notes: list[str] = []
    for line in text[end : min(ceiling, end + 4 * _REACH)].split("\n"):
        line = line.strip(" \t\u3000\r|｜│┃║")
        if not re.search(r"\w", line):
            continue
        # 注：1.… 2.…: a number goes on only where the first note began with one.
        numbered = (
            bool(notes) and re.match(r"[^\d]{1,6}1[.、）)]", notes[0]) and re.match(r"[（(]?\d{1,2}[.、）)]", line)
        )
        if not (_NOTE.match(line) or numbered):
            break
        notes.append(line)
    return "\n".join(notes)


def placed(places: PlaceMap, tables: Sequence[PrintedTable], found: set[int]) -> PlaceMap:
    """The places with those of cells set in: ``found`` are the starts of tables that lines of text turned out to make.

    Tables are counted in the order of the text; what stands in ``places`` already about a table counted without those.
    """
    if not found:
        return places
    counted = [number for number, table in enumerate(tables, start=1) if table.start not in found]
    fresh = [(number, table) for number, table in enumerate(tables, start=1) if table.start in found]
    spans = [(table.start, table.end) for _, table in fresh]
    events: list[tuple[int, Place]] = []
    for number, table in fresh:
        for cell in table.cells:
            if cell.end > cell.start:
                around = places.at(cell.start)
                where = Place(around.page, 0, number, cell.row + 1, cell.column + 1, around.sheet, around.part)
                events.append((cell.start, where))
    index = 0
    for start in places.columns["start"]:
        while index < len(spans) and spans[index][1] <= start:
            index += 1
        if index == len(spans) or start < spans[index][0]:
            place = places.at(start)
            events.append((start, replace(place, table=counted[place.table - 1]) if place.table else place))
    made = PlaceMap()
    for start, place in sorted(events, key=lambda event: event[0]):
        made.add(start, place)
    return made


def is_contents(rows: Iterable[tuple[str, ...]]) -> bool:
    """Whether rows of cells are a table of contents: headings, and pages that never fall.

    >>> is_contents([("一、基础", "1"), ("（一）现状", "2"), ("二、要求", "4")])
    True
    >>> is_contents([("产值", "1"), ("面积", "2")])
    False
    """
    pages, headings, count = [], 0, 0
    for row in rows:
        words = [plain(word) for word in row if word.strip()]
        if not words:
            continue
        count += 1
        headings += bool(
            re.match(
                r"[（(]?[一二三四五六七八九十\d]+[）)、.．]|第.{1,3}[章节篇部]|前\s*言|附[件表录]|目\s*录", words[0]
            )
        )
        headings += bool(re.search(r"\.{3,}|…|·{3,}", "".join(words)))
        number = re.search(r"(\d{1,4})$", words[-1])
        if len(words) > 3:
            return False
        pages.append(int(number[1]) if number else -1)
    rising = all(after >= before for before, after in pairwise(pages))
    return count > 1 and headings >= 0.6 * count and rising and pages[0] >= 0
