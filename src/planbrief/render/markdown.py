"""One Markdown core for HTML and PDF: CommonMark with tables, footnotes, formulas and Chinese emphasis.

mistune and pandoc break ``**“重要”**销售`` and put a space between two Chinese lines; this one does not.
Both exporters walk the same HTML tree (:mod:`planbrief.render.markup`), so a page and its PDF say the same.
"""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Mapping, MutableMapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_cjk_friendly import cjk_friendly
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from planbrief.display.language import Lang, message
from planbrief.render import formulas
from planbrief.render.safe_text import shortened

#: Longest Markdown cell that is parsed; a longer one is shown as plain text.
MAX_MARKDOWN = 1_000_000


def formula(tex: str, *, display: bool, lang: Lang = "zh", macros: formulas.Macros | None = None) -> str:
    """HTML of a formula: MathML, or its source with a note that says so; nothing where it is empty or defines commands.

    Parameters
    ----------
    tex : str
        TeX without delimiters.
    display : bool
        On a line of its own.
    lang : {"zh", "en"}
        Language of the note.
    macros : dict, optional
        Commands that the notebook has defined so far; those of this formula are added.
    """
    tex, defined = formulas.definitions(tex)
    known = macros if macros is not None else {}
    known.update(defined)
    if not tex.strip():
        return ""
    markup = formulas.mathml(formulas.expanded(tex, known), display=display)
    if markup is None:
        source, note = html.escape(tex.strip()), html.escape(message("page.notice.formula", lang))
        if display:
            return f'<p class="notice">{note}</p><pre class="tex">{source}</pre>'
        return f'<span class="notice">{note}</span> <code class="tex">{source}</code>'
    return f'<div class="formula">{markup}</div>' if display else markup


def _formula(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    display = tokens[index].type != "math_inline"
    text = formula(tokens[index].content, display=display, lang=env.get("lang", "zh"), macros=env.get("macros"))
    return text if tokens[index].type.startswith("math_inline") else text + "\n"


_BRACKETS = re.compile(
    r"\\\\([(\[])(.+?)\\\\[)\]]|\\(eq)?ref\{([^{}\n]+)\}"
    r"|(?P<all>\\begin\{(?P<name>(?:align(?:ed)?(?:at)?|array|d?cases|equation|eqnarray|flalign|gather(?:ed)?|multline"
    r"|[pbBvV]?(?:small)?matrix|split)\*?)\}.+?\\end\{(?P=name)\})",
    re.DOTALL,
)


def _brackets(state: StateInline, silent: bool) -> bool:
    """Formulas between ``\\\\(`` and ``\\\\)`` or in an environment, as Jupyter has them; a reference to one."""
    found = _BRACKETS.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        kind = "math_inline" if found[1] == "(" else "math_inline_double" if found[1] or found["all"] else "text"
        said = found[2] or found["all"] or (f"({found[4]})" if found[3] else found[4])
        state.push(kind, "", 0).content = said
    state.pos = found.end()
    return True


#: Boxes of MyST and GitHub that say how their text is meant, by the label that a reader sees.
BOXES = frozenset("note tip hint seealso important attention caution warning danger error admonition".split())
#: Directives whose text stands in a box under its name and title, or the title alone, and whose text stands by itself.
_PROSE = frozenset(
    "algorithm aside assumption axiom card conjecture corollary definition dropdown epigraph example exercise lemma "
    "margin proof property proposition remark sidebar solution tab-item theorem topic".split()
)
_TITLED = frozenset("aside card dropdown sidebar tab-item topic".split())
_PLAIN = frozenset("container csv-table div figure-md glossary grid grid-item list-table tab-set table".split())
_DIRECTIVE = re.compile(r"\{([\w:-]+)\}[ \t]*(.*)")
_OPTION = re.compile(r":([\w-]+):(.*)\n?")
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][+-]?[ \t]*", re.IGNORECASE)
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
    if token.info.strip() == "mermaid":
        note = html.escape(message("page.notice.drawing", lang, name="Mermaid"))
        return f'<p class="notice">{note}</p>' + RendererHTML.fence(self, tokens, index, options, env)
    if found is None:
        return RendererHTML.fence(self, tokens, index, options, env) if token.type == "fence" else _div(token, env)
    name, title = found[1].lower(), found[2].strip()
    body, said = token.content, {}
    while option := _OPTION.match(body):
        said[option[1]] = option[2].strip()
        body = body[option.end() :]
    if name in BOXES:
        return box(name, title, parser().render(body, env), lang)
    if (kind := name.rpartition(":")[2]) in _PROSE:
        return box(
            "", title if title and kind in _TITLED else f"{kind.capitalize()} {title}", parser().render(body, env), lang
        )
    if name in _PLAIN and "file" not in said and "url" not in said:
        inner = _WRITTEN[name](body, said) if name in _WRITTEN else body
        caption = f"<p><strong>{parser().renderInline(title, env)}</strong></p>\n" if title and "table" in name else ""
        return caption + parser().render(inner, env)
    if name == "math":
        return formula(body, display=True, lang=lang, macros=env.get("macros")) + "\n"
    if name in ("figure", "image") and title:
        details = "".join(f' {key}="{html.escape(said[key])}"' for key in ("alt", "width", "height") if said.get(key))
        caption = f"<figcaption>{parser().renderInline(body.strip(), env)}</figcaption>" if body.strip() else ""
        return f'<figure><img src="{html.escape(title)}"{details}>{caption}</figure>\n'
    if name.startswith("code"):
        return f"<pre><code>{html.escape(body)}</code></pre>\n"
    note = message("page.notice.directive", lang, name=name)
    source = f"{token.markup}{token.info}\n{token.content}{token.markup}"
    return f'<p class="notice">{note}</p><pre><code>{html.escape(source)}</code></pre>\n'


