# Targets for people and for CI; `make help` lists them. Everything is installed into .venv.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
# Quiet twice: warnings about the machine's own pip settings are not the user's concern; errors still show.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
STAMPS := $(VENV)/.stamps
SITE := site

# `make demo DEMO_ARGS="--seed 1"` passes further arguments on to `premotor train walk`.
DEMO_ARGS ?=
# SHORT=1: minutes instead of the full demo; too short to learn to walk well, long enough to see every part work.
SHORT_ARGS ?= --learning.steps 400000
TEST_ARGS ?=
PYTEST_WORKERS ?= 2
# Tests of long runs, and of other processors, have the code that users have; other tests have code that compiles fast.
OPTIMISED := JAX_DISABLE_MOST_OPTIMIZATIONS=0
# Every worker and every command that a test starts would compile all Python files anew.
export PYTHONDONTWRITEBYTECODE :=

FUZZ ?= 12000

# Tests misspell on purpose.
SPELLED := README.md CHANGELOG.md CONTRIBUTING.md docs src scripts benchmarks examples

# Instruction sets of a processor for which XLA compiles, from the oldest to the newest.
PROCESSORS ?= SSE4_2 AVX2 AVX512

.PHONY: help demo demo-worm test test-slow test-tables test-browser test-slurm test-ray test-processors test-shapes test-extras test-lowest fuzz same-runs lint format types docs gallery dist clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

demo: $(STAMPS)/package ## train a controller wired as C. elegans to walk; SHORT=1 for a short form
	@$(BIN)/premotor train walk $(if $(SHORT),$(SHORT_ARGS)) $(DEMO_ARGS)

demo-worm: $(STAMPS)/evolution ## let a worm wired as C. elegans learn to crawl through its own muscles
	@$(BIN)/premotor train worm-crawl $(DEMO_ARGS)

test: $(STAMPS)/test ## install what the tests need and run them (but the slow ones)
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal $(TEST_ARGS)

test-slow: $(STAMPS)/test ## the tests that learn, minutes each
	@$(OPTIMISED) $(BIN)/python -m pytest -m slow $(TEST_ARGS)

test-tables: $(STAMPS)/test ## every command of the tables that map original programs to premotor, and its figures
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal -m slow $(TEST_ARGS) \
	    tests/howto/test_spiking_table.py tests/report/test_reproductions.py tests/howto/test_dynamics_table.py

test-browser: $(STAMPS)/test ## the live page in a real Chromium; skips where there is none
	@$(BIN)/python -m pytest -m browser -s $(TEST_ARGS) tests/view

test-slurm: $(STAMPS)/cluster ## a study on a real Slurm of two nodes on loopback, one of which is killed (as root, Debian)
	@$(BIN)/python scripts/slurm_on_loopback.py

test-ray: $(STAMPS)/cluster ## the same on a Ray of two nodes
	@$(BIN)/python scripts/ray_on_loopback.py

