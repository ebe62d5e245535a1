# Every target sets up what it needs; Python 3.11 and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
TEST_READY := $(VENV)/test-ready

.DEFAULT_GOAL := help
.PHONY: run test check fmt bench help

$(READY): requirements/run.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(TEST_READY): $(READY) requirements/test.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/test.txt
	touch $@

run: $(READY)  ## Set up and start everything embedded: PostgreSQL, broker, services, sample data
	$(BIN)/huying up

test: $(TEST_READY)  ## Set up and run all checks and tests
	$(MAKE) check
	$(BIN)/pytest

check: $(TEST_READY)  ## Format, lint and types, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fmt: $(TEST_READY)  ## Format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(TEST_READY)  ## Measure against bare ceilings beside it; writes bench.json
	$(BIN)/python -m tests.bench

help:  ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10