def _listed(text: str, said: Mapping[str, str]) -> str:
    """A table that is written as a list of lists, as one with bars.

    >>> _listed("* - a\\n  - b\\n* - 1\\n  - 2 or\\n    3", {}).splitlines()
    ['| a | b |', '|---|---|', '| 1 | 2 or 3 |']
    """
    rows = re.split(r"^\* - ", text, flags=re.MULTILINE)[1:]
    return _barred([re.split(r"^\s+[-*] ", row, flags=re.MULTILINE) for row in rows])


def _comma_separated(text: str, said: Mapping[str, str]) -> str:
    """A table that is written as CSV, its heads in an option or in its first line, as one with bars.

    >>> _comma_separated('North, "1,200"', {"header": "region, n"}).splitlines()
    ['| region | n |', '|---|---|', '| North | 1,200 |']
    """
    sign = {"tab": "\t", "space": " "}.get(said.get("delim", ","), said.get("delim", ",")[:1] or ",")
    lines = [*([said["header"]] if said.get("header") else []), *text.strip().splitlines()]
    rows = list(csv.reader(lines, delimiter=sign, skipinitialspace=True))
    if not said.get("header") and said.get("header-rows", "0") in ("", "0"):
        rows.insert(0, [""] * max(map(len, rows), default=0))
    return _barred([row for row in rows if row])


def _defined(text: str, said: Mapping[str, str]) -> str:
    """Terms and, indented below them, what they mean, as Markdown writes definitions.

    >>> _defined("NEET\\n  not in work", {})
    'NEET\\n: not in work'
    """
    return re.sub(r"(?m)^(\S.*\n)[ \t]+(?=[^\s:])", r"\1: ", text)


_WRITTEN = {"list-table": _listed, "csv-table": _comma_separated, "glossary": _defined}


