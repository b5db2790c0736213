"""Formulas: TeX to MathML for HTML, and the same MathML to Typst for PDF.

The MathML comes from latex2mathml, without a browser, MathJax or a TeX installation. What it cannot parse is shown as
code with a note: a formula never breaks a page.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from functools import lru_cache

from lxml import etree

from planbrief.render.pdf.text import literal
from planbrief.render.safe_text import visible
from planbrief.render.stylesheets import hex_color
from planbrief.render.table_layout import covered

_EMS = re.compile(r"\d+(?:\.\d+)?em")
_RULE = re.compile(r"[\d.]+(?:em|pt|mm|cm|in) [\d.]+(?:em|pt|mm|cm|in)\Z")
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
    for node in root.iter():  # what \style and \href ask for: addresses that a page must not open
        for name in ("style", "href", "class", "id"):
            node.attrib.pop(name, None)
    _as_browsers_draw(root, display)
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
    "multlined": "lines", "equation": "", "equation*": "", "math": "", "displaymath": "", "subequations": "",
    "dcases": "cases", "cases*": "cases", "rcases": "behind", "drcases": "behind",
}  # fmt: skip
_AS = {
    "lines": (r"\begin{array}{c}", r"\end{array}"),
    "behind": (r"\left.\begin{array}{ll}", r"\end{array}\right\}"),
    "": ("", ""),
}
_BEGIN_OR_END = re.compile(
    r"\\(begin|end)\s*\{\s*(" + "|".join(re.escape(n) for n in _ENVIRONMENTS) + r")\s*\}"
    r"(?P<columns>\s*(?<=at\})\{\d+\}|\s*(?<=at\*\})\{\d+\})?(\[[tbc]\])?"
)
#: What stands between braces, with two levels of braces in it.
_GROUP = r"\{((?:[^{}]|\\[{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
#: TeX in the words that latex2mathml knows, in this order.
_WORDS = tuple(
    (re.compile(found), said)
    for found, said in (
        (r"(\\\\)\s*(?:\*|\[\s*-?[\d.]+\s*[a-z]{2,}\s*\])+", r"\1 "),  # space between lines
        (r"(?:\\\\\s*)?\\(?:short)?intertext\s*" + _GROUP, r"\\\\ \\text{\1} \\\\ "),
        (r"\\tag\s*\*\s*" + _GROUP, r"\\qquad\\text{\1}"),
        (r"\\tag\s*" + _GROUP, r"\\qquad\\text{(\1)}"),
        (r"\\eqref\s*" + _GROUP, r"\\text{(\1)}"),
        (r"\\ref\s*" + _GROUP, r"\\text{\1}"),
        # what says something to LaTeX's counters and nothing to readers
        (r"\\label\s*" + _GROUP + r"|\\(?:nonumber|notag|displaylimits|allowbreak|hfill)(?![A-Za-z])", ""),
        (r"\\cancelto\s*" + _GROUP + r"\s*" + _GROUP, r"{\\cancel{\2}}^{\1}"),
        (r"\\([bB]igg?)[lrm](?![A-Za-z])", r"\\\1"),
        (r"\\not\s*=", r"\\ne "),
        (r"\\color\s*(\{[^{}]*\})\s*(?=\{)", r"\\textcolor\1"),  # as MathJax takes it: of what follows, not of all
        (r"\\(arg|Pr|sgn|Var|Cov|E|diag|rank|tr)(?![A-Za-z])", r"\\operatorname{\1}"),
    )
)
_NAMES = re.compile(r"\\operatorname\s*\*?\s*" + _GROUP)
_SPACED = re.compile(r"\\[,;:! ]|~|\\(?:thin|med|thick)?space(?![A-Za-z])")
_WORDY = re.compile(r"(\\(?:text|mbox|textrm|textnormal)\s*)" + _GROUP)
_IN_TEXT = re.compile(r"(?<!\\)\$([^$]+)\$|\\\((.+?)\\\)")
#: Environments in which ``\\\\`` ends a row; outside of them and of braces it ends a line of the formula.
_ROWS = re.compile(r"\\begin\s*\{[^{}]*\}|\\end\s*\{[^{}]*\}|\\\\|\\[{}]|[{}]")


def _plain_tex(tex: str) -> str:
    """The formula in the words that latex2mathml knows."""

    def environment(match: re.Match[str]) -> str:
        name = _ENVIRONMENTS[match[2]]
        return _AS[name][match[1] == "end"] if name in _AS else f"\\{match[1]}{{{name}}}"

    def named(match: re.Match[str]) -> str:
        # A space inside of a name is one that the converter takes for a letter of it.
        return rf"\operatorname{{{_SPACED.sub(chr(0x2006), match[1].strip())}}}"

    def with_formulas(match: re.Match[str]) -> str:
        inside = _IN_TEXT.sub(lambda found: f"}}{found[1] or found[2]}{match[1]}{{", match[2])
        return f"{match[1]}{{{inside}}}"

    tex = _BEGIN_OR_END.sub(environment, tex)
    for found, said in _WORDS:
        tex = found.sub(said, tex)
    tex = _WORDY.sub(with_formulas, _NAMES.sub(named, tex)).strip()
    depth = 0
    for match in _ROWS.finditer(tex):
        if match.group() == r"\\" and depth == 0:
            columns = "align*" if "&" in tex else "array}{c"
            return rf"\begin{{{columns}}}{tex}\end{{{columns.partition('}')[0]}}}"
        depth += {"b": 1, "e": -1}.get(match.group()[1:2], {"{": 1, "}": -1}.get(match.group(), 0))
    return tex


_DEFINITION = re.compile(
    r"\\(?:(?:re|provide)?newcommand|DeclareMathOperator)\*?\s*\{?\s*\\(?P<name>[A-Za-z]+)\s*\}?\s*(?:\[(?P<count>\d)\])?\s*"
    + _GROUP.replace("(", "(?P<body>", 1)
    + r"|\\def\s*\\(?P<short>[A-Za-z]+)\s*(?P<places>(?:#\d)*)\s*"
    + _GROUP.replace("(", "(?P<said>", 1)
)
#: Names that authors gave, to what they stand for and how many arguments they take.
Macros = dict[str, tuple[str, int]]


def definitions(tex: str) -> tuple[str, Macros]:
    r"""TeX without the commands that it defines, and those.

    >>> definitions(r"\newcommand{\R}{\mathbb{R}} x")
    (' x', {'R': ('\\mathbb{R}', 0)})
    """
    found: Macros = {}
    for match in _DEFINITION.finditer(tex):
        if match["name"]:
            body = rf"\operatorname{{{match['body']}}}" if match[0].startswith(r"\Declare") else match["body"]
            found[match["name"]] = body, int(match["count"] or 0)
        else:
            found[match["short"]] = match["said"], len(match["places"] or "") // 2
    return _DEFINITION.sub("", tex) if found else tex, found


def expanded(tex: str, macros: Macros) -> str:
    r"""TeX in which the author's own commands are what they stand for.

    >>> expanded(r"\norm{x} \in \R", {"norm": (r"\lVert #1\rVert", 1), "R": (r"\mathbb{R}", 0)})
    '{\\lVert x\\rVert} \\in {\\mathbb{R}}'
    """
    for _ in range(8):  # one may name another
        before = tex
        for name, (body, count) in macros.items():
            arguments = rf"\s*(?:{_GROUP}|(\\[A-Za-z]+|[^\s{{}}\\]))" * count
            for match in reversed(list(re.finditer(rf"\\{name}(?![A-Za-z]){arguments}", tex))):
                text, given = body, match.groups()
                for place in range(count):
                    text = text.replace(f"#{place + 1}", given[2 * place] or given[2 * place + 1] or "")
                tex = f"{tex[: match.start()]}{{{text}}}{tex[match.end() :]}"
        if tex == before or len(tex) > _MAX_TEX:
            break
    return tex


#: Kinds of letters by their name in Unicode: browsers know no ``mathvariant`` but the upright one.
_LETTERS = {
    "bold": "BOLD", "bold-italic": "BOLD ITALIC", "double-struck": "DOUBLE-STRUCK", "script": "SCRIPT",
    "bold-script": "BOLD SCRIPT", "fraktur": "FRAKTUR", "bold-fraktur": "BOLD FRAKTUR", "sans-serif": "SANS-SERIF",
    "bold-sans-serif": "SANS-SERIF BOLD", "monospace": "MONOSPACE",
}  # fmt: skip


def _lettered(text: str, kind: str) -> str:
    """Letters and digits as those of a mathematical alphabet; what has none there stays."""
    pieces = []
    for character in text:
        name = re.sub(r"^(LATIN|GREEK) (\w+) LETTER ", r"\2 ", unicodedata.name(character, ""))
        for whole in (f"MATHEMATICAL {kind} {name}", f"{kind.replace('FRAKTUR', 'BLACK-LETTER')} {name}"):
            with contextlib.suppress(KeyError):
                character = unicodedata.lookup(whole.replace("ITALIC DIGIT", "DIGIT"))
                break
        pieces.append(character)
    return "".join(pieces)


#: Names that carry what belongs to them below, in a display.
_BELOW = frozenset("lim max min sup inf argmax argmin limsup liminf det gcd Pr".split())


def _as_browsers_draw(root: etree._Element, display: bool) -> None:
    """Names of symbols, alphabets and limits in the words of MathML Core, which is what browsers draw."""
    from latex2mathml.symbols_parser import convert_symbol

    for node in root.iter("mi", "mo", "mn", "mtext"):
        if node.tag == "mo" and len(node):  # \mathop: an operator holds text and no elements
            pieces = [" " if part.tag == "mspace" else (part.text or "") for part in node.iter()]
            node[:], node.text = [], "".join(pieces).strip()
        if node.tag == "mtext":
            node.text = re.sub(r"\\([%&$#_{} ])", r"\1", node.text or "")
            if weight := {"bold": "font-weight:bold", "italic": "font-style:italic"}.get(node.get("mathvariant", "")):
                node.set("style", weight)
        elif kind := _LETTERS.get(node.get("mathvariant", "")):
            node.text = _lettered(node.text or "", kind)
            del node.attrib["mathvariant"]
        if node.tag == "mo" and (node.text or "").startswith("\\"):
            code = convert_symbol(node.text or "")
            node.text = (
                chr(int(code, 16)) if code else (node.text or "")[1:] if (node.text or "")[1:] in "{}|" else node.text
            )
        if display and node.tag == "mo" and re.sub(r"\s", "", node.text or "") in _BELOW:
            script, around = node.getparent(), [str(parent.tag) for parent in node.iterancestors()]
            if (
                around[0] in ("msub", "msubsup")
                and script is not None
                and script[0] is node
                and not _SMALL & {*around[1:]}
            ):
                script.tag = "munder" if around[0] == "msub" else "munderover"
    for table in root.iter("mtable"):
        for mark in (table.getprevious(), table.getnext()):
            if mark is not None and _text(mark) in ("|", "‖"):
                mark.set("stretchy", "true")
    for struck in root.iter("mpadded"):
        # \not before a relation: one character says both
        if _text(struck) == "⧸" and (relation := struck.getnext()) is not None:
            whole = unicodedata.normalize("NFC", f"{_text(relation)}\u0338")
            if len(whole) == 1:
                relation.text, struck.tag, struck[0].text = whole, "mrow", ""


#: What sets its inside in the style of running text.
_SMALL = frozenset(("mfrac", "msub", "msup", "msubsup", "munder", "mover", "munderover"))


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
                rules = [f"text-align:{cell.get('columnalign')}"] if cell.get("columnalign") else []
                if table.get("columnspacing", "").startswith("0em"):  # two columns that meet in a relation
                    rules.append(f"padding-{'left' if place % 2 else 'right'}:0")
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
    return node.tag == "mo" and (_text(node) in _FENCES or (node.get("fence") == "true" and not _text(node)))


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
    code = f"symbol({literal(text)})" if _is_symbol(text) else f"math.op({literal(text)})"
    return f"math.lr(size: {node.get('minsize')}, {code})" if _EMS.fullmatch(node.get("minsize", "")) else code


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
    rows = [[_joined(_children(cell)) for cell in row if cell.tag == "mtd"] for row in _children(node)]
    if not rows:
        return "[]"
    across, down = node.get("columnlines", "").split(), node.get("rowlines", "").split()
    vertical = [str(n + 1) for n in range(max(map(len, rows)) - 1) if _solid(across, n)]
    level = [str(n + 1) for n in range(len(rows) - 1) if _solid(down, n)]
    rules = [f"{kind}: ({', '.join(places)},)" for kind, places in (("vline", vertical), ("hline", level)) if places]
    options = f", augment: ({', '.join(rules)})" if rules else ""
    sides = {cell.get("columnalign", "center") for row in node.iterchildren("mtr") for cell in row.iterchildren("mtd")}
    if node.get("columnspacing", "").startswith("0em"):  # an alignment: its columns meet at points, right and left
        rows = [["{" + "; $&$.body; ".join(_spread(row)) + "}"] for row in rows]
    elif sides == {"left"} or sides == {"right"}:
        options += f", align: {sides.pop()}"
    return f"math.mat(delim: none{options}, {', '.join('(' + ', '.join([*row, '']) + ')' for row in rows)})"


def _spread(cells: list[str]) -> list[str]:
    """Cells of an alignment, with a space before each pair but the first."""
    return [f"h(2em); {cell}" if place and place % 2 == 0 else cell for place, cell in enumerate(cells)]


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
        kind = {"bold": "strong", "italic": "emph"}.get(node.get("mathvariant", ""), "")
        return (
            f"{kind}({literal(text)})"
            if text.strip() and kind
            else literal(text)
            if text.strip()
            else "h(0.333em)" * bool(text) or "[]"
        )
    if tag == "mstyle" and (color := hex_color(node.get("mathcolor", ""))):
        return f'text(fill: rgb("#{color}"), {_joined(nodes)})'
    if tag == "mspace":
        width, height = node.get("width", ""), node.get("height", "")
        if node.get("mathbackground"):
            return f"box(fill: black, width: {width}, height: {height})" if _RULE.match(f"{width} {height}") else "[]"
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
