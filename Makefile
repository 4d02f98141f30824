PYTHON ?= python3.11
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup run test test-long check format bench docs messages lock corpus fuzz
.DEFAULT_GOAL := help

help: ## show these lines
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.desk: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.desk
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

setup: $(VENV)/.desk ## build .venv with what the desk needs

run: $(VENV)/.desk ## open a throw-away desk with a benign ten-day case, played to day 3
	$(BIN)/entente demo --port $(PORT)

test: $(VENV)/.dev ## the whole suite; what is skipped is named in the summary
	$(BIN)/python -m pytest

test-long: $(VENV)/.dev ## the suite with many more drawn examples
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest

check: $(VENV)/.dev ## format, lint, types, walls, documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m django makemigrations --check --dry-run --settings entente.web.settings
	$(BIN)/python -m pytest tests/house -q

format: $(VENV)/.dev ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## the figures, as ratios against named peers in the same run
	$(BIN)/python -m benchmarks

docs: $(VENV)/.dev ## make again the pages that are derived from the code
	$(BIN)/python -m tests.house.documents

messages: $(VENV)/.dev ## gather and compile the French and Italian catalogues (needs gettext)
	cd src/entente && ../../$(BIN)/python -m django makemessages --settings entente.web.settings -l fr -l it --no-location
	cd src/entente && ../../$(BIN)/python -m django compilemessages --settings entente.web.settings

lock: ## pin every dependency again (needs uv)
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra desk --extra build --extra postgres --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra desk --extra build -c requirements-dev.lock pyproject.toml -o requirements.lock

corpus: ## fetch the hostile corpora of Debian's source packages into corpus/, which git ignores
	$(BIN)/python -m tests.evidence.corpus

FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= vics icse hashlist json tags notes clues moments answers containers

fuzz: $(VENV)/.dev ## fuzz our own parsers, FUZZ_SECONDS each (needs atheris, which is installed here)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'atheris>=3'
	for target in $(FUZZ_TARGETS); do $(BIN)/python -m tests.fuzz.harness $$target --seconds $(FUZZ_SECONDS) || exit 1; done
