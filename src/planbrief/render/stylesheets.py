"""Styles that other libraries give their tables: colours, and the rules of their stylesheets."""

from __future__ import annotations

import re
from functools import lru_cache

import tinycss2
from lxml import etree
from tinycss2.color4 import parse_color

from planbrief.display.style import DARK


@lru_cache(maxsize=4096)
def hex_color(text: str, ground: str = "") -> str | None:
    """A CSS colour as six hexadecimal digits, None for anything else (``none``, variables).

    A see-through colour is None, too, or where `ground` is given, what it looks like on that.

    >>> hex_color("#FfF"), hex_color("hsl(0, 100%, 50%)"), hex_color("none")
    ('ffffff', 'ff0000', None)
    >>> hex_color("rgba(255, 0, 0, 0.5)"), hex_color("rgba(255, 0, 0, 0.5)", "ffffff")
    (None, 'ff8080')
    """
    color = parse_color(text.strip().lower())
    if color is None or isinstance(color, str):
        return None
    alpha = min(max(color.alpha, 0.0), 1.0)
    if alpha < 1 and (not ground or alpha == 0):
        return None
    below = [int(ground[place : place + 2], 16) / 255 for place in (0, 2, 4)] if alpha < 1 else [0.0, 0.0, 0.0]
    parts = [alpha * part + (1 - alpha) * under for part, under in zip(color.to("srgb"), below, strict=False)]
    return "".join(f"{round(255 * min(max(part, 0.0), 1.0)):02x}" for part in parts)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _gamma(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def luminance(color: str) -> float:
    """Relative luminance of ``rrggbb`` as WCAG defines it, 0 (black) to 1 (white)."""
    red, green, blue = (_linear(int(color[i : i + 2], 16) / 255) for i in (0, 2, 4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """WCAG contrast ratio of two colours, 1 to 21.

    >>> round(contrast("000000", "ffffff"))
    21
    """
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable_on(background: str) -> str:
    """Near-black or white, whichever is easier to read on a background."""
    return "1a1a1a" if contrast(background, "1a1a1a") >= contrast(background, "ffffff") else "ffffff"


def _oklab(color: str) -> tuple[float, float, float]:
    red, green, blue = (_linear(int(color[i : i + 2], 16) / 255) for i in (0, 2, 4))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_oklab(lightness: float, a: float, b: float) -> str:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "".join(f"{round(_gamma(channel) * 255):02x}" for channel in channels)


def dark_counterpart(color: str) -> str:
    """The colour that plays the same part on a dark page: white becomes the dark ground, ink becomes light.

    >>> dark_counterpart("ffffff"), dark_counterpart("000000") > "c00000"
    ('14181e', True)
    """
    chosen = DARK.get(f"#{color}")
    if chosen:
        return chosen[1:]
    lightness, a, b = _oklab(color)
    chroma = (a * a + b * b) ** 0.5
    if chroma < 0.02:  # greys: turn around
        turned = 0.93 - 0.5 * lightness if lightness < 0.65 else 0.605 - 1.15 * (lightness - 0.65)
    else:  # colours: lift dark ones, lower very light tints
        turned = 0.93 - 0.66 * lightness if lightness > 0.85 else max(0.66, min(0.82, lightness + 0.16))
    return _from_oklab(turned, a * 0.95, b * 0.95)


#: CSS properties that another notebook's HTML may set.
PROPERTIES = frozenset(
    "background background-color color text-align font-weight font-style text-decoration vertical-align white-space "
    "border border-top border-bottom border-left border-right padding padding-left padding-right".split()
)
#: Of a Styler's cells: what changes their looks and is not drawn, so that it is named.
NAMED = frozenset(
    "background background-image filter font-family font-size letter-spacing opacity text-shadow text-transform "
    "transform word-spacing".split()
)
_STYLED = re.compile(r"#T_[^{}:]*\{([^{}]*)\}")
_SAFE_VALUE = re.compile(r"[\w#%.,()\s+-]{1,120}\Z")
_UNSAFE = re.compile(r"url|expression|var|attr|image|calc|env|import", re.IGNORECASE)
_ID_ONLY = re.compile(r"#([\w-]+)\Z")
#: Classes and elements that a selector names, and what it says of states and by exclusion.
_NAMES, _BEHIND_COLON = (
    re.compile(r"\.[\w-]+|(?<![\w\[=\"'.#-])[a-zA-Z][\w-]*"),
    re.compile(r"::?[\w-]+(?:\([^()]*\))?|\[[^\]]*\]"),
)
_GRADIENT = re.compile(r"linear-gradient\(\s*90deg\s*,(.*)\)(?:\s*(?:no-repeat|center))*\Z", re.IGNORECASE | re.DOTALL)
#: The strokes that :mod:`planbrief.render.formulas` draws through what is cancelled.
_STRUCK = re.compile(r"(?:[,\s]*linear-gradient\([\w%., ]{0,60}currentColor [\w%., ]{1,60}\))+\Z")
_STOP = re.compile(r"\s*((?:#\w+|[a-z]+|(?:rgb|hsl)a?\([^()]*\)))((?:\s+-?[\d.]+%){0,2})\s*(?:,|\Z)", re.IGNORECASE)
#: Rules of one style block, and elements that one rule may touch.
_MAX_RULES, _MAX_MATCHES = 20_000, 50_000


def declarations(text: str) -> dict[str, str]:
    """The allowed declarations of a ``style`` attribute or a rule, in order.

    >>> declarations("color: red; position: fixed; background: url(x)")
    {'color': 'red'}
    """
    values: dict[str, str] = {}
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        name, value = name.strip().lower(), value.replace("!important", "").strip()
        if name == "background":
            if (drawn := bar(value)) or _STRUCK.match(value):
                values["background"] = bar_text(drawn) if drawn else value
                continue
            if "gradient" in value:
                continue  # it is no colour
            name = "background-color"
        if name in ("background-color", "color") and "(" in value and hex_color(value, "ffffff"):
            value = f"#{hex_color(value, 'ffffff')}"  # also hsl() and see-through colours
        if (name, value) in (("display", "none"), ("visibility", "hidden"), ("color", "transparent")):
            values["display" if name == "display" else "visibility"] = (
                "none" if name == "display" else "hidden"
            )  # for :func:`planbrief.render.markup.build`, which takes the element away
        if colon and name in PROPERTIES and _SAFE_VALUE.match(value) and not _UNSAFE.search(value):
            values[name] = value
    return values


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
        stop = _STOP.match(rest)
        if not stop:
            return ()
        places = [float(part.rstrip("%")) for part in stop.group(2).split()]
        color = hex_color(stop.group(1), "ffffff") or ""
        for where in places or [100.0 if stop.end() == len(rest) else place]:
            place = min(max(where, place), 100.0)
            stops.append((color, place))
        rest = rest[stop.end() :]
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

    color = hex_color(style.get("color", "")) or ""
    if not color or contrast(color, background) < 4.5:
        style = {**style, "color": f"#{readable_on(background)}"}
    return style


def legible(color: str, ground: str) -> str:
    """The colour itself if it can be read on the ground, else mixed with ink until it can.

    >>> legible("ffff00", "ffffff"), legible("0000cc", "ffffff")
    ('767610', '0000cc')
    """
    ink = readable_on(ground)
    for step in range(11):
        share = step / 10
        mixed = "".join(
            f"{round(int(color[i : i + 2], 16) * (1 - share) + int(ink[i : i + 2], 16) * share):02x}" for i in (0, 2, 4)
        )
        if contrast(mixed, ground) >= 4.6:
            return mixed
    return ink


def to_text(style: dict[str, str]) -> str:
    """Declarations as the text of a ``style`` attribute."""
    return "; ".join(f"{name}: {value}" for name, value in style.items())


def drop(node: etree._Element) -> None:
    """Take an element out of its tree; the text after it stays."""
    parent, tail, previous = node.getparent(), node.tail, node.getprevious()
    if parent is None:
        return
    if tail and previous is not None:
        previous.tail = (previous.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    node.tail = None
    parent.remove(node)


def inline(root: etree._Element) -> list[str]:
    """Apply the style blocks of a tree to its elements and remove the blocks; filter every ``style`` attribute.

    A drawing keeps its styles: it is cleaned as one (:func:`planbrief.render.pictures.clean`).

    Returns
    -------
    list of str
        Properties of a Styler's cells that change their looks and are not drawn.
    """
    rules: list[tuple[str, dict[str, str]]] = []
    drawn = {node for drawing in root.iter("svg") for node in drawing.iter()}
    lost: set[str] = set()
    for block in list(root.iter("style")):
        if block in drawn:
            continue
        for said in _STYLED.findall(block.text or ""):
            for part in () if "hidden" in said else said.split(";"):  # what appears under a pointer is not drawn here
                if (name := part.partition(":")[0].strip().lower()) in NAMED and not declarations(part):
                    lost.add(name)
        rules.extend(_rules(block.text or ""))
        drop(block)
    collected: dict[etree._Element, dict[str, str]] = {}
    if rules:
        ids = {node.get("id"): node for node in root.iter() if isinstance(node.tag, str) and node.get("id")}
        named = {str(node.tag) for node in root.iter()}
        named |= {
            f".{name}" for node in root.iter() if isinstance(node.tag, str) for name in node.get("class", "").split()
        }
        matched = 0
        for selector, style in rules:
            if matched > _MAX_MATCHES:
                break
            if not selector.startswith(("#", ".dataframe")):
                if not named.issuperset(_NAMES.findall(_BEHIND_COLON.sub("", selector))):
                    continue  # most rules of a library's whole sheet
                # It holds for the whole page: here for this output, from which it takes nothing away.
                style = {name: value for name, value in style.items() if name not in ("display", "visibility")}
            for node in _select(root, selector, ids):
                matched += 1
                if matched > _MAX_MATCHES:
                    break
                collected.setdefault(node, {}).update(style)
    for node in root.iter():
        if isinstance(node.tag, str) and node not in drawn and (node in collected or node.get("style") is not None):
            style = {**collected.get(node, {}), **declarations(node.get("style", ""))}
            if style:
                node.set("style", to_text(readable(style)))
            else:
                node.attrib.pop("style", None)
    return sorted(lost)


def _rules(text: str) -> list[tuple[str, dict[str, str]]]:
    rules: list[tuple[str, dict[str, str]]] = []
    for rule in tinycss2.parse_stylesheet(text[:2_000_000], skip_comments=True, skip_whitespace=True)[:_MAX_RULES]:
        if rule.type != "qualified-rule":
            continue
        style = declarations(tinycss2.serialize(rule.content))
        if style:
            rules.extend((part.strip(), style) for part in tinycss2.serialize(rule.prelude).split(","))
    return rules


def _select(root: etree._Element, selector: str, ids: dict[str | None, etree._Element]) -> list[etree._Element]:
    direct = _ID_ONLY.match(selector)
    if direct:
        return [ids[direct.group(1)]] if direct.group(1) in ids else []
    from lxml.cssselect import CSSSelector, SelectorError

    try:
        return [node for node in CSSSelector(selector, translator="html")(root) if isinstance(node.tag, str)]
    except (SelectorError, etree.XPathError):
        return []
