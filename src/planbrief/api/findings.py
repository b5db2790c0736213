"""What a reader is told in words, as frames: findings of the audit and insights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from planbrief.targets import Dataset

#: Severities of findings, mildest first.
SEVERITIES = ("note", "not_comparable", "implausible", "inconsistent")


def findings(ds: Dataset, region: str | None, lang: str) -> pd.DataFrame:
    """Findings of the audit, worst first; see :meth:`planbrief.api.data.Data.audit`."""
    import pandas as pd

    from planbrief.display.language import message
    from planbrief.display.state import language
    from planbrief.measures.audit import audit

    rows = [
        (
            *(finding.id, finding.rule, message(f"rule.{finding.rule}", language(lang)), finding.severity),
            *(_sentence(ds, finding, lang), finding.discrepancy, finding.tolerance, finding.unit),
            finding.observations,
        )
        for finding in audit(ds, region)
    ]
    columns = ["id", "rule", "name", "severity", "text", "discrepancy", "tolerance", "unit", "observations"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(severity=pd.Categorical(frame["severity"], SEVERITIES, ordered=True))


def insights(ds: Dataset, region: str, lang: str) -> pd.DataFrame:
    """Insights of a place, weightiest first; see :meth:`planbrief.api.data.Data.insights`."""
    import pandas as pd

    from planbrief.display.views.insights import story

    rows = [
        (
            *(region, insight.rule, insight.topic, _sentence(ds, insight, lang), insight.weight),
            *(len(insight.assumptions), insight.observations),
        )
        for insight in story(ds, region)
    ]
    columns = ["ref_area", "rule", "topic", "text", "weight", "assumptions", "observations"]
    return pd.DataFrame(rows, columns=columns)


def _sentence(ds: Dataset, told: Any, lang: str) -> str:
    """A finding or an insight in words."""
    from planbrief.display.document import run_text
    from planbrief.display.sentence import sentence_runs, templates_for, values_of
    from planbrief.display.state import Page, language

    pair = templates_for(told, None, "audit")
    if pair is None:
        return ""
    page = Page("audit", language(lang), ds)
    template = pair[0] if lang == "zh" else pair[1]
    return run_text(sentence_runs(template, values_of(told), page, "audit", loose=True)).replace("**", "")
