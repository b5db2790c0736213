"""Colours: reading CSS colours, and their counterparts on a dark page (lightness turned in OKLab, hue kept)."""

from __future__ import annotations

import re

from planbrief.display.style import DARK

_HEX = re.compile(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\Z")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*(?:[,/]\s*([0-9.]+%?)\s*)?\)\Z")
#: CSS names that pandas Stylers and drawings use most; others are taken as they are.
NAMED = {
    "black": "000000", "white": "ffffff", "red": "ff0000", "green": "008000", "blue": "0000ff",
    "yellow": "ffff00", "orange": "ffa500", "gray": "808080", "grey": "808080", "lightgreen": "90ee90",
    "lightblue": "add8e6", "pink": "ffc0cb", "lightgray": "d3d3d3", "lightgrey": "d3d3d3", "darkgreen": "006400",
    "darkblue": "00008b", "darkred": "8b0000", "navy": "000080", "teal": "008080", "purple": "800080",
    "brown": "a52a2a", "cyan": "00ffff", "magenta": "ff00ff", "silver": "c0c0c0", "gold": "ffd700",
    "crimson": "dc143c", "salmon": "fa8072", "khaki": "f0e68c", "lavender": "e6e6fa", "lightyellow": "ffffe0",
    "lightcoral": "f08080", "steelblue": "4682b4", "tomato": "ff6347", "coral": "ff7f50", "lime": "00ff00",
    "olive": "808000", "maroon": "800000", "indigo": "4b0082", "violet": "ee82ee", "darkorange": "ff8c00",
    "lightpink": "ffb6c1", "lightskyblue": "87cefa", "skyblue": "87ceeb", "aqua": "00ffff", "beige": "f5f5dc",
    "darkgray": "a9a9a9", "dimgray": "696969", "whitesmoke": "f5f5f5", "palegreen": "98fb98", "seagreen": "2e8b57",
}  # fmt: skip


def hex_color(text: str) -> str | None:
    """A CSS colour as six hexadecimal digits, None for anything else (``none``, variables, see-through colours).

    >>> hex_color("#FfF"), hex_color("rgb(255, 0, 0)"), hex_color("none")
    ('ffffff', 'ff0000', None)
    """
    text = text.strip().lower()
    match = _HEX.match(text)
    if match:
        digits = match.group(1)
        return digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    match = _RGB.match(text)
    if match and match.group(4) in (None, "1", "1.0", "100%"):
        return "".join(f"{min(255, int(part)):02x}" for part in match.groups()[:3])
    return NAMED.get(text)


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