def _barred(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as a table with bars, the first for its heads."""
    lines = [f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([*lines[:1], "|" + "---|" * max(map(len, rows), default=0), *lines[1:]])


_TITLE = re.compile(r"\s*#{1,6}[ \t]+(.+)\n?")


def _div(token: Token, env: MutableMapping[str, Any]) -> str:
    """A division of Pandoc or Quarto: its text, in a box where its class says which."""
    kinds = [kind for kind in re.findall(r"[a-z]+", token.info.partition("=")[0].lower()) if kind in BOXES]
    if not kinds:
        return parser().render(token.content, env)
    titled = re.search(r"title=[\"']([^\"']*)", token.info)
    first = _TITLE.match(token.content) if not titled and "callout" in token.info else None
    title, body = (first[1], token.content[first.end() :]) if first else (titled[1] if titled else "", token.content)
    return box(kinds[0], title, parser().render(body, env), env.get("lang", "zh"))


_ROLES = {
    "sub": "sub", "subscript": "sub", "sup": "sup", "superscript": "sup", "strong": "strong", "emphasis": "em",
    "kbd": "kbd", "code": "code", "literal": "code", "file": "code", "command": "strong", "guilabel": "strong",
    "menuselection": "strong", "program": "strong", "samp": "samp", "del": "del", "u": "u", "underline": "u",
}  # fmt: skip


def _role(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A role of MyST: a formula, a script, the text of a reference; what has no meaning here as it is written."""
    name, text = tokens[index].meta["name"], tokens[index].content
    if name == "math":
        return formula(text, display=False, lang=env.get("lang", "zh"), macros=env.get("macros"))
    shown = html.escape(re.sub(r"\s*<[^<>]*>\Z", "", text))
    if name in _ROLES:
        return f"<{_ROLES[name]}>{shown}</{_ROLES[name]}>"
    named = name.partition(":")[0] in ("ref", "numref", "eq", "doc", "term", "abbr", "cite", "download")
    return shown if named else f"{{{html.escape(name)}}}<code>{html.escape(text)}</code>"


#: What names a heading for links, at its end.
_NAMED = re.compile(r"\s*\{(?:#([\w:-]+)|\.[\w-]+)[^{}]*\}\s*\Z")
_UNSPACED = re.compile(r"(#{1,6})([^#\s].*?)[ \t]*#*[ \t]*\Z")


def _unspaced(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """A heading without a space behind its marks, as Jupyter's first editor took them and nbconvert still does."""
    begin, end = state.bMarks[line] + state.tShift[line], state.eMarks[line]
    found = None if state.is_code_block(line) else _UNSPACED.match(state.src[begin:end])
    if found is None or silent:
        return found is not None
    state.line = line + 1
    opened = state.push("heading_open", f"h{len(found[1])}", 1)
    inner = state.push("inline", "", 0)
    opened.map = inner.map = [line, state.line]
    inner.content, inner.children = found[2], []
    state.push("heading_close", f"h{len(found[1])}", -1)
    return True


_SIZES = re.compile(r"\s?\{([^{}\n]*)\}")
_SIZE = re.compile(r"(width|height)\s*=\s*[\"']?(\d+(?:\.\d+)?(?:%|px|em|cm|mm|in|pt)?)")


def _marks(state: StateCore) -> None:
    """What authors write around a text: a quotation that begins with ``[!NOTE]`` is a box, a size behind a picture is
    that of the picture.
    """
    for number, token in enumerate(state.tokens):
        children = token.children or []
        if (
            children
            and state.tokens[number - 1].type == "heading_open"
            and (found := _NAMED.search(children[-1].content))
        ):
            children[-1].content = children[-1].content[: found.start()]
            children.append(Token("html_inline", "", 0, content=f'<a id="{found[1]}"></a>' if found[1] else ""))
        for place in range(len(children) - 1, 0, -1):
            if (children[place - 1].type, children[place].type) == ("link_open", "link_close"):
                named = str(children[place - 1].attrGet("href")).removeprefix("#")  # for the number that MyST sets
                children.insert(place, Token("text", "", 0, content=named))
        for place, child in enumerate(token.children or ()):
            after = token.children[place + 1] if token.children and place + 1 < len(token.children) else None
            if child.type == "image" and after and (found := _SIZES.match(after.content)) and "=" in found[1]:
                for name, value in _SIZE.findall(found[1]):
                    child.attrSet(name, value)
                after.content = after.content[found.end() :]
        first = token.children[0] if token.type == "inline" and token.children else None
        label_line = (
            _ALERT.match(token.content) if number > 1 and state.tokens[number - 2].type == "blockquote_open" else None
        )
        if label_line and first and token.children:
            label = message(f"page.box.{label_line[1].lower()}", state.env.get("lang", "zh"))
            title = first.content[label_line.end() :].strip() if first.type == "text" else ""
            first.type, first.tag = "html_inline", ""
            first.content = f"<strong>{html.escape(title or label)}</strong><br>"
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
    core.use(myst_role_plugin).use(myst_block_plugin).disable("myst_line_comment")
    core.add_render_rule(
        "myst_target", lambda self, tokens, index, *_: f'<a id="{html.escape(tokens[index].content)}"></a>'
    )
    core.use(dollarmath_plugin, allow_digits=False, allow_space=False, double_inline=True)
    core.use(tasklists_plugin).use(cjk_friendly)
    core.block.ruler.after("heading", "heading_unspaced", _unspaced, {"alt": ["paragraph", "reference", "blockquote"]})
    core.core.ruler.push("marks_of_authors", _marks)
    core.inline.ruler.before("escape", "tex_brackets", _brackets)
    for name in ("math_inline", "math_inline_double", "math_block", "math_block_label", "amsmath"):
        core.add_render_rule(name, _formula)
    core.add_render_rule("myst_role", _role)
    for name in ("fence", "colon_fence"):
        core.add_render_rule(name, _fence)
    core.add_render_rule("text", _text)
    return core


#: Code in Markdown, whose formulas are shown as they are written; else an environment that amsmath numbers.
_CODE_OR_NUMBERED = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?P<ticks>(?<!`)`+(?!`)).+?(?<!`)(?P=ticks)(?!`)"
    r"|\\begin\{(?P<kind>equation|align|alignat|flalign|gather|multline|eqnarray)\}(?P<body>.*?)\\end\{(?P=kind)\}",
    re.DOTALL | re.MULTILINE,
)
_LABEL, _TAG = re.compile(r"\\label\s*\{([^{}]*)\}"), re.compile(r"\\tag\s*(\*?)\s*\{([^{}]*)\}")
_REFERENCE = re.compile(r"\\(eq)?ref\s*\{([^{}]*)\}")
#: Environments inside of a numbered one, whose rows have no number of their own.
_INSIDE = re.compile(r"\\begin\{[^{}]*\}.*?\\end\{[^{}]*\}", re.DOTALL)


def numbered(texts: Sequence[str]) -> list[str]:
    r"""Markdown texts of one notebook with the numbers of its equations, as MathJax and LaTeX give them.

    Only where a text refers to an equation (``\eqref``, ``\ref``): then each line that amsmath numbers carries its
    number or its own tag, and references show it. A label that nobody has set stays.

    >>> numbered([r"\begin{equation}a\label{one}\end{equation} by \eqref{one}"])
    ['\\begin{equation}a\\label{one}\\tag{1}\\end{equation} by (1)']
    """
    said = {found[2] for text in texts for found in _REFERENCE.finditer(text)}
    labels = {name: "" for text in texts for name in _LABEL.findall(text) if name in said}
    if not labels:
        return list(texts)
    count = 0

    def line(row: str) -> str:
        nonlocal count
        tag = _TAG.search(row)
        if not tag and (not row.strip() or re.search(r"\\(?:nonumber|notag)(?![A-Za-z])", row)):
            return row
        count += tag is None
        labels.update({name: tag[2] if tag else str(count) for name in _LABEL.findall(row)})
        return row if tag else f"{row.rstrip()}\\tag{{{count}}}{row[len(row.rstrip()) :]}"

    def environment(found: re.Match[str]) -> str:
        body = found["body"]
        if body is None:
            return found[0]
        ends = [0]
        if found["kind"] not in ("equation", "multline"):
            inner = [one.span() for one in _INSIDE.finditer(body)]
            breaks = [one for one in re.finditer(r"\\\\", body) if not any(a <= one.start() < b for a, b in inner)]
            ends += [position for one in breaks for position in one.span()]
        pieces = [body[a:b] for a, b in zip(ends, [*ends[1:], len(body)], strict=True)]
        rows = [piece if number % 2 else line(piece) for number, piece in enumerate(pieces)]
        return f"\\begin{{{found['kind']}}}{''.join(rows)}\\end{{{found['kind']}}}"

    def reference(found: re.Match[str]) -> str:
        number = labels.get(found[2])
        return found[0] if not number else f"({number})" if found[1] else number

    def referred(text: str) -> str:
        made, end = [], 0
        for code in _CODE_OR_NUMBERED.finditer(text):
            made += [_REFERENCE.sub(reference, text[end : code.start()])]
            made += [code[0] if code["body"] is None else _REFERENCE.sub(reference, code[0])]
            end = code.end()
        return "".join([*made, _REFERENCE.sub(reference, text[end:])])

    texts = [_CODE_OR_NUMBERED.sub(environment, text) for text in texts]
    for text in texts:  # tags of formulas between dollars
        for found in re.finditer(r"\$\$(.+?)\$\$", text, re.DOTALL):
            if tag := _TAG.search(found[1]):
                labels |= dict.fromkeys(_LABEL.findall(found[1]), tag[2])
    return [referred(text) for text in texts]


def to_html(text: str, *, prefix: str = "", lang: Lang = "zh", macros: formulas.Macros | None = None) -> str:
    """Markdown as HTML, not yet sanitised.

    Parameters
    ----------
    text : str
        Markdown source.
    prefix : str
        Makes the ids of footnotes unique in the document.
    lang : {"zh", "en"}
        Language of the note in a text that is too long.
    macros : dict, optional
        Commands of formulas that texts before have defined; those of this text are added.

    >>> to_html("**“重要”**销售")
    '<p><strong>“重要”</strong>销售</p>\\n'
    >>> to_html("第一行\\n第二行")
    '<p>第一行第二行</p>\\n'
    """
    if len(text) > MAX_MARKDOWN:
        return f"<pre>{html.escape(shortened(text, lang))}</pre>"
    return parser().render(text, {"lang": lang, "macros": macros, **({"docId": prefix} if prefix else {})})
