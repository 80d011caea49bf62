# Everything runs in .venv, which is made from requirements.lock. PYTHON chooses the interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
PACKAGES := dissectors replay netmip6scope
BESIDE := tests benchmarks
# As pip does with what it copies; where Python may write no byte code, every start would compile.
COMPILE = $(BIN)/python -m compileall -q $(PACKAGES)

.PHONY: help venv demo test lint check requirements seeds samples bench fuzz clean lock

help:
	@echo "make demo | test | lint | check | requirements | seeds | samples | bench | fuzz | venv | clean | lock"

venv: $(STAMP)

# The environment is laid anew rather than updated, so that nothing outside the lock stays in it.
$(STAMP): pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "$(PYTHON) was not found: apt-get install python3 python3-venv" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "netmip6scope needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -V 2>&1 | cut -d" " -f2): try make PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 2; }
	@rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

demo: venv
	@mkdir -p build
	@$(BIN)/netmip6scope handoffs sample_pcaps/slaac_handoff.pcap
	@$(BIN)/netmip6scope handoffs sample_pcaps/slaac_handoff.pcap -o build/slaac_handoff.csv
	@echo build/slaac_handoff.csv

test: venv
	$(BIN)/python -m pytest -q -n 2 tests

lint: venv
	$(BIN)/ruff format --check $(PACKAGES) $(BESIDE)
	$(BIN)/ruff check $(PACKAGES) $(BESIDE)
	$(BIN)/mypy --strict $(PACKAGES:%=-p %)
	$(BIN)/lint-imports

check: lint test

# Random scenarios beyond those of the suite; a failing one prints the command that repeats it.
seeds: venv
	SEEDS=200 $(BIN)/python -m pytest -q -n 2 tests/replay/test_seeds.py

# The scenarios that come with the program, with their captures and what happened in them.
samples: venv
	$(BIN)/python -m netmip6scope.simulation.samples sample_pcaps/simulated

# Which test holds which row of the draft; fails for a row without one.
requirements: venv
	$(BIN)/python -m pytest -q --requirements tests

bench: venv
	@$(COMPILE)
	$(BIN)/python benchmarks/objects.py
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/simulate.py
	$(BIN)/python benchmarks/replay.py
	$(BIN)/python benchmarks/incidents.py

fuzz: venv
	$(BIN)/python benchmarks/fuzz.py 1000000

# Needs uv on PATH. --universal: one lock for every platform and Python from 3.11 on.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --all-extras pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find $(PACKAGES) $(BESIDE) -name __pycache__ -type d -prune -exec rm -rf {} +
