# Works in ./.venv and leaves the machine's own Python alone. `make` explains itself.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help report test check lab bench golden reproducible soak recipes dist matrix clean

help: ## this list
	@echo "planbrief: checked tables, growth rates, comparisons and briefs from Chinese development plans"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# An environment that cannot be made is said in one line, with what to install.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) not found; install Python 3.11 or newer, or name it: make PYTHON=/path/to/python" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $$($(PYTHON) --version) is too old; planbrief needs Python 3.11 or newer: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON) cannot make virtual environments; install its venv module (Debian, Ubuntu: apt install python3-venv)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-lab: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[lab]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-check: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[test,check]'
	@touch $@ $(VENV)/.installed-test $(VENV)/.installed

# Compiled beforehand: a machine that is told to write no bytecode would compile all of it at every start.
report: $(VENV)/.installed ## build every report into reports/latest
	@$(BIN)/python -m compileall -q src
	$(BIN)/planbrief build

# ORDER='--random-order' shuffles them: CI does, so that no test lives on what another one left.
test: $(VENV)/.installed-test ## run the tests
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup --max-worker-restart 2 $(ORDER)

check: $(VENV)/.installed-check ## format, lint, types, data and notebooks, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/planbrief check
	$(MAKE) test

lab: $(VENV)/.installed-lab ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

bench: $(VENV)/.installed-test ## measure; prints Markdown tables and JSON
	@$(BIN)/python -m compileall -q src
	$(BIN)/python tests/bench/run.py

golden: $(VENV)/.installed-test ## write the golden fragments anew, to be read before they are committed
	$(BIN)/python -m pytest -q tests --golden -m golden

reproducible: $(VENV)/.installed-test ## build everything twice under unlike circumstances, compare every byte
	$(BIN)/python tests/e2e/reproducible.py

soak: $(VENV)/.installed-test ## the long form of the fault-injection tests; prints its counts
	$(BIN)/python -m pytest tests/soak -q -s

recipes: $(VENV)/.installed ## run the Airflow and Prefect recipes, each in an environment of its own
	$(BIN)/python tests/recipes/run.py

dist: $(BIN)/python ## build wheel and sdist into dist/, check them and use each in an empty environment
	$(BIN)/python tests/distribution/run.py

matrix: $(BIN)/python ## run the rooms that depend on versions under every Python there is: pinned, newest, lowest
	$(BIN)/python tests/distribution/matrix.py

clean: ## remove the environment and everything built
	rm -rf $(VENV) .venv-recipes .venv-matrix dist reports/latest reports/.planbrief-latest .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
