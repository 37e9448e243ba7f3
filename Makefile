# Everything a contributor types. `make` alone prints the targets with their comments.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# The steps of a check share one environment and one viewer folder.
.NOTPARALLEL:

VENV := .venv
PY := $(VENV)/bin/python
INSTALL := tests/install.sh
DEMO := var/demo
export PYTHONPATH := $(CURDIR)/src
export DJANGO_SETTINGS_MODULE := xiaoyuan.config.settings
# Checks must not read the settings that a developer keeps in var/.
CHECKED := XIAOYUAN_DATA_DIR=$(CURDIR)/var/check
PYTEST := $(CHECKED) $(PY) -m pytest
PYTEST_ARGUMENTS ?=

.PHONY: help
help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- environment -----------------------------------------------------------------------------------------------

# Stamps make a second run instantaneous; a changed lock or pyproject.toml makes it install again.
$(VENV)/.stamp-run: requirements.lock requirements-build.lock pyproject.toml
	@$(INSTALL) $(VENV) requirements.lock requirements-build.lock
	@touch $@

$(VENV)/.stamp-dev: requirements-dev.lock $(VENV)/.stamp-run
	@$(INSTALL) $(VENV) requirements-dev.lock
	@touch $@

.PHONY: env
env: $(VENV)/.stamp-dev ## create .venv with everything needed to develop

.PHONY: viewer
viewer: $(VENV)/.stamp-run ## build the 3D viewer and the maps (only when their sources changed)
	@$(PY) hatch_build.py

.PHONY: translations
translations: $(VENV)/.stamp-run ## compile the translations
	@$(PY) build_translations.py

.PHONY: lock
lock: ## choose newest allowed versions and write them with hashes (needs uv)
	uv pip compile --quiet --upgrade --generate-hashes --no-header --extra postgresql --group dev pyproject.toml --output-file requirements-dev.lock
	uv pip compile --quiet --upgrade --generate-hashes --no-header --extra postgresql --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --upgrade --generate-hashes --no-header --group build --constraint requirements-dev.lock --output-file requirements-build.lock

# ---- to try it -------------------------------------------------------------------------------------------------

.PHONY: demo
demo: viewer translations ## a sample town with its 3D scene on http://127.0.0.1:8000
	@XIAOYUAN_DATA_DIR=$(DEMO) $(VENV)/bin/xiaoyuan demo

.PHONY: sample
sample: viewer translations ## the same without serving it
	@XIAOYUAN_DATA_DIR=$(DEMO) $(VENV)/bin/xiaoyuan seed

.PHONY: clean-demo
clean-demo: ## remove what `make demo` and `make sample` made
	rm -rf $(DEMO)

# ---- to check it -----------------------------------------------------------------------------------------------

.PHONY: lint types contracts migrations viewer-check
lint: env
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet . || { $(PY) -m ruff format --check .; exit 1; }

types: env translations
	@$(CHECKED) $(PY) -m mypy

contracts: env
	@$(VENV)/bin/lint-imports --no-logo

migrations: env
	@$(CHECKED) $(PY) -m django makemigrations --check --dry-run

viewer-check: env
	@$(PY) hatch_build.py --check

.PHONY: check
check: lint types contracts migrations viewer-check viewer translations ## lint, types, contracts, migrations, fast tests: what to run before a commit
	@$(PYTEST) -m "not slow and not browser and not real_data" $(PYTEST_ARGUMENTS)

.PHONY: test
test: prepare check ## everything: check, then all tests on SQLite, on PostgreSQL with PostGIS, and in a browser
	@echo "== all tests on SQLite, browser included"
	@$(PYTEST) -m "slow or browser or real_data" $(PYTEST_ARGUMENTS)
	@echo "== all tests that need no browser on PostgreSQL with PostGIS"
	@$(CHECKED) $(PY) -m tests.postgresql run -- $(PY) -m pytest -m "not browser" $(PYTEST_ARGUMENTS)

.PHONY: prepare
prepare: ## install by apt what the tests need of the system, when allowed; else say what is missing
	@tests/prepare.sh

.PHONY: proof
proof: prepare env viewer translations ## real input through the real commands, compared with independent counts
	@$(PY) -m tests.proof.run

.PHONY: pictures
pictures: prepare env viewer translations ## take the pictures of docs/pictures afresh
	@$(PY) -m tests.proof.pictures

.PHONY: bench
bench: env viewer translations ## measure what must stay fast, one line each
	@$(PY) -m bench.run

N ?= 10k 100k
.PHONY: bench-twin
bench-twin: env ## measure the builders of the twin, and others' beside them, on an invented county, e.g. N="10k 1M"
	@$(PY) -m bench.twin $(N)
	@$(PY) -m bench.peers.compare $(N)
	@$(PY) -m bench.scaling $(lastword $(N))
