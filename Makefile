# glasspara: two commands matter, `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= auto

.PHONY: help demo test test-lowest lint format bench fuzz study reproduce figures docs fixtures clean

help:
	@echo "make demo      install into .venv and run the main job on a bundled synthetic campaign"
	@echo "make test      lint, type-check and run the tests"
	@echo "make test-lowest  run the tests with the lowest versions that pyproject.toml allows, in .venv-lowest"
	@echo "make bench     run the benchmarks"
	@echo "make fuzz      hostile input and broken machines for FUZZ_SECONDS (120)"
	@echo "make study     run the longer simulations behind the numbers in docs/ (many hours)"
	@echo "make reproduce the source's tables and figures from synthetic data, into reproduction/"
	@echo "make figures   draw the figures of docs/ that studies/figures.py makes again"
	@echo "make docs      build the docs site into site/ (strict: a warning or a broken link is an error)"
	@echo "make fixtures  write fixtures/ again from the simulator (byte for byte)"

# An editable install compiles nothing; where PYTHONDONTWRITEBYTECODE is set every start would do it anew.
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("glasspara needs Python >= 3.11; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	$(BIN)/python -m compileall -q glasspara
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

demo: $(VENV)/.installed
	@BIN=$(BIN) sh examples/demo.sh

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: lint
	$(BIN)/python -m compileall -q glasspara
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

$(VENV)-lowest/.installed: pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(PYTHON) tests/lowest.py > $(VENV)-lowest/pins.txt
	$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(VENV)-lowest/pins.txt
	$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

test-lowest: $(VENV)-lowest/.installed
	OPENBLAS_NUM_THREADS=1 $(VENV)-lowest/bin/python -m pytest -n $(JOBS) --dist worksteal

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m fuzzing

study: $(VENV)/.installed-dev
	$(BIN)/python -m studies.rates
	$(BIN)/python -m studies.starts
	$(BIN)/python -m studies.intervals
	$(BIN)/python -m studies.calibration
	$(BIN)/python -m studies.comparison
	$(BIN)/python -m studies.universality
	$(BIN)/python -m studies.weak_fields
	$(BIN)/python -m studies.windows_and_waves
	$(BIN)/python -m studies.certificates
	$(BIN)/python -m studies.hysteresis
	$(BIN)/python -m studies.plan

reproduce: $(VENV)/.installed
	$(BIN)/glasspara reproduce --out reproduction --force

figures: $(VENV)/.installed
	$(BIN)/python -m studies.figures

docs: $(VENV)/.installed-docs
	$(BIN)/mkdocs build --strict
	@echo "The site is in site/: open site/index.html"

fixtures: $(VENV)/.installed
	$(BIN)/python fixtures/make.py

clean:
	rm -rf $(VENV) $(VENV)-lowest build dist *.egg-info demo-output reproduction site
