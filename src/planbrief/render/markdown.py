"""One Markdown core for HTML and PDF: CommonMark with tables, footnotes, formulas and Chinese emphasis.

mistune and pandoc break ``**“重要”**销售`` and put a space between two Chinese lines; this one does not.
Both exporters walk the same HTML tree (:mod:`planbrief.render.markup`), so a page and its PDF say the same.
"""

from __future__ import annotations

import html
from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_cjk_friendly import cjk_friendly
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from planbrief.display.language import Lang
from planbrief.render import formulas
from planbrief.render.safe_text import shortened

#: Longest Markdown cell that is parsed; a longer one is shown as plain text.
MAX_MARKDOWN = 1_000_000


def formula(tex: str, *, display: bool) -> str:
    """HTML of a formula: MathML, or its source marked as such."""
    markup = formulas.mathml(tex, display=display)
    if markup is None:
        escaped = html.escape(tex.strip())
        return f'<pre class="tex">{escaped}</pre>' if display else f'<code class="tex">{escaped}</code>'
    return f'<div class="formula">{markup}</div>' if display else markup


def _inline(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return formula(tokens[index].content, display=tokens[index].type == "math_inline_double")


def _block(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    return formula(tokens[index].content, display=True) + "\n"


@cache
def parser() -> MarkdownIt:
    """The one Markdown parser of planbrief."""
    core = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    core.use(footnote_plugin).use(amsmath_plugin)
    core.use(dollarmath_plugin, allow_digits=False, allow_space=False, double_inline=True)
    core.use(tasklists_plugin).use(cjk_friendly)
    for name in ("math_inline", "math_inline_double"):
        core.add_render_rule(name, _inline)
    for name in ("math_block", "math_block_label", "amsmath"):
        core.add_render_rule(name, _block)
    return core


def to_html(text: str, *, prefix: str = "", lang: Lang = "zh") -> str:
    """Markdown as HTML, not yet sanitised.

    Parameters
    ----------
    text : str
        Markdown source.
    prefix : str
        Makes the ids of footnotes unique in the document.
    lang : {"zh", "en"}
        Language of the note in a text that is too long.

    >>> to_html("**“重要”**销售")
    '<p><strong>“重要”</strong>销售</p>\\n'
    >>> to_html("第一行\\n第二行")
    '<p>第一行第二行</p>\\n'
    """
    if len(text) > MAX_MARKDOWN:
        return f"<pre>{html.escape(shortened(text, lang))}</pre>"
    return parser().render(text, {"docId": prefix} if prefix else {})
