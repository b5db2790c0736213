"""Small editions for the tests: real HTML, real PDFs by typst, a manifest that fits."""

from __future__ import annotations

import functools
from pathlib import Path

from planbrief.files import UNTOUCHED
from planbrief.publish.edition import Publication
from planbrief.publish.gate import VERDICT, pdf_facts
from planbrief.publish.output_folder import UNCHANGED
from planbrief.run.manifest import FindingEntry, Manifest, ReportEntry

REPORTS = (
    ("brief", "四市规划目标简报", "Plan targets of four cities"),
    ("profile-fuling", "涪陵概况", "Profile of Fuling"),
)


@functools.cache
def pdf(text: str, pages: int = 1) -> bytes:
    """A conforming PDF with a line of text on each page."""
    import typst

    source = (
        '#set document(title: "T", date: datetime(year: 2025, month: 9, day: 1))\n#set text(lang: "en")\n'
        "#show heading: set block(sticky: false)\n= Title\n" + "\n#pagebreak()\n".join([f"#text({text!r})"] * pages)
    )
    source = source.replace("'", '"')
    return typst.compile(source.encode(), format="pdf", pdf_standards=["ua-1", "a-2a"])


def page(title: str, body: str = "", lang: str = "zh") -> bytes:
    """A whole HTML page with one anchor and one link to the index."""
    index = "../index.html" if lang == "zh" else "../index.en.html"
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>'
        f'<body><h1 id="answer">{title}</h1><p>{body}</p><a href="#answer">#</a><a href="{index}">↑</a></body></html>'
    ).encode()


def entry(publication: Publication, report_id: str, lang: str, title: str, text: str, **changes: object) -> ReportEntry:
    """Add a report's files and describe them."""
    document = pdf(text)
    pages = pdf_facts(document).pages
    described = {
        "id": report_id,
        "lang": lang,
        "title": title,
        "parameters": {"region": "fuling"} if "fuling" in report_id else {},
        "data_as_of": "2025-09-01",
        "key": f"key of {report_id} {text}",
        "html": publication.add_file(f"{lang}/{report_id}.html", page(title, text, lang)),
        "pdf": publication.add_file(f"{lang}/{report_id}.pdf", document, pages),
        "figures": {"bazhong/gdp": {"value": 1.5, "unit": "%", "observations": ["o1"]}},
        "city": ("涪陵",) if "fuling" in report_id else ("巴中", "涪陵"),
        "about": "What is in it.",
    }
    return ReportEntry(**{**described, **changes})  # type: ignore[arg-type]


def manifest(publication: Publication, reports: list[ReportEntry], text: str) -> Manifest:
    """A manifest over reports with an observations file."""
    observations = publication.add_file("data/observations.csv", f"obs_id,value\no1,{text}\n".encode())
    publication.add_file("data/areas.csv", b"ref_area\nfuling\n")
    return Manifest(
        data_sha256="0" * 64,
        observations=observations,
        reports=tuple(reports),
        findings=(FindingEntry("f1", "sum", "error", ("o1",)),),
        run={"started": "2026-01-01T00:00:00+00:00", "seconds": 1.5},
    )


def build(out: Path, text: str, *, fail: tuple[str, ...] = (), **options: object) -> str:
    """One whole build of every report in both languages, some of which fail; returns the edition's id."""
    with Publication(out, **options) as publication:  # type: ignore[arg-type]
        reports = []
        for report_id, zh, en in REPORTS:
            for lang, title in (("zh", zh), ("en", en)):
                if report_id in fail:
                    tried = ReportEntry(report_id, lang, title)
                    reports.append(publication.failed(tried, "cell 3: division by zero"))
                else:
                    reports.append(entry(publication, report_id, lang, title, text))
        return publication.publish(manifest(publication, reports, text))


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, but for the manifest's run block."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def leftovers(out: Path) -> list[str]:
    """What lies beside an output folder that no finished build leaves there."""
    state = out.parent / f".planbrief-{out.name}"
    if not state.exists():
        return []
    kept = {"lock", "state.json", "editions", VERDICT, UNTOUCHED, UNCHANGED}  # the last three: what builds remember
    return sorted(entry.name for entry in state.iterdir() if entry.name not in kept)
