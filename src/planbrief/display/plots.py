"""Plain figures of matplotlib and Altair: as SVG, once, with the packaged Chinese faces and an alternative text.

Analysts write ``plt.plot`` and ``plt.show``, pandas' ``.plot``, seaborn. Whoever runs the notebook (planbrief,
papermill, JupyterLab), pyplot is prepared as soon as it is imported: what IPython's inline backend would show as PNG,
with empty boxes for Chinese, becomes a drawing that pages can carry. Altair's charts are drawn by a process of their
own, this module run as a program, which may take the address space that a kernel may not.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import io
import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from planbrief.display.language import Lang, is_chinese, message
from planbrief.errors import RunError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PYPLOT = "matplotlib.pyplot"
#: Settings that a drawing needs to show Chinese, and to be the same bytes every time; all others stay the analyst's.
RC: dict[str, Any] = {
    "axes.unicode_minus": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "planbrief",
    "figure.dpi": 72,
}
#: Lists of this many lines or bars are told one by one; of longer ones only how many there are.
MOST_TOLD = 6
#: Seconds that a chart of Altair may take.
LONGEST = 120
#: Key in the metadata of an output: characters that no packaged face has.
MISSING = "planbrief_missing_glyphs"


def prepare() -> None:
    """Have plotting libraries prepared in this IPython shell, now or when they are imported."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None:
        return
    # Also a figure that was made without pyplot is one when it is a cell's last expression.
    shell.display_formatter.formatters["image/svg+xml"].for_type_by_name("matplotlib.figure", "Figure", drawing_of)
    for name, connected in _PREPARED.items():
        if name in sys.modules:
            connected()
        elif not any(isinstance(finder, _OnImport) and finder.name == name for finder in sys.meta_path):
            sys.meta_path.insert(0, _OnImport(name, connected))


