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

FUZZ ?= 12000

.PHONY: help demo test test-slow fuzz lint types docs clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

demo: $(STAMPS)/package ## train a controller wired as C. elegans to walk; SHORT=1 for a short form
	@$(BIN)/premotor train walk $(if $(SHORT),$(SHORT_ARGS)) $(DEMO_ARGS)

test: $(STAMPS)/test ## install what the tests need and run them (but the slow ones)
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) $(TEST_ARGS)

test-slow: $(STAMPS)/test ## the tests that learn, minutes each
	@$(BIN)/python -m pytest -m slow $(TEST_ARGS)

fuzz: $(STAMPS)/test ## damage FUZZ=12000 sources of circuits at random and read them
	@PREMOTOR_FUZZ=$(FUZZ) $(BIN)/python -m pytest -m slow $(TEST_ARGS) tests/connectome/test_fuzz_readers.py

lint: $(STAMPS)/test ## ruff
	@$(BIN)/ruff check .

types: $(STAMPS)/test ## mypy
	@$(BIN)/mypy

docs: $(STAMPS)/docs ## build the documentation into site/, strictly
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir $(SITE)
	@echo "documentation: $(SITE)/index.html"

clean: ## remove .venv and everything built (runs/ stays)
	rm -rf $(VENV) $(SITE) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
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

$(STAMPS)/docs: $(STAMPS)/package
	@echo "installing what the documentation needs"
	@$(PIP) install --editable '.[docs]'
	@touch $@
