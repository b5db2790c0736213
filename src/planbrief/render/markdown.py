"""One Markdown core for HTML and PDF: CommonMark with tables, footnotes, formulas and Chinese emphasis.

mistune and pandoc break ``**“重要”**销售`` and put a space between two Chinese lines; this one does not.
Both exporters walk the same HTML tree (:mod:`planbrief.render.markup`), so a page and its PDF say the same.
"""

from __future__ import annotations

import html
import re
from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_cjk_friendly import cjk_friendly
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from planbrief.display.language import Lang, message
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


#: Boxes of MyST and GitHub that say how their text is meant, by the label that a reader sees.
BOXES = frozenset("note tip hint seealso important attention caution warning danger error admonition".split())
_DIRECTIVE = re.compile(r"\{([\w:-]+)\}[ \t]*(.*)")
_OPTION = re.compile(r":[\w-]+:.*\n?")
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*\n?")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"'`\u3000-\u303f\uff01-\uff65“”‘’…]+", re.IGNORECASE)


def box(kind: str, title: str, body: str, lang: Lang) -> str:
    """HTML of a box: a quotation that begins with what it is."""
    label = title or message(f"page.box.{kind if kind != 'admonition' else 'note'}", lang)
    return f"<blockquote><p><strong>{html.escape(label)}</strong></p>\n{body}</blockquote>\n"


def _fence(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A fenced block: a directive of MyST as what it means, code as code; a directive without meaning here is named."""
    token = tokens[index]
    found, lang = _DIRECTIVE.match(token.info.strip()), env.get("lang", "zh")
    if found is None:
        return RendererHTML.fence(self, tokens, index, options, env) if token.type == "fence" else _div(token, env)
    name, title = found[1].lower(), found[2].strip()
    body = token.content
    while option := _OPTION.match(body):
        body = body[option.end() :]
    if name in BOXES:
        return box(name, title, parser().render(body, env), lang)
    if name == "math":
        return formula(body, display=True) + "\n"
    note = (
        "" if name.startswith("code") else f'<p class="notice">{message("page.notice.directive", lang, name=name)}</p>'
    )
    return f"{note}<pre><code>{html.escape(body)}</code></pre>\n"


def _div(token: Token, env: MutableMapping[str, Any]) -> str:
    """A division of Pandoc or Quarto: its text, in a box where its class says which."""
    kind = re.sub(r"[{}.\s]|callout-", "", token.info.partition(" ")[0]).lower()
    body = parser().render(token.content, env)
    return box(kind, "", body, env.get("lang", "zh")) if kind in BOXES else body


def _quote(state: StateCore) -> None:
    """A quotation that begins with ``[!NOTE]`` is a box of GitHub's."""
    for number, token in enumerate(state.tokens[2:], start=2):
        first = token.children[0] if token.type == "inline" and token.children else None
        label_line = _ALERT.match(token.content) if state.tokens[number - 2].type == "blockquote_open" else None
        if label_line and first and token.children:
            label = message(f"page.box.{label_line[1].lower()}", state.env.get("lang", "zh"))
            first.type, first.tag, first.content = "html_inline", "", f"<strong>{html.escape(label)}</strong><br>"
            if len(token.children) > 1 and token.children[1].type == "softbreak":
                del token.children[1]


def _text(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """Text, its bare addresses as links."""
    text = tokens[index].content
    if "://" not in text and "www." not in text.lower():
        return html.escape(text)
    before = tokens[:index]
    inside = sum({"link_open": 1, "link_close": -1}.get(token.type, 0) for token in before)
    inside += sum(token.type == "html_inline" and token.content.lower().startswith("<a") for token in before)
    if inside:
        return html.escape(text)
    pieces, end = [], 0
    for found in _ADDRESS.finditer(text):
        shown = found[0].rstrip(".,;:!?*_~)" if found[0].count("(") < found[0].count(")") else ".,;:!?*_~")
        target = shown if "://" in shown else f"https://{shown}"
        pieces += [html.escape(text[end : found.start()]), f'<a href="{html.escape(target)}">{html.escape(shown)}</a>']
        end = found.start() + len(shown)
    return "".join([*pieces, html.escape(text[end:])])


@cache
def parser() -> MarkdownIt:
    """The one Markdown parser of planbrief."""
    core = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    core.use(footnote_plugin).use(amsmath_plugin).use(deflist_plugin).use(colon_fence_plugin)
    core.use(attrs_plugin, after=("image",), allowed=("width", "height"))
    core.use(dollarmath_plugin, allow_digits=False, allow_space=False, double_inline=True)
    core.use(tasklists_plugin).use(cjk_friendly)
    core.core.ruler.push("github_alerts", _quote)
    for name in ("math_inline", "math_inline_double"):
        core.add_render_rule(name, _inline)
    for name in ("math_block", "math_block_label", "amsmath"):
        core.add_render_rule(name, _block)
    for name in ("fence", "colon_fence"):
        core.add_render_rule(name, _fence)
    core.add_render_rule("text", _text)
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
    return parser().render(text, {"lang": lang, **({"docId": prefix} if prefix else {})})
