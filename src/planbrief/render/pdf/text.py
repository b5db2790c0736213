"""User text in Typst, and how its author styled it: always a string literal in code position, never markup.

That one rule makes hostile text inert: inside a string nothing is special but the backslash and the double quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from planbrief.render.safe_text import visible
from planbrief.render.stylesheets import Bar, declarations, hex_color, legible
from planbrief.render.table_layout import spaced, spans

_ALLOWED_LINK = re.compile(r"(?:https?|mailto):[^\s\x00-\x1f]+\Z", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r]+")
#: Characters of a Latin word or address after which a line may break; the longest stretch without a break.
_BREAK_AFTER = re.compile(r"(?<=[/\\_.,:;=&?#%+|)}\]-])(?=[^\s])")
_LONG_TOKEN = re.compile(r"[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]{24,}")


def literal(text: str) -> str:
    """A Typst string literal that holds exactly this text.

    >>> literal('#panic("x") \\\\')
    '"#panic(\\\\"x\\\\") \\\\\\\\"'
    """
    text = visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{text}"'


def collapsed(text: str) -> str:
    """White space as HTML shows it: runs of it are one space; a line break between Chinese characters is none."""
    text = re.sub(
        r"(?<=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])[ \t]*\n[ \t]*(?=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef])",
        "",
        text,
    )
    return _SPACE.sub(" ", text)


#: The quarter em between Chinese and Latin, which vanishes at the end of a line.
_QUARTER = "h(0.25em, weak: true)"


def boxed(code: str, text: str, start: int, end: int) -> list[str]:
    """Code of the stretch ``text[start:end]`` as a box, with the space that belongs at its edges."""
    before, after = spaced(text, start, end)
    # The end of a box counts as the end of a line, where a full-width mark gives up a quarter em.
    after = after or (text[end - 1] in "；：" and end < len(text))
    return [_QUARTER] * before + [f"box({code})"] + [_QUARTER] * after


def prose(text: str) -> list[str]:
    """Running text as pieces of code: numbers keep to their units (:mod:`planbrief.render.table_layout`).

    >>> prose("about 5 million")
    ['"about "', 'box("5 million")']
    """
    pieces, last = [], 0
    for start, end in spans(text):
        pieces += [breakable(text[last:start])] * (start > last)
        pieces += boxed(literal(text[start:end]), text, start, end)
        last = end
    return [*pieces, *([breakable(text[last:])] * (last < len(text)))]


def breakable(text: str, longest: int = 24) -> str:
    """Typst code of a text in which long words may break, at empty boxes, which leave no trace in copied text.

    >>> breakable("short text")
    '"short text"'
    """
    if not _LONG_TOKEN.search(text):
        return literal(text)
    pieces: list[str] = []
    last = 0
    for match in _LONG_TOKEN.finditer(text):
        if match.start() > last:
            pieces.append(text[last : match.start()])
        token = match.group()
        while token:
            cut = _BREAK_AFTER.search(token, min(6, len(token)), min(longest, len(token)))
            end = cut.start() if cut else min(longest // 2, len(token))
            pieces.append(token[:end])
            token = token[end:]
        last = match.end()
    if last < len(text):
        pieces.append(text[last:])
    code = "; box(); ".join(literal(piece) for piece in pieces)
    return "{" + code + "}"


def allowed_link(address: str) -> str | None:
    """The address if a page may link to it (http, https, mailto), else None.

    >>> allowed_link("javascript:alert(1)") is None
    True
    """
    address = visible(address).strip()
    return address if _ALLOWED_LINK.match(address) and len(address) < 2000 else None


def content(*codes: str) -> str:
    """Join pieces of Typst code to one content block."""
    kept = [code for code in codes if code]
    return "{" + "; ".join(kept) + "}" if kept else "[]"


#: Weights that are bold.
HEAVY = ("bold", "bolder", "600", "700", "800", "900")


def bar_fill(drawn: Bar, ground: str) -> str:
    """A bar behind a cell's text, to scale: a gradient whose colours change at once."""
    stops, place = [], 0.0
    for color, begin, end in drawn:
        stops += [(ground, place), (ground, begin)] if begin > place else []
        stops += [(color, begin), (color, end)]
        place = end
    stops += [(ground, place), (ground, 100.0)] if place < 100 else []
    if stops[0][1] > 0:
        stops.insert(0, (stops[0][0], 0.0))
    return f"gradient.linear({', '.join(f'(rgb({literal(chr(35) + color)}), {at:g}%)' for color, at in stops)})"


