"""The engine that papermill finds under the name ``planbrief``: ``papermill --engine planbrief in.ipynb out.ipynb``.

papermill imports this module whenever it is imported itself, so there is nothing here but the class.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import Engine


class PlanbriefEngine(Engine):
    """Runs notebooks in forked processes; whatever it cannot run, papermill's own engine does."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, output_path: str | None = None, **options: Any) -> Any:
        """Execute a notebook for papermill; it is saved now and then and not, as usual, before and after each cell."""
        from planbrief.reports.engine.papermill_run import execute_for_papermill

        return execute_for_papermill(nb, kernel_name, output_path, **options)
