"""Colours: reading CSS colours, and their counterparts on a dark page (lightness turned in OKLab, hue kept)."""

from __future__ import annotations

from functools import lru_cache

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
    found = parse_color(text.strip().lower())
    if found is None or isinstance(found, str):
        return None
    alpha = min(max(found.alpha, 0.0), 1.0)
    if alpha < 1 and (not ground or alpha == 0):
        return None
    below = [int(ground[place : place + 2], 16) / 255 for place in (0, 2, 4)] if alpha < 1 else [0.0, 0.0, 0.0]
    parts = [alpha * part + (1 - alpha) * under for part, under in zip(found.to("srgb"), below, strict=False)]
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
