"""The environment in which notebooks run, fixed so that the same inputs give the same outputs."""

from __future__ import annotations

import os
from collections.abc import Mapping

#: What any process that runs notebooks in planbrief's way needs, whoever asked for it.
RUNNER_ENV: Mapping[str, str] = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # debugpy warns on stderr about frozen modules when it is imported into a kernel.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

#: What planbrief's own builds fix in addition. Each of these was seen to change bytes (hash order of user code,
#: local time, collation), or to start threads, with which a process cannot safely be forked.
DETERMINISTIC_ENV: Mapping[str, str] = {
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "LANGUAGE": "",
    "PYTHONUTF8": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    # A width that pandas, rich and click would otherwise take from the terminal of whoever starts the build.
    "COLUMNS": "80",
    "LINES": "24",
}

#: Variables that say something about the starting terminal or interpreter and nothing about the report.
_DROPPED = ("PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONWARNINGS", "PYTHONBREAKPOINT", "NO_COLOR")


def worker_environment(fixed: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a process that runs notebooks.

    Parameters
    ----------
    fixed : mapping, optional
        Variables set on top of the caller's own; ``DETERMINISTIC_ENV`` if not given.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    environment.update(DETERMINISTIC_ENV if fixed is None else fixed)
    environment.update(RUNNER_ENV)
    return environment
