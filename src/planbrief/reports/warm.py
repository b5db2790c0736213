"""What every report needs, imported once by the warm parent from which reports are forked."""

from __future__ import annotations


def warm() -> None:
    """Import the heavy libraries and draw one throw-away figure; compile nothing (see ENGINEERING in the README)."""
    import io

    from matplotlib.figure import Figure

    import planbrief.display.charts
    import planbrief.measures.audit
    import planbrief.reports.html
    import planbrief.reports.pdf
    from planbrief.display.fonts import register

    register()
    Figure().savefig(io.BytesIO(), format="svg")
    _ = planbrief.display.charts, planbrief.measures.audit, planbrief.reports.html, planbrief.reports.pdf
