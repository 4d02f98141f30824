PYTHON ?= python3.11
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# Python keeps what it compiled, whatever a machine says of itself: the suite starts its own programs by the hundred.
export PYTHONDONTWRITEBYTECODE :=
# One more than the cores of a small machine: while one waits for its browser, its disk or a lock, another works.
WORKERS ?= 3
# Each of them multiplies with one thread: with more, those of the others would wait for one another at full heat.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: doors help setup text run test test-long check lint format bench bench-match bench-link bench-examine docs messages lock corpus fuzz audit bars bar-1 bar-2 bar-3 bar-4 bar-5 bar-6 bar-7
.DEFAULT_GOAL := help

help: ## show these lines
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.desk: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.desk
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

setup: $(VENV)/.desk ## build .venv with what the desk needs

text: $(VENV)/.desk ## add what reads writing in pictures (120 MB; Tesseract's data for each script is the system's)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-text.lock

run: $(VENV)/.desk ## open a throw-away desk with a benign ten-day case, played to day 3
	$(BIN)/entente demo --port $(PORT)

test: $(VENV)/.dev ## the whole suite; what is skipped is named in the summary
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

test-long: $(VENV)/.dev ## the suite with many more drawn examples
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: lint ## format, lint, types, walls, documents
	$(BIN)/python -m pytest tests/house -q

lint: $(VENV)/.dev ## of these what runs no test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m django makemigrations --check --dry-run --settings entente.web.settings

format: $(VENV)/.dev ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## the figures, as ratios against named peers in the same run
	$(BIN)/python -m benchmarks

bench-match: $(VENV)/.dev ## is it known: hashes, index, parts, videos, lists, bulk (hours)
	$(BIN)/python -m benchmarks pdq match crops video_hash video_match list_import backwards bulk

bench-link: $(VENV)/.dev ## what belongs together: every benchmarks/link_*.py
	$(BIN)/python -m benchmarks $(sort $(patsubst benchmarks/%.py,%,$(wildcard benchmarks/link_*.py)))

bench-examine: $(VENV)/.dev ## examine together in the real browser: the grid; ten windows on one item
	$(BIN)/python -m benchmarks grid together

docs: $(VENV)/.dev ## make again the pages that are derived from the code
	$(BIN)/python -m tests.house.documents

messages: $(VENV)/.dev ## gather and compile the French and Italian catalogues (needs gettext)
	cd src/entente && ../../$(BIN)/python -m django makemessages --settings entente.web.settings -l fr -l it --no-location
	cd src/entente && ../../$(BIN)/python -m django compilemessages --settings entente.web.settings

lock: ## pin every dependency again (needs uv)
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra desk --extra build --extra postgres --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra desk --extra build -c requirements-dev.lock pyproject.toml -o requirements.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-emit-package opencv-python --extra text -c requirements-dev.lock pyproject.toml -o requirements-text.lock

corpus: ## fetch the hostile corpora of Debian's source packages into corpus/, which git ignores
	$(BIN)/python -m tests.evidence.corpus

OPENAPI_EXAMPLES ?= 400

doors: $(VENV)/.dev ## ask the machines' doors OPENAPI_EXAMPLES drawn questions each, against their OpenAPI document
	OPENAPI_EXAMPLES=$(OPENAPI_EXAMPLES) $(BIN)/python -m pytest -q tests/web/test_machines_openapi.py

FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= vics icse hashlist json tags notes clues moments answers containers archives

fuzz: $(VENV)/.dev ## fuzz our own parsers, FUZZ_SECONDS each (needs atheris, which is installed here)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'atheris>=3'
	for target in $(FUZZ_TARGETS); do $(BIN)/python -m tests.fuzz.harness $$target --seconds $(FUZZ_SECONDS) || exit 1; done

# The bars of SECURITY.md: each prints its figure. Five and six fetch or install what no checkout holds.
BAR := $(BIN)/python -m pytest -q -s

bars: bar-1 bar-2 bar-3 bar-4 bar-5 bar-6 bar-7 ## every bar of SECURITY.md, hours in all

bar-1: $(VENV)/.dev ## no leak: two worlds over every address, verb and export; an oracle for each rule
	HYPOTHESIS_PROFILE=long $(BAR) tests/worlds tests/safeguards/test_oracles.py tests/records/test_guard.py

bar-2: $(VENV)/.dev ## the second wall alone is as strict as the law, on both databases
	HYPOTHESIS_PROFILE=long $(BAR) tests/records/test_wall.py tests/records/test_wall_on_sqlite.py tests/records/test_wall_of_pages.py tests/records/test_postgres.py

bar-3: $(VENV)/.dev ## the log: proofs, 10,000 mutations of it, its cost, the whole of it at a million entries
	$(BAR) tests/safeguards/test_tree.py tests/records/test_log_tampering.py tests/records/test_log_witness.py
	$(BIN)/python -m benchmarks log

bar-4: $(VENV)/.dev ## nothing acknowledged is lost: 400 power cuts each of database and store, a fault at each call
	$(BAR) tests/evidence/test_power_cut.py
	$(BIN)/python -m benchmarks faults

bar-5: $(VENV)/.dev corpus ## bad input: hostile files and 10,000 mutants, and what the sandbox costs
	$(BIN)/python -m benchmarks hostile sandbox

bar-6: fuzz ## our own parsers under a fuzzer

bar-7: $(VENV)/.dev ## cryptography: sealed originals, keys that are gone, bundles that were attacked, the inventory
	$(BAR) tests/evidence/test_seal.py tests/evidence/test_keyring.py tests/formats/test_court_bundle.py tests/casework/cooperate/test_packages.py tests/safeguards/test_statement.py tests/house/test_cryptography.py

audit: $(VENV)/.desk ## an inventory of every locked package, and what is known against them where the index can be asked
	test -x build/audit/bin/python || $(PYTHON) -m venv build/audit
	-build/audit/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.9'
	build/audit/bin/python tools/audit.py
