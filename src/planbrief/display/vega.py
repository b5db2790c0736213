"""Altair's charts as SVG: drawn by a process of its own, which may take the address space that a kernel may not."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from planbrief.display.language import Lang, is_chinese, message
from planbrief.errors import RunError

#: Seconds that a chart may take.
LONGEST = 120


class NotDrawn(RunError):
    """An Altair chart that could not be drawn."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the Altair chart was not drawn: {self.reason}"


def drawing(spec: Mapping[str, Any], **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A Vega-Lite chart as SVG in the packaged face, with words made from its title and what it maps.

    Raises
    ------
    NotDrawn
        Without vl-convert-python, or for a chart that it cannot draw.
    """
    from planbrief.display.style import SANS

    # The caller's own settings stand.
    asked = json.dumps({**spec, "config": {"font": SANS, **spec.get("config", {})}})
    try:
        made = subprocess.run(
            [sys.executable, "-m", __name__], input=asked.encode(), capture_output=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise NotDrawn(f"it took more than {LONGEST} s") from None
    if made.returncode:
        said = made.stderr.decode(errors="replace").strip().splitlines()
        raise NotDrawn(said[-1][:300] if said else f"exit code {made.returncode}")
    words = dict.fromkeys(words_of(spec))
    lang: Lang = "zh" if is_chinese("".join(words)) else "en"
    alt = message("plots.join", lang).join(words) or message("page.image", lang)
    return {"image/svg+xml": made.stdout.decode(), "text/plain": alt}, {"image/svg+xml": {"alt": alt}}


def words_of(part: Any) -> Iterator[str]:
    """Titles, and the names of what is mapped, of a chart and of those that it is made of."""
    if isinstance(part, Mapping):
        title = part.get("title")
        yield from (
            text for text in (title.get("text") if isinstance(title, Mapping) else title,) if isinstance(text, str)
        )
        for channel in part.get("encoding", {}).values():
            if isinstance(channel, Mapping) and isinstance(name := channel.get("title") or channel.get("field"), str):
                yield name
        for name in ("layer", "hconcat", "vconcat", "concat", "spec"):
            yield from words_of(part.get(name))
    elif isinstance(part, list):
        for one in part:
            yield from words_of(one)


def main() -> None:
    """Draw the chart that comes on stdin; data are in it, nothing is fetched."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))  # V8 reserves more than it uses
    try:
        import vl_convert
    except ImportError:
        sys.exit("vl-convert-python is not installed: pip install 'planbrief[altair]'")
    from planbrief.display.style import folder

    vl_convert.register_font_directory(str(folder()))
    svg = vl_convert.vegalite_to_svg(json.load(sys.stdin), allowed_base_urls=[])
    sys.stdout.buffer.write(svg.encode())


if __name__ == "__main__":
    main()
