# The two commands to know: `make demo` and `make test`. Everything installs what it needs into the clone first.
SHELL := /bin/sh
PYTHON := .venv/bin/python
HOUSEHOLDS ?= 250
# As many tests at once as there are processors; whoever is done takes over what another has not begun.
AT_ONCE := -n $(shell nproc) --dist worksteal
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
unexport PYTHONPATH

.PHONY: help setup demo down build lint fmt types unit template integration e2e test offline deployed test-long mutants bench schemas pictures messages requirements

help: ## List the targets.
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.ready .tools/.ready ## Install everything into this clone: .venv and .tools.

.venv/.ready: scripts/setup.sh requirements/dev.txt requirements/sam.txt requirements/ministack.txt requirements/uv.txt pyproject.toml
	@./scripts/setup.sh

.tools/.ready: .venv/.ready
	@test -f $@ || ./scripts/setup.sh

demo: setup ## Send real purchases through the deployed template on the local AWS (HOUSEHOLDS=2469 for all of them).
	@$(PYTHON) -m demo --households $(HOUSEHOLDS)

down: setup ## Stop the local AWS that `make demo` or `standing local up` started.
	@.venv/bin/standing local down

build: setup ## Check and compile the rules, then build the functions and layers.
	@.venv/bin/standing rules build
	@$(PYTHON) -m standing.local.sam build

lint: setup ## Check code and format with ruff.
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check

fmt: setup ## Format the code and apply ruff's fixes.
	@.venv/bin/ruff check --fix-only --quiet
	@.venv/bin/ruff format

types: setup ## Check types with mypy (strict).
	@.venv/bin/mypy

unit: setup ## Run the unit tests, without network.
	@$(PYTHON) -m pytest tests/unit $(AT_ONCE)

integration: setup ## Run the integration tests, on moto.
	@$(PYTHON) -m pytest tests/integration $(AT_ONCE)

template: build ## Check the template and the built artifacts.
	@$(PYTHON) -m pytest tests/template $(AT_ONCE)

e2e: build ## Test the deployed template on the local AWS, with IAM enforced.
	@$(PYTHON) -m pytest tests/e2e -m "not long"

test: lint types template ## Run all checks that a change must pass.
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target offline deployed

# Two halves at once: one computes, the other mostly waits. The second builds anew, so the template's tests are before it.
offline:
	@$(PYTHON) -m pytest tests/unit tests/integration -m "not long" $(AT_ONCE)

deployed:
	@$(PYTHON) -m pytest tests/e2e -m "not long"

test-long: test ## Run all checks and the slow tests.
	@$(PYTHON) -m pytest tests/unit tests/integration -m long $(AT_ONCE)
	@$(PYTHON) -m pytest tests/e2e -m long
	@$(PYTHON) -m tests.mutants.run

mutants: build ## Remove each mechanism and check that its test fails.
	@$(PYTHON) -m tests.mutants.run

bench: build ## Run the benchmarks and their peers, and write benchmarks/results.md.
	@$(PYTHON) -m benchmarks

schemas: setup ## Write the events' JSON Schemas from their models.
	@$(PYTHON) -m standing.operations.schemas events/schemas

pictures: setup ## Redraw the pictures of docs/how-to-change-a-rule.md (needs Chromium).
	@$(PYTHON) scripts/pictures.py

messages: setup ## Renew the catalogue of translations with what the code says, and compile it.
	@$(PYTHON) scripts/catalogue.py

requirements: setup ## Pin the dependencies again, with hashes.
	@./scripts/compile-requirements.sh