def ground_of(node: etree._Element) -> str:
    """The colour on which an element stands: its own or that of what it stands in, else white."""
    around = (declarations(up.get("style", "")).get("background-color", "") for up in (node, *node.iterancestors()))
    return next((found for ground in around if (found := hex_color(ground))), "ffffff")


def framed(codes: list[str], style: Mapping[str, str], ground: str) -> list[str]:
    """Blocks in the colours, on the ground and within the borders that a style gives them."""
    inner, options = content(*codes), []
    if not codes or not style.keys() - {"vertical-align", "white-space", "padding"}:
        return codes
    if color := hex_color(style.get("color", "")):
        inner = f'text(fill: rgb("#{legible(color, ground)}"), {inner})'
    if style.get("font-weight") in HEAVY:
        inner = f"strong({inner})"
    if style.get("font-style") == "italic":
        inner = f"emph({inner})"
    if style.get("text-align") in ("center", "right"):
        inner = f"align({style['text-align']}, {inner})"
    if own := hex_color(style.get("background-color", "")):
        options.append(f'fill: rgb("#{own}")')
    if stroke := borders(style):
        options.append(f"stroke: ({stroke})")
    return [f"block(width: 100%, inset: 2mm, {', '.join(options)}, {inner})"] if options else [inner]


def styled(text: str, style: Mapping[str, str], ground: str = "ffffff") -> str:
    """Text in the colour and the emphasis that a style gives it; no packaged face is italic, so it is slanted."""
    if color := hex_color(style.get("color", "")):
        color = color if "background-color" in style or "background" in style else legible(color, ground)
        text = f'text(fill: rgb("#{color}"), {text})'
    if style.get("font-style") in ("italic", "oblique"):
        text = f"box(skew(ax: -12deg, reflow: false, {text}))"
    for word, wrapped in (("underline", "underline"), ("line-through", "strike")):
        if word in style.get("text-decoration", ""):
            text = f"{wrapped}({text})"
    return text


_WIDTHS = {"thin": 0.6, "medium": 1.2, "thick": 2.4}
_BORDER = re.compile(r"(?:([\d.]+)(px|pt|em)|thin|medium|thick)(?![\w.])")


def borders(style: Mapping[str, str]) -> str:
    """Borders of a cell as the sides of a Typst stroke; empty where it has none."""
    sides = []
    for side in ("top", "right", "bottom", "left"):
        said = style.get(f"border-{side}") or style.get("border", "")
        if not re.search(r"\b(solid|dashed|dotted|double)\b", said):
            continue
        paint, points = re.sub(r"\b(solid|dashed|dotted|double)\b", " ", said), 1.2
        if width := _BORDER.search(said):
            points = _WIDTHS.get(width[0]) or float(width[1]) * {"px": 0.75, "pt": 1.0, "em": 8.0}[width[2]]
            paint = paint.replace(width[0], " ", 1)
        color = hex_color(paint, "ffffff") or "1a1a1a"
        dash = ', dash: "dashed"' if "dashed" in said else ', dash: "dotted"' if "dotted" in said else ""
        sides.append(f'{side}: (paint: rgb("#{color}"), thickness: {min(points, 6):g}pt{dash})')
    return ", ".join(sides) + "," if sides else ""


def painted(node: etree._Element, style: str) -> Iterator[tuple[str, str]]:
    """Text of a listing with the colours and the weight that its author gave it."""
    said = declarations(node.get("style", ""))
    if color := hex_color(said.get("color", "")):
        style = f'text(fill: rgb("#{legible(color, "ffffff")}")'
    if said.get("font-weight") == "bold":
        style = f"{style or 'text('}{', ' * bool(style)}weight: 700"
    yield node.text or "", style
    for child in node:
        if isinstance(child.tag, str):
            yield from painted(child, style)
            yield child.tail or "", style
