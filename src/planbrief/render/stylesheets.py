"""Style sheets of other people's HTML: a whitelist of properties, moved from ``<style>`` blocks onto the elements
they meant.

A pandas Styler writes its colours into a style block with ids; sanitising would lose them. Here every rule is applied
to its elements as an inline style, restricted to colour, weight and alignment, and the block is dropped.
"""

from __future__ import annotations

import re

import tinycss2
from lxml import etree

from planbrief.render.colors import hex_color, readable_on

#: CSS properties that another notebook's HTML may set.
PROPERTIES = frozenset(
    "background background-color color text-align font-weight font-style text-decoration vertical-align white-space "
    "border border-top border-bottom border-left border-right".split()
)
_SAFE_VALUE = re.compile(r"[\w#%.,()\s+-]{1,120}\Z")
_UNSAFE = re.compile(r"url|expression|var|attr|image|calc|env|import", re.IGNORECASE)
_ID_ONLY = re.compile(r"#([\w-]+)\Z")
_GRADIENT = re.compile(r"linear-gradient\(\s*90deg\s*,(.*)\)\Z", re.IGNORECASE | re.DOTALL)
_STOP = re.compile(r"\s*((?:#\w+|[a-z]+|(?:rgb|hsl)a?\([^()]*\)))((?:\s+-?[\d.]+%){0,2})\s*(?:,|\Z)", re.IGNORECASE)
#: Rules of one style block, and elements that one rule may touch.
_MAX_RULES, _MAX_MATCHES = 20_000, 50_000


def declarations(text: str) -> dict[str, str]:
    """The allowed declarations of a ``style`` attribute or a rule, in order.

    >>> declarations("color: red; position: fixed; background: url(x)")
    {'color': 'red'}
    """
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        name, value = name.strip().lower(), value.replace("!important", "").strip()
        if name == "background":
            if drawn := bar(value):
                found["background"] = bar_text(drawn)
                continue
            name = "background-color"
        if name in ("background-color", "color") and "(" in value and hex_color(value, "ffffff"):
            value = f"#{hex_color(value, 'ffffff')}"  # also hsl() and see-through colours
        if colon and name in PROPERTIES and _SAFE_VALUE.match(value) and not _UNSAFE.search(value):
            found[name] = value
    return found


#: Stretches of a bar: colour, and where it begins and ends, in percent of the cell's width.
Bar = tuple[tuple[str, float, float], ...]


def bar(value: str) -> Bar:
    """The coloured stretches of a Styler's bar (a gradient of hard stops from left to right); empty for anything else.

    >>> bar("linear-gradient(90deg, transparent 50%, #5fba7d 50%, #5fba7d 62.5%, transparent 62.5%)")
    (('5fba7d', 50.0, 62.5),)
    >>> bar("linear-gradient(90deg, #d65f5f 40%, transparent 40%)")
    (('d65f5f', 0.0, 40.0),)
    """
    gradient = _GRADIENT.match(value.strip())
    if not gradient:
        return ()
    stops: list[tuple[str, float]] = []
    rest, place = gradient.group(1), 0.0
    while rest:
        found = _STOP.match(rest)
        if not found:
            return ()
        places = [float(part.rstrip("%")) for part in found.group(2).split()]
        color = hex_color(found.group(1), "ffffff") or ""
        for where in places or [100.0 if found.end() == len(rest) else place]:
            place = min(max(where, place), 100.0)
            stops.append((color, place))
        rest = rest[found.end() :]
    stretches, begin = [], 0.0
    for number, (color, end) in enumerate(stops):
        following = stops[number + 1][0] if number + 1 < len(stops) else color
        if color and (begin if number else 0.0) < end and (not number or stops[number - 1][0] == color):
            stretches.append((color, begin, end))
        if color and color == following and number + 1 == len(stops) and end < 100:
            stretches.append((color, end, 100.0))
        begin = end
    return tuple(stretches)


def bar_text(drawn: Bar) -> str:
    """A bar as CSS again, in a form of our own."""
    parts, place = [], 0.0
    for color, begin, end in drawn:
        parts += [f"transparent {place:g}%", f"transparent {begin:g}%"] if begin > place else []
        parts += [f"#{color} {begin:g}%", f"#{color} {end:g}%"]
        place = end
    parts += [f"transparent {place:g}%"] if place < 100 else []
    return f"linear-gradient(90deg,{','.join(parts)})"


def readable(style: dict[str, str]) -> dict[str, str]:
    """A background always comes with a colour that can be read on it, in light and dark alike."""
    background = hex_color(style.get("background-color", ""))
    if background is None:
        if hex_color(style.get("color", "")) in ("000000", "ffffff"):
            return {name: value for name, value in style.items() if name != "color"}
        return style
    from planbrief.render.colors import contrast

    color = hex_color(style.get("color", "")) or ""
    if not color or contrast(color, background) < 4.5:
        style = {**style, "color": f"#{readable_on(background)}"}
    return style


def to_text(style: dict[str, str]) -> str:
    """Declarations as the text of a ``style`` attribute."""
    return "; ".join(f"{name}: {value}" for name, value in style.items())


def inline(root: etree._Element) -> None:
    """Apply the style blocks of a tree to its elements and remove the blocks; filter every ``style`` attribute."""
    rules: list[tuple[str, dict[str, str]]] = []
    for block in list(root.iter("style")):
        rules.extend(_rules(block.text or ""))
        parent = block.getparent()
        if parent is not None:
            block.text = None
            tail, previous = block.tail, block.getprevious()
            if tail:
                if previous is not None:
                    previous.tail = (previous.tail or "") + tail
                else:
                    parent.text = (parent.text or "") + tail
            parent.remove(block)
    collected: dict[etree._Element, dict[str, str]] = {}
    if rules:
        ids = {node.get("id"): node for node in root.iter() if isinstance(node.tag, str) and node.get("id")}
        matched = 0
        for selector, style in rules:
            for node in _select(root, selector, ids):
                matched += 1
                if matched > _MAX_MATCHES:
                    break
                collected.setdefault(node, {}).update(style)
    for node in root.iter():
        if isinstance(node.tag, str) and (node in collected or node.get("style") is not None):
            style = {**collected.get(node, {}), **declarations(node.get("style", ""))}
            if style:
                node.set("style", to_text(readable(style)))
            else:
                node.attrib.pop("style", None)


def _rules(text: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    for rule in tinycss2.parse_stylesheet(text[:2_000_000], skip_comments=True, skip_whitespace=True)[:_MAX_RULES]:
        if rule.type != "qualified-rule":
            continue
        style = declarations(tinycss2.serialize(rule.content))
        if style:
            found.extend((part.strip(), style) for part in tinycss2.serialize(rule.prelude).split(","))
    return found


def _select(root: etree._Element, selector: str, ids: dict[str | None, etree._Element]) -> list[etree._Element]:
    direct = _ID_ONLY.match(selector)
    if direct:
        return [ids[direct.group(1)]] if direct.group(1) in ids else []
    if not selector.startswith("#") and not selector.startswith(".dataframe"):
        return []  # rules for the whole page are not this output's business
    from cssselect import HTMLTranslator, SelectorError

    try:
        path = HTMLTranslator().css_to_xpath(selector, prefix="descendant-or-self::")
        return [node for node in root.xpath(path) if isinstance(node.tag, str)]
    except (SelectorError, etree.XPathError):
        return []
