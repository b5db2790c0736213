"""Nothing leaks from one notebook into the next, and the machine does not show."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from run.engine.notebooks import notebook, outputs_text, run

from planbrief.run.pool.executor import Pool

PATIENCE = 240.0

#: What a notebook may do to its process, and how another one would notice.
LEAKS = {
    "variable": (
        "leak = 1; import builtins; builtins.leak = 1",
        "'leak' in globals() or hasattr(__builtins__, 'leak')",
    ),
    "module": (
        "import colorsys, json; json.leak = 1",
        "import sys, json\n'colorsys' in sys.modules or hasattr(json, 'leak')",
    ),
    "folder": ("import os; os.chdir('/')", "import os\nos.getcwd() == '/'"),
    "environment": ("import os; os.environ['LEAK'] = '1'", "import os\n'LEAK' in os.environ"),
    "rcParams": (
        "import matplotlib; matplotlib.rcParams['figure.dpi'] = 7",
        "import matplotlib\nmatplotlib.rcParams['figure.dpi'] == 7",
    ),
    "figures": (
        "import matplotlib.pyplot as plt; plt.switch_backend('agg'); plt.figure(); plt.figure()",
        "import matplotlib.pyplot as plt\nplt.get_fignums() != [] or plt.get_backend() == 'agg'",
    ),
    "pandas options": (
        "import pandas as pd; pd.set_option('display.max_rows', 3)",
        "import pandas as pd\npd.get_option('display.max_rows') == 3",
    ),
    "random state": (
        "import random, numpy as np; random.seed(1); np.random.seed(1); random.random(), np.random.rand()",
        "import random, numpy as np\nround(random.random(), 4) == 0.8474 or round(np.random.rand(), 4) == 0.7203",
    ),
    "warnings": (
        "import warnings; warnings.simplefilter('error'); None",
        "import warnings\nany(f[0] == 'error' and f[2] is Warning for f in warnings.filters)",
    ),
    "time zone": (
        "import os, time; os.environ['TZ'] = 'Asia/Shanghai'; time.tzset()",
        "import time\ntime.tzname != ('UTC', 'UTC')",
    ),
    "locale": (
        "import locale; locale.setlocale(locale.LC_ALL, 'C'); None",
        "import locale\nlocale.setlocale(locale.LC_CTYPE) == 'C'",
    ),
    "import path": ("import sys; sys.path.insert(0, '/leak')", "import sys\n'/leak' in sys.path"),
    "signal": (
        "import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "import signal\nsignal.getsignal(signal.SIGUSR1) == signal.SIG_IGN",
    ),
    "thread": (
        "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()",
        "import threading\nthreading.active_count() > 1",
    ),
    "temporary file": (
        "import tempfile, os; open(os.path.join(tempfile.gettempdir(), 'leak'), 'w').close()",
        "import tempfile, os\n'leak' in os.listdir(tempfile.gettempdir())",
    ),
    "shell": (
        "get_ipython().display_formatter.active_types = ['text/plain']\n%alias leak ls",
        "shell = get_ipython()\n"
        "shell.display_formatter.active_types == ['text/plain'] or 'leak' in shell.magics_manager.magics['line']",
    ),
    "execution count": ("1", "get_ipython().execution_count > 2"),
    "recursion limit": ("import sys; sys.setrecursionlimit(400)", "import sys\nsys.getrecursionlimit() == 400"),
}


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(1, ("pandas", "matplotlib.pyplot"), scratch=tmp_path_factory.mktemp("scratch")) as pool:
        yield pool


@pytest.mark.parametrize("name", LEAKS)
def test_nothing_leaks_into_the_next_notebook(pool: Pool, tmp_path: Path, name: str) -> None:
    """What one notebook does to its process, the next one does not see."""
    cause, symptom = LEAKS[name]
    pool.submit(run, notebook(cause), str(tmp_path)).result(PATIENCE)
    after = pool.submit(run, notebook(symptom), str(tmp_path)).result(PATIENCE)
    assert outputs_text(after.cells[0]) == "False"


def test_the_symptoms_can_be_seen(pool: Pool, tmp_path: Path) -> None:
    """The checks above see something: in one notebook together, cause and symptom meet."""
    seen = {
        name: outputs_text(pool.submit(run, notebook(cause, symptom), str(tmp_path)).result(PATIENCE).cells[-1])
        for name, (cause, symptom) in LEAKS.items()
        if name != "random state"
    }
    assert {name for name, text in seen.items() if text != "True"} == set()


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_machine_does_not_show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, zone: str) -> None:
    """Time zone, hash seed, locale and terminal of whoever starts the build change nothing."""
    for name, value in {"TZ": zone, "PYTHONHASHSEED": "7", "LC_ALL": "zh_CN.UTF-8", "COLUMNS": "40"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    cells = [
        "import time; time.strftime('%Z'), hash('a')",
        "{'b', 'a', 'c', 'd', 'e'}.__repr__() == str({'b', 'a', 'c', 'd', 'e'}), list({'b', 'a', 'c', 'd', 'e'})",
        "import shutil, os; shutil.get_terminal_size()[0], os.environ['OMP_NUM_THREADS']",
        "import warnings; warnings.warn('seen')",
    ]
    with Pool(1, scratch=tmp_path) as pool:
        done = pool.submit(run, notebook(*cells), str(tmp_path)).result(PATIENCE)
    text = [outputs_text(cell) for cell in done.cells]
    assert text[0].startswith("('UTC', ")
    assert text[2] == "(80, '1')"
    assert "seen" in text[3]
    code = "print([hash('a'), list({'b', 'a', 'c', 'd', 'e'})])"
    same = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    number, order = same.strip()[1:-1].split(", ", 1)
    assert number in text[0]
    assert order in text[1]


def test_variables_of_one_run_are_its_own(pool: Pool, tmp_path: Path) -> None:
    """An environment given to execute holds for that notebook, and the process has its own back afterwards."""
    nb = notebook("import os, time; os.environ['GIVEN'], time.tzname[0]")
    done = pool.submit(run, nb, str(tmp_path), env={"GIVEN": "yes", "TZ": "Asia/Shanghai"}).result(PATIENCE)
    assert outputs_text(done.cells[0]) == "('yes', 'CST')"
    done = pool.submit(run, notebook("import os, time; os.environ.get('GIVEN'), time.tzname[0]"), str(tmp_path))
    assert outputs_text(done.result(PATIENCE).cells[0]) == "(None, 'UTC')"