class _OnImport(importlib.abc.MetaPathFinder):
    """Calls a function behind the first import of a module, in whatever form it is imported."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self.name, self._then = name, then

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_connect(module: ModuleType) -> None:
                run(module)
                self._then()

            spec.loader.exec_module = run_and_connect  # type: ignore[method-assign]
        return spec


def connect() -> None:
    """Set pyplot and the inline backend up; where another backend was chosen (a window), only the faces."""
    import matplotlib
    from IPython.core.getipython import get_ipython

    from planbrief.display.style import SANS, register

    register()
    matplotlib.rcParams.update(RC)  # type: ignore[arg-type]
    matplotlib.rcParams["font.family"] = [SANS, "sans-serif"]
    # pyplot draws every figure once before it is shown, with whatever faces a style has set; ours come at the end.
    warnings.filterwarnings("ignore", message="Glyph .* missing from")
    shell: Any = get_ipython()
    if shell is None or not matplotlib.get_backend(auto_select=False) or "inline" not in matplotlib.get_backend():
        return
    from matplotlib.backends.registry import backend_registry
    from matplotlib.figure import Figure

    backend_inline: Any = backend_registry.load_backend_module(matplotlib.get_backend())  # as IPython brings it
    backend_inline._enable_matplotlib_integration()
    flush = backend_inline.flush_figures
    if flush in shell.events.callbacks["post_execute"] and _once not in shell.events.callbacks["post_execute"]:
        shell.events.unregister("post_execute", flush)  # ours goes first
        shell.events.register("post_execute", _once)
        shell.events.register("post_execute", flush)
    for formatter in shell.display_formatter.formatters.values():
        formatter.pop(Figure, None)
    shell.display_formatter.formatters["image/svg+xml"].for_type(Figure, drawing_of)


#: Drawings of figures that a cell has shown itself, by figure.
_shown: WeakKeyDictionary[Figure, str] = WeakKeyDictionary()


def _once() -> None:
    """At the end of a cell: close figures that it has shown as they are, or the inline backend shows them again."""
    from matplotlib._pylab_helpers import Gcf

    for manager in Gcf.get_all_fig_managers():
        figure = manager.canvas.figure
        if (drawn := _shown.pop(figure, "")) and drawn == svg_of(figure):
            Gcf.destroy(manager)


def drawing_of(figure: Figure) -> tuple[str, dict[str, Any]] | None:
    """A figure as SVG with its alternative text as metadata; None for one without anything on it."""
    if not figure.axes and not figure.lines and not figure.images and not figure.texts:
        return None
    with_faces(figure)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        svg = svg_of(figure)
    missing = sorted({word for one in told for word in missing_glyphs(str(one.message))})
    for one in told:
        if not missing_glyphs(str(one.message)):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    _shown[figure] = svg
    found: dict[str, Any] = {"alt": alternative_text(figure)}
    if missing:
        found[MISSING] = missing
    return svg, found


def with_faces(figure: Figure) -> None:
    """Put the packaged Chinese face before the faces of every text; done when drawing, for styles set them anew."""
    from matplotlib.text import Text

    from planbrief.display.style import SANS, register

    register()
    for text in figure.findobj(Text):
        families = text.get_fontfamily()
        if SANS not in families and not {"monospace", "cursive", "fantasy"} & set(families):
            text.set_fontfamily([SANS, *families])


def svg_of(figure: Figure) -> str:
    """A figure as SVG, cut to what is drawn; the same bytes every time."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    # A canvas of its own: the figure's may belong to a window or to the inline backend.
    canvas, kept = FigureCanvasSVG(figure), figure.canvas
    written = io.StringIO()
    fixed = {name: value for name, value in RC.items() if name.startswith("svg.")}
    try:
        with matplotlib.rc_context(fixed):  # type: ignore[arg-type]  # a figure made without pyplot has none of ours
            canvas.print_figure(written, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    finally:
        figure.set_canvas(kept)
    return written.getvalue()


def missing_glyphs(warning: str) -> list[str]:
    """The character that matplotlib's warning is about, if it is about one.

    >>> missing_glyphs("Glyph 128512 (\\\\N{GRINNING FACE}) missing from font(s) Noto Sans SC.")
    ['😀']
    """
    words = warning.split()
    if words[:1] != ["Glyph"] or "missing" not in words or not words[1].isdigit():
        return []
    return [chr(int(words[1]))]


def alternative_text(figure: Figure, lang: Lang | None = None) -> str:
    """What a figure shows, in words, from its titles, axes and data.

    `lang` is by default the language that the figure's own texts are in.
    """
    titles = [figure.get_suptitle()] if figure.get_suptitle() else []
    texts = [*titles, *(text for axes in figure.axes for text in (axes.get_title(), *_labels(axes)))]
    lang = lang or ("zh" if is_chinese("".join(texts)) else "en")
    parts = [*titles, *(_axes_words(axes, lang) for axes in figure.axes)]
    return message("plots.join", lang).join(part for part in parts if part)[:1000] or message("page.image", lang)


def _labels(axes: Axes) -> list[str]:
    return [text for text in (axes.get_xlabel(), axes.get_ylabel()) if text]


def _axes_words(axes: Axes, lang: Lang) -> str:
    if not axes.axison and not axes.has_data():
        return ""
    said = [axes.get_title()] if axes.get_title() else []
    if labels := _labels(axes):
        said.append(message("plots.axes", lang, labels=message("plots.and", lang).join(labels)))
    drawn = [*_lines(axes, lang), *_bars(axes, lang)]
    if not drawn and axes.collections:
        drawn = [message("plots.marks", lang, count=sum(len(_points(marks)) for marks in axes.collections))]
    if len(drawn) > MOST_TOLD:
        drawn = [message("plots.many", lang, count=len(drawn))]
    return message("plots.join", lang).join([*said, *drawn])


def _lines(axes: Axes, lang: Lang) -> Iterator[str]:
    for line in axes.get_lines():
        x, y = list(_points(line.get_xdata())), list(_points(line.get_ydata()))
        known = [(at, value) for at, value in zip(x, y, strict=False) if value == value]  # neither NaN nor masked
        if len(known) < 2 or len(x) != len(y):
            continue
        name = str(line.get_label())
        with contextlib.suppress(TypeError, ValueError):
            yield message(
                "plots.line", lang,
                name="" if name.startswith("_") else f"{name} ",
                start=_place(known[0][0]), first=_number(known[0][1]),
                end=_place(known[-1][0]), last=_number(known[-1][1]),
            )  # fmt: skip


def _points(data: Any) -> Any:
    """What can be counted: the data of a line, or the places of a collection of marks."""
    return data.get_offsets() if hasattr(data, "get_offsets") else data


def _bars(axes: Axes, lang: Lang) -> Iterator[str]:
    for bars in axes.containers:
        values = [float(value) for value in getattr(bars, "datavalues", ()) if value == value]
        if values:
            name = str(bars.get_label())
            yield message(
                "plots.bars", lang,
                name="" if name.startswith("_") else f"{name} ",
                count=len(values), least=_number(min(values)), most=_number(max(values)),
            )  # fmt: skip


def _place(value: Any) -> str:
    """A place on the horizontal axis: years have no thousands separator."""
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)[:30]


def _number(value: Any) -> str:
    try:
        return f"{float(value):,.6g}"
    except (TypeError, ValueError):
        return str(value)[:30]


class NotDrawn(RunError):
    """An Altair chart that could not be drawn."""

    text = "the Altair chart was not drawn: {}"


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


def _connect_altair() -> None:
    """Have Altair's charts shown as drawings instead of a script that only a browser on the network can run."""
    import altair

    altair.renderers.register("planbrief", drawing)
    altair.renderers.enable("planbrief")


#: What is called behind the import of a plotting library.
_PREPARED: Mapping[str, Callable[[], None]] = {PYPLOT: connect, "altair": _connect_altair}

if __name__ == "__main__":
    main()
