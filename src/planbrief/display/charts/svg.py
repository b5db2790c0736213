"""SVG made small and safe to put into a page: short numbers, compact glyphs, no ids or styles that leak."""

from __future__ import annotations

import re

from planbrief.display.style import PAPER

_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_GLYPH = re.compile(r'<path id="([^"]+)" d="([^"]*)" transform="scale\(0\.015625\)"/>')
#: Marks a text that gets a margin of paper around its letters.
HALO = "halo"
HALO_POINTS = 2.6
_HALO = re.compile(rf'<g id="{HALO}">\s*(.*?)</g>\s*</g>', re.DOTALL)
_LINE = re.compile(r'<g style="[^"]*" transform="([^"]*scale\(([\d.]+)[^"]*)">(.*?)</g>', re.DOTALL)
_STEP = re.compile(r"([MLQCz])([^MLQCz]*)")
#: matplotlib writes glyphs in 6400ths of an em; 640ths are still a hundredth of a point at text size.
_COARSER = 10


def _short(match: re.Match[str]) -> str:
    value = float(match.group())
    text = f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def compact_path(data: str) -> str:
    """A glyph's outline in whole, relative numbers.

    >>> compact_path("M 282 0 L 3232 0 L 3232 506 z")
    'M28 0l295 0l0 51z'
    """
    parts: list[str] = []
    x = y = 0
    for command, numbers in _STEP.findall(data):
        if command == "z":
            parts.append("z")
            continue
        values = [round(float(number) / _COARSER) for number in numbers.split()]
        if command == "M":
            x, y = values
            parts.append(f"M{x} {y}")
            continue
        relative = [value - (x if index % 2 == 0 else y) for index, value in enumerate(values)]
        x, y = values[-2:]
        parts.append(command.lower() + " ".join(str(value) for value in relative).replace(" -", "-"))
    return "".join(parts)


def _haloed(match: re.Match[str]) -> str:
    behind = []
    for transform, scale, content in _LINE.findall(match[1] + "</g>"):
        uses = "".join(re.findall(r"<use [^>]*/>", content))
        width = round(HALO_POINTS / float(scale) / 0.15625)
        behind.append(
            f'<g style="fill: {PAPER}; stroke: {PAPER}; stroke-width: {width}; stroke-linejoin: round" '
            f'transform="{transform}">{uses}</g>'
        )
    return f"<g>{''.join(behind)}{match[1]}</g></g>"


def _glyph(match: re.Match[str]) -> str:
    return f'<path id="{match[1]}" d="{compact_path(match[2])}" transform="scale(.15625)"/>'


def tidy(svg: str) -> str:
    """matplotlib's SVG without prologue, metadata, style sheet and unused ids, and with short numbers."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    svg = _HALO.sub(_haloed, svg)
    svg = _GLYPH.sub(_glyph, svg)
    svg = svg.replace("NotoSansSC-Regular-", "g")
    svg = _LONG_NUMBER.sub(_short, svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"\s*\n\s*", "\n", svg)
    return re.sub(r" ?\n(?=[LCQMz\"])", " ", svg)