test-processors: $(STAMPS)/test ## all tests once for each kind of processor: SSE4.2, AVX2, AVX-512
	@for kind in $(PROCESSORS); do \
	    echo "compiled for $$kind"; \
	    $(OPTIMISED) XLA_FLAGS="$$XLA_FLAGS --xla_cpu_max_isa=$$kind" \
	        $(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal $(TEST_ARGS) || exit 1; \
	done

test-shapes: $(STAMPS)/test ## all tests, with the shapes of arrays checked against their annotations at every call
	@PREMOTOR_SHAPES=1 $(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal $(TEST_ARGS)

test-extras: ## install every extra into .venv-extras, and run the tests that need one and would skip
	@$(MAKE) --no-print-directory VENV=.venv-extras .venv-extras/.stamps/extras
	@.venv-extras/bin/python scripts/test_extras.py $(TEST_ARGS)

test-lowest: ## install the lowest allowed version of everything into .venv-lowest, and run the tests
	@$(MAKE) --no-print-directory VENV=.venv-lowest .venv-lowest/.stamps/lowest
	@.venv-lowest/bin/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal $(TEST_ARGS)

same-runs: $(STAMPS)/test ## AGAINST=COMMIT: short runs of everything, compared with those by an older commit
	@$(BIN)/python scripts/same_runs.py --against $(or $(AGAINST),HEAD)

fuzz: $(STAMPS)/test ## damage FUZZ=12000 sources of circuits at random and read them
	@PREMOTOR_FUZZ=$(FUZZ) $(BIN)/python -m pytest -m slow $(TEST_ARGS) tests/connectome/test_fuzz_readers.py

fuzz-tables: $(STAMPS)/test ## read 20,000 random tables and folders of them, counted by pandas, too
	@$(BIN)/python -m pytest -m slow $(TEST_ARGS) -n 0 tests/connectome/test_fuzz_tables.py

fuzz-faults: $(STAMPS)/test ## settings, run folders and environments with anything in them, 10,000 of each
	@PREMOTOR_FUZZ=10000 $(BIN)/python -m pytest $(TEST_ARGS) -n 0 tests/test_fuzz_faults.py

lint: $(STAMPS)/test ## rules and format by ruff, spelling by codespell
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell $(SPELLED)

format: $(STAMPS)/test ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(STAMPS)/test ## mypy
	@$(BIN)/mypy

docs: $(STAMPS)/docs ## build the documentation into site/, strictly
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir $(SITE)
	@echo "documentation: $(SITE)/index.html"

gallery: docs $(STAMPS)/gallery ## the documentation with a page for each trained controller, to turn and pause in a browser
	@$(BIN)/python scripts/gallery_pages.py $(SITE)

dist: $(STAMPS)/package ## build wheel and source archive into dist/, twice, and check that they are the same
	@$(PIP) install build
	@rm -rf dist && for name in first second; do $(BIN)/python -m build -o dist/$$name . > /dev/null || exit 1; done
	@for file in dist/first/*; do cmp "$$file" "dist/second/$${file##*/}" || exit 1; done
	@mv dist/first/* dist/ && rm -r dist/first dist/second && ls dist

clean: ## remove .venv and everything built (runs/ stays)
	rm -rf $(VENV) .venv-extras .venv-lowest .cache $(SITE) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: nothing is installed twice while pyproject.toml stays as it is.

$(STAMPS)/environment: scripts/find-python.sh
	@python=$$(sh scripts/find-python.sh) || exit 1; \
	    echo "making $(VENV) with $$($$python --version)"; \
	    $$python -m venv --clear $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/package: $(STAMPS)/environment pyproject.toml
	@echo "installing premotor into $(VENV)"
	@$(PIP) install --editable .
	@touch $@

$(STAMPS)/test: $(STAMPS)/package
	@echo "installing what the tests need"
	@$(PIP) install --editable '.[test]'
	@touch $@

$(STAMPS)/evolution: $(STAMPS)/package
	@echo "installing evosax"
	@$(PIP) install --editable '.[evolution]'
	@touch $@

$(STAMPS)/cluster: $(STAMPS)/test
	@echo "installing the engines"
	@$(PIP) install --editable '.[slurm,ray]'
	@touch $@

$(STAMPS)/gallery: $(STAMPS)/docs
	@echo "installing the live page"
	@$(PIP) install --editable '.[docs,view]'
	@touch $@

$(STAMPS)/docs: $(STAMPS)/package
	@echo "installing what the documentation needs"
	@$(PIP) install --editable '.[docs]'
	@touch $@

$(STAMPS)/extras: $(STAMPS)/environment pyproject.toml
	@echo "installing every extra into $(VENV)"
	@$(PIP) install --editable '.[all,test]'
	@$(PIP) install --no-deps flygym myosuite && $(PIP) install loguru mediapy tabulate
	@$(PIP) install flatten_dict osqp colorednoise loop-rate-limiters ml-collections termcolor
	@touch $@

$(STAMPS)/lowest: $(STAMPS)/environment pyproject.toml scripts/lowest_versions.py
	@echo "installing the lowest allowed versions into $(VENV)"
	@$(BIN)/python scripts/lowest_versions.py > $(STAMPS)/lowest.txt
	@$(PIP) install --constraint $(STAMPS)/lowest.txt --editable '.[test]'
	@touch $@
