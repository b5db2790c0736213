"""Formulas: TeX to MathML for HTML, and the same MathML to Typst for PDF.

The MathML comes from latex2mathml, without a browser, MathJax or a TeX installation. What it cannot parse is shown as
code with a note: a formula never breaks a page.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

from planbrief.render.font_metrics import covered
from planbrief.render.pdf.text import literal
from planbrief.render.safe_text import visible

_EMS = re.compile(r"\d+(?:\.\d+)?em")
_NAMESPACE = re.compile(r'\sxmlns(:\w+)?="[^"]*"')
#: Longest formula that is tried; latex2mathml recurses.
_MAX_TEX = 5000
#: Accents of ``mover`` as combining characters for Typst.
_ACCENTS = {
    "^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303", "¯": "\u0304", "‾": "\u0304", "_": "\u0304",
    "˙": "\u0307", "¨": "\u0308", "→": "\u20d7", "⃗": "\u20d7", "ˇ": "\u030c", "´": "\u0301", "`": "\u0300",
    "˘": "\u0306",
}  # fmt: skip
_OVER = {"⏞": "overbrace", "⏟": "underbrace", "―": "overline", "─": "overline"}
_FENCES = frozenset("()[]{}|‖⌊⌋⌈⌉⟨⟩〈〉")
#: Operators that carry their limits above and below in a display.
_LIMITS = frozenset("∑∏∐⋃⋂⋁⋀⨁⨂")


@lru_cache(maxsize=512)
def mathml(tex: str, *, display: bool = False) -> str | None:
    """MathML of a TeX formula, None if it cannot be parsed.

    >>> mathml("x^2").startswith("<math")
    True
    >>> mathml(r"\\frac{") is None
    True
    """
    tex = tex.strip()
    if not tex or len(tex) > _MAX_TEX:
        return None
    from latex2mathml.converter import convert

    try:
        text = convert(_plain_tex(tex), display="block" if display else "inline")
        root = etree.fromstring(_NAMESPACE.sub("", text), etree.XMLParser(resolve_entities=False, no_network=True))
    except Exception:  # the parser is a third party's and raises what it likes: IndexError, KeyError, RecursionError …
        return None
    if any((node.text or "").startswith("\\") for node in root.iter("mi", "mo", "mtext")):
        return None
    stray = re.search(r"(?<!\\)&", tex) and any(_text(node) == "&" for node in root.iter("mi"))
    if stray or root.find(".//mspace[@linebreak]") is not None:
        return None  # columns or lines that the converter did not understand would run together
    _draw_lines(root)
    root.set("alttext", re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", tex))  # what XML holds
    return etree.tostring(root, encoding="unicode")


#: Environments of amsmath by the one that the converter knows and that sets them alike. LaTeX numbers lines; we do not.
_ENVIRONMENTS = {
    "align": "align*", "aligned": "align*", "alignat": "align*", "alignat*": "align*", "alignedat": "align*",
    "flalign": "align*", "flalign*": "align*", "eqnarray": "align*", "eqnarray*": "align*", "split": "split",
    "gather": "lines", "gather*": "lines", "gathered": "lines", "multline": "lines", "multline*": "lines",
    "equation": "", "equation*": "", "math": "", "displaymath": "", "dcases": "cases", "cases*": "cases",
}  # fmt: skip
_BEGIN_OR_END = re.compile(
    r"\\(begin|end)\s*\{\s*(" + "|".join(re.escape(n) for n in _ENVIRONMENTS) + r")\s*\}"
    r"(?P<columns>\s*(?<=at\})\{\d+\}|\s*(?<=at\*\})\{\d+\})?(\[[tbc]\])?"
)
#: What says something to LaTeX's counters and nothing to readers.
_UNSEEN = re.compile(r"\\(?:label|eqref|ref)\s*\{[^{}]*\}|\\(?:nonumber|notag|displaylimits|allowbreak)(?![A-Za-z])")
_NAMED = re.compile(r"\\(arg|Pr|sgn|Var|Cov|E|diag|rank|tr)(?![A-Za-z])")
#: Environments in which ``\\\\`` ends a row; outside of them it ends a line of the formula.
_ROWS = re.compile(r"\\begin\s*\{[^{}]*\}|\\end\s*\{[^{}]*\}|\\substack|\\\\")


def _plain_tex(tex: str) -> str:
    """The formula in the words that latex2mathml knows."""

    def environment(match: re.Match[str]) -> str:
        name = _ENVIRONMENTS[match[2]]
        if name == "lines":
            return r"\begin{array}{c}" if match[1] == "begin" else r"\end{array}"
        return f"\\{match[1]}{{{name}}}" if name else ""

    tex = _UNSEEN.sub("", _BEGIN_OR_END.sub(environment, tex))
    tex = _NAMED.sub(r"\\operatorname{\1}", tex).strip()
    depth = 0
    for match in _ROWS.finditer(tex):
        if match.group() == r"\\" and depth == 0:
            columns = "align*" if "&" in tex else "array}{c"
            return rf"\begin{{{columns}}}{tex}\end{{{columns.partition('}')[0]}}}"
        depth += {"b": 1, "e": -1}.get(match.group()[1], 0)
    return tex


_STRIKE = "linear-gradient(to {} right,transparent 48%,currentColor 48.5%,currentColor 51.5%,transparent 52%)"
_STRIKES = {"updiagonalstrike": _STRIKE.format("bottom"), "downdiagonalstrike": _STRIKE.format("top")}


def _draw_lines(root: etree._Element) -> None:
    """Frames, strokes and rules of tables as styles: browsers know no ``menclose`` and no lines of ``mtable``."""
    for node in root.iter("menclose"):
        kinds = node.get("notation", "").split()
        strikes = [_STRIKES[kind] for kind in kinds if kind in _STRIKES]
        if "horizontalstrike" in kinds:
            strikes.append("linear-gradient(transparent 47%,currentColor 48%,currentColor 52%,transparent 53%)")
        style = [f"background:{','.join(strikes)}"] if strikes else []
        style += ["border:1px solid;padding:.2em"] if {"box", "roundedbox", "circle"} & set(kinds) else []
        node.set("style", ";".join(style))
    for table in root.iter("mtable"):
        across = table.get("columnlines", "").split()
        down = table.get("rowlines", "").split()
        for number, row in enumerate(table.iterchildren("mtr")):
            for place, cell in enumerate(row.iterchildren("mtd")):
                rules = []
                if _solid(across, place) and place + 1 < len(row):
                    rules.append("border-right:1px solid")
                if _solid(down, number) and number + 1 < len(table):
                    rules.append("border-bottom:1px solid")
                if rules:
                    cell.set("style", ";".join(rules))


def _solid(lines: list[str], place: int) -> bool:
    """Whether there is a rule behind a row or column; the last word of the list stands for all that follow."""
    return bool(lines) and lines[min(place, len(lines) - 1)] in ("solid", "dashed")


def strip_delimiters(tex: str) -> tuple[str, bool]:
    """A ``text/latex`` output without its dollar signs, and whether it is a displayed formula.

    >>> strip_delimiters("$\\\\displaystyle x$")
    ('x', True)
    """
    tex = tex.strip()
    for left, right, shown in (("$$", "$$", True), ("\\[", "\\]", True), ("\\(", "\\)", False), ("$", "$", False)):
        if tex.startswith(left) and tex.endswith(right) and len(tex) > len(left) + len(right):
            tex = tex[len(left) : -len(right)].strip()
            if tex.startswith("\\displaystyle"):
                tex, shown = tex[len("\\displaystyle") :].strip(), True
            return tex, shown
    return tex, True


def typst_equation(root: etree._Element, *, block: bool) -> str:
    """Typst code of a MathML tree, an equation with its TeX (or its text) as alternative text."""
    alt = root.get("alttext") or "".join(root.itertext()).strip() or "?"
    return f"math.equation(block: {str(block).lower()}, alt: {literal(alt)}, {_node(root)})"


def _children(node: etree._Element) -> list[etree._Element]:
    return [child for child in node if isinstance(child.tag, str)]


def _joined(nodes: list[etree._Element]) -> str:
    """Nodes in a row; delimiters around a matrix grow with it."""
    pieces: list[str] = []
    index = 0
    while index < len(nodes):
        group = nodes[index : index + 3]
        if len(group) > 1 and _is_fence(group[0]) and _holds_table(group[1]):
            # The delimiter behind the table is missing where it is invisible (cases, \\right.).
            group = group[:3] if len(group) == 3 and _is_fence(group[2]) else group[:2]
            pieces.append(f"math.lr({{{'; '.join(_node(node) for node in group)}}})")
            index += len(group)
        else:
            pieces.append(_node(nodes[index]))
            index += 1
    # Typst joins symbols that stand in a row to text, which is set upright; after content each stays a symbol.
    return "{[]; " + "; ".join(pieces) + "}" if pieces else "[]"


def _holds_table(node: etree._Element) -> bool:
    """Whether a node is a table, or a row of nothing but one."""
    inner = _children(node)
    return node.tag == "mtable" or (node.tag == "mrow" and len(inner) == 1 and _holds_table(inner[0]))


def _is_fence(node: etree._Element) -> bool:
    return node.tag == "mo" and _text(node) in _FENCES


def _text(node: etree._Element) -> str:
    return "".join(node.itertext()).strip()


def _is_symbol(text: str) -> bool:
    """Whether Typst takes a text as one symbol: a single visible character that a font has."""
    return len(text) == 1 and covered(text) and visible(text) == text


def _identifier(node: etree._Element) -> str:
    text = _text(node)
    if not text:
        return "[]"
    style = node.get("mathvariant", "")
    if _is_symbol(text):
        code = f"symbol({literal(text)})"
        if style == "normal":
            return f"math.upright({code})"
        return f"math.bold({code})" if style.startswith("bold") else code
    return f"math.op({literal(text)})" if text.isascii() and text.isalpha() else literal(text)


def _operator(node: etree._Element) -> str:
    text = _text(node).replace("\u2061", "").replace("\u2062", "").replace("\u2063", "")
    if not text:
        return "[]"
    return f"symbol({literal(text)})" if _is_symbol(text) else f"math.op({literal(text)})"


def _fenced(nodes: list[etree._Element]) -> str:
    """A row; paired delimiters at its ends grow with what they hold."""
    ends = [_text(nodes[0]), _text(nodes[-1])] if len(nodes) > 1 else []
    stretchy = all(
        node.tag == "mo" and text in _FENCES for node, text in zip((nodes[0], nodes[-1]), ends, strict=False)
    )
    if ends and stretchy and any(node.tag == "mtable" or node.get("fence") == "true" for node in nodes):
        return f"math.lr({_joined(nodes)})"
    return _joined(nodes)


def _scripts(node: etree._Element) -> str:
    tag, parts = str(node.tag), [_node(child) for child in _children(node)]
    names = {
        "msub": ("b",), "msup": ("t",), "msubsup": ("b", "t"),
        "munder": ("b",), "mover": ("t",), "munderover": ("b", "t"),
    }[tag]  # fmt: skip
    if len(parts) != len(names) + 1:
        return _joined(_children(node))
    base = parts[0]
    text = _text(_children(node)[0])
    if tag.startswith(("munder", "mover")) or text in _LIMITS:
        second = _text(_children(node)[1])
        if tag == "mover" and second in _ACCENTS:
            return f"math.accent({base}, {literal(_ACCENTS[second])})"
        if tag in ("mover", "munder") and second in _OVER:
            kind = _OVER[second] if tag == "mover" or second != "―" else "underline"
            return f"math.{kind}({base})"
        base = f"math.limits({base})"
    script = ", ".join(f"{name}: {part}" for name, part in zip(names, parts[1:], strict=True))
    return f"math.attach({base}, {script})"


def _table(node: etree._Element) -> str:
    rows = [
        "(" + "".join(_joined(_children(cell)) + ", " for cell in _children(row) if cell.tag == "mtd") + ")"
        for row in _children(node)
        if row.tag in ("mtr", "mlabeledtr")
    ]
    if not rows:
        return "[]"
    cells = [len(row.findall("mtd")) for row in node.iterchildren("mtr")]
    across, down = node.get("columnlines", "").split(), node.get("rowlines", "").split()
    vertical = [str(n + 1) for n in range(max(cells, default=1) - 1) if _solid(across, n)]
    level = [str(n + 1) for n in range(len(rows) - 1) if _solid(down, n)]
    rules = f", augment: (vline: ({', '.join(vertical)},), hline: ({', '.join(level)},))" if vertical and level else ""
    if bool(vertical) != bool(level):
        kind, places = ("vline", vertical) if vertical else ("hline", level)
        rules = f", augment: ({kind}: ({', '.join(places)},))"
    return f"math.mat(delim: none{rules}{_alignment(node)}, {', '.join(rows)})"


def _alignment(table: etree._Element) -> str:
    """Lines of an alignment meet at its columns, and do not stand in the middle of them."""
    sides = [cell.get("columnalign", "center") for row in table.iterchildren("mtr") for cell in row.iterchildren("mtd")]
    if sides and set(sides) == {"left"}:
        return ", align: left"
    return ", column-gap: 0.1em" if table.get("columnspacing", "").startswith("0em") else ""


def _enclosed(node: etree._Element) -> str:
    """A frame, or strokes through what is cancelled."""
    kinds, held = node.get("notation", "").split(), _joined(_children(node))
    if {"box", "roundedbox", "circle"} & set(kinds):
        alt = literal(_text(node) or "?")
        held = f"box(stroke: 0.5pt, inset: 3pt, baseline: 3pt, math.equation(alt: {alt}, {held}))"
    if "updiagonalstrike" in kinds and "downdiagonalstrike" in kinds:
        return f"math.cancel(cross: true, {held})"
    if "updiagonalstrike" in kinds:
        return f"math.cancel({held})"
    if "downdiagonalstrike" in kinds:
        return f"math.cancel(inverted: true, {held})"
    return f"math.cancel(angle: 90deg, {held})" if "horizontalstrike" in kinds else held


def _node(node: etree._Element) -> str:
    tag = str(node.tag)
    nodes = _children(node)
    if tag == "mi":
        return _identifier(node)
    if tag == "mo":
        return _operator(node)
    if tag == "menclose":
        return _enclosed(node)
    if tag in ("mn", "mtext", "ms"):
        text = "".join(node.itertext()).replace("\u00a0", " ")
        return literal(text) if text.strip() else "h(0.333em)" * bool(text) or "[]"
    if tag == "mspace":
        width = node.get("width", "")
        return f"h({width})" if _EMS.fullmatch(width) else "h(0.25em)"
    if tag == "mphantom":
        return f"hide({_joined(nodes)})"
    if tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover"):
        return _scripts(node)
    if tag == "mfrac" and len(nodes) == 2:
        if node.get("linethickness") in ("0", "0px", "0pt", "0em"):
            return f"math.mat(delim: none, ({_node(nodes[0])},), ({_node(nodes[1])},))"
        return f"math.frac({_node(nodes[0])}, {_node(nodes[1])})"
    if tag == "msqrt":
        return f"math.sqrt({_joined(nodes)})"
    if tag == "mroot" and len(nodes) == 2:
        return f"math.root({_node(nodes[1])}, {_node(nodes[0])})"
    if tag == "mtable":
        return _table(node)
    if tag in ("semantics",):
        return _node(nodes[0]) if nodes else "[]"
    if tag in ("annotation", "annotation-xml", "none", "mprescripts"):
        return "[]"
    return _fenced(nodes) if nodes else (literal(_text(node)) if _text(node) else "[]")
