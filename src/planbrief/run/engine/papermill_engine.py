"""The engine that papermill finds under the name ``planbrief``: ``papermill --engine planbrief in.ipynb out.ipynb``.

papermill loads this module whenever it is imported itself, so there is nothing here but the class, and even that is
made when it is asked for: the module that needs papermill's ``Engine`` and the package that loads the module import
each other, and either may be the first.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Return ``PlanbriefEngine``, the class that papermill's entry point names."""
    if name != "PlanbriefEngine":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from papermill.engines import Engine

    if name in globals():
        return globals()[name]  # made while papermill was being imported in the line above

    class PlanbriefEngine(Engine):
        """Runs notebooks in forked processes; whatever it cannot run, papermill's own engine does."""

        @classmethod
        def execute_notebook(cls, nb: Any, kernel_name: str, output_path: str | None = None, **options: Any) -> Any:
            """Execute a notebook for papermill, saving it now and then instead of before and after each cell."""
            from planbrief.run.engine.papermill_run import execute_for_papermill

            return execute_for_papermill(nb, kernel_name, output_path, **options)

    return globals().setdefault(name, PlanbriefEngine)
