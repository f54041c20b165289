# make demo and make test need nothing but Python (3.11 or later, with venv) and make.

PYTHON ?= python3
VENV ?= .venv-make
BIN := $(VENV)/bin

# What the tests start again and again need not be compiled each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test sweep lint types docs docs-check sizes wheel-check clean

demo: $(VENV)/.report
	$(BIN)/trialplan demo --force

# The tests of a file run on one core, so that what they share is made once.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not sweep"

# The sweeps that take minutes. SWEEP=--tenth runs a tenth of them, drawn anew each time; the closing line has its seed.
sweep: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto -m sweep $(SWEEP)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

# The pages that the program writes about itself: README numbers, commands, agreement, gaps.
docs: $(VENV)/.dev
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cog -r -P -I docs README.md
	for page in docs/build_*.py tests/tools/*.py; do $(BIN)/python $$page || exit 1; done

docs-check: $(VENV)/.dev
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cog --check -P -I docs README.md
	printf '%s\n' docs/build_*.py tests/tools/*.py | xargs -P 2 -I PAGE $(BIN)/python PAGE --check

# What stands out in length; it fails nothing, it starts a conversation.
sizes: $(VENV)/.dev
	$(BIN)/python docs/sizes.py

# The built wheel, installed alone, must run the demo from another folder: without pandoc, then with it.
wheel-check: $(VENV)/.dev
	rm -rf build/wheel && mkdir -p build/wheel/elsewhere
	$(BIN)/python -m build --wheel --outdir build/wheel .
	$(PYTHON) -m venv build/wheel/bare
	build/wheel/bare/bin/python -m pip install --quiet --disable-pip-version-check build/wheel/*.whl
	cd build/wheel/elsewhere && ../bare/bin/trialplan demo --output plain && test -s plain/protocol.md && test ! -e plain/protocol.html
	build/wheel/bare/bin/python -m pip install --quiet --disable-pip-version-check "$$(ls build/wheel/*.whl)[report]"
	cd build/wheel/elsewhere && ../bare/bin/trialplan demo --output full && test -s full/protocol.html && test -s full/protocol.docx

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.report: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[report]'
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ $(VENV)/.report

clean:
	rm -rf .venv-* $(VENV) build dist trialplan-demo
