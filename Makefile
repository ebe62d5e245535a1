# Every target sets up what it needs; Python 3.11 and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
TEST_READY := $(VENV)/test-ready
TOOLS := $(VENV)/tools
TOOLS_READY := $(TOOLS)/ready
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
LOCK = ../$(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UPGRADE)

unexport PYTHONDONTWRITEBYTECODE  # else each of the many processes compiles all modules again

.DEFAULT_GOAL := help
.PHONY: run test test-kafka test-clients test-slow test-deploy test-containers jaeger torture check fmt bench lock notice sbom audit wheel kustomize bench-scale help

$(READY): requirements/run.txt requirements/build.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

$(TEST_READY): $(READY) requirements/test.txt
	$(INSTALL) --require-hashes -r requirements/test.txt
	touch $@

$(TOOLS_READY): requirements/tools.txt
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	touch $@

run: $(READY)  ## Set up and start everything embedded: PostgreSQL, broker, services, sample data
	$(BIN)/huying up

test: $(TEST_READY)  ## Set up and run all checks and tests
	sh tests/programs.sh
	$(MAKE) check
	$(BIN)/pytest -n 5 --dist loadfile --no-loadscope-reorder --durations 25 --durations-min 10

test-kafka: $(TEST_READY)  ## Delivery, isolation and scenarios on Apache Kafka itself; needs a JDK 17 and Maven
	$(BIN)/python -c "from huying.kafka.setup import jars, tools; jars(tools()[1])"
	HUYING_TEST_BROKER=apache $(BIN)/pytest -n 2 --dist loadfile tests/delivery tests/scenarios/test_life_of_an_appeal.py \
		tests/scenarios/test_judgement_waits.py tests/scenarios/test_bank_down.py \
		tests/hostile/test_battery.py::test_records tests/hostile/test_battery.py::test_batches

test-clients: $(TEST_READY)  ## Every Kafka client of a bank with every codec, on both brokers; needs Node, a JDK 17 and Maven
	$(BIN)/pytest -n 2 -m "slow or not slow" tests/delivery/test_bank_clients.py tests/delivery/test_bank_spring.py
	HUYING_TEST_BROKER=apache $(BIN)/pytest -m "slow or not slow" tests/delivery/test_bank_clients.py \
		tests/delivery/test_bank_spring.py tests/delivery/test_bank_clients_tls.py

test-slow: $(TEST_READY)  ## What takes minutes: five of faults, tens of thousands of hostile inputs, a kill of every program, all recorded appeals under all packs
	$(BIN)/pytest -m slow

test-deploy: $(TEST_READY)  ## Dashboards, alerts, commands of containers and traces, all live; see docs/operations.md
	$(BIN)/pytest -m "slow or not slow" --timeout 600 tests/deploy

test-containers: $(TEST_READY)  ## Build the images, and run the whole docker-compose.yml on an engine of the tests' own; as root, see docs/operations.md
	bash tests/containers/run.sh

jaeger: .huying/jaeger  ## Build Jaeger with Go from its module, for test-deploy: fifteen minutes on two cores

.huying/jaeger:
	nice bash tests/deploy/build-jaeger.sh $@

kustomize: .huying/kustomize  ## Build kustomize with Go from its module, for the tests of the manifests

.huying/kustomize:
	GOBIN=$(CURDIR)/.huying nice go install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1

torture: $(TEST_READY)  ## An hour of kills, pauses, cuts and full disks under load, then a check of every case
	$(BIN)/python -m tests.faults --minutes 60 --out torture.json

check: $(TEST_READY)  ## Format, lint and types, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fmt: $(TEST_READY)  ## Format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(TEST_READY)  ## Measure against bare ceilings beside it; writes bench.json
	$(BIN)/python -m tests.bench

bench-scale: $(TEST_READY)  ## A city of some age beside a young one: what grows; writes bench-scale.json
	$(BIN)/python -m tests.bench --only scale --out bench-scale.json

lock: $(TOOLS_READY)  ## Pin all dependencies by version and hash: requirements/*.in into *.txt; UPGRADE=--upgrade takes the newest
	cd requirements && $(LOCK) services.in embedded.in test.in -o test.txt
	cd requirements && $(LOCK) services.in embedded.in -c test.txt -o run.txt
	cd requirements && $(LOCK) services.in -c test.txt -o services.txt
	cd requirements && $(LOCK) build.in -o build.txt
	cd requirements && $(LOCK) tools.in -o tools.txt

notice: $(READY)  ## Write NOTICE: the packages of others that are installed, with their licences
	$(BIN)/python -m tests.notice

sbom: $(TOOLS_READY)  ## Write sbom.cdx.json: the bill of materials of what runs (CycloneDX)
	$(TOOLS)/bin/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml -o sbom.cdx.json requirements/run.txt

audit: $(TOOLS_READY)  ## Ask for known vulnerabilities of all dependencies: fails if there are any, and if nobody answers
	PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(TOOLS)/bin/python deploy/audit.py requirements/test.txt requirements/build.txt requirements/tools.txt

wheel: $(READY)  ## Build the wheel into dist; the same commit gives the same bytes
	$(BIN)/python deploy/wheel.py dist

help:  ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10
