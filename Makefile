# perkd needs Python 3.11 or newer and make; everything else goes into .venv.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
ARGS ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test test-system check bench docs lock format clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 13

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "perkd needs Python 3.11 or newer on the PATH (or make PYTHON=/path/to/python3)"; exit 1; }
	@echo "Setting up .venv with $(PYTHON) …"
	@$(PYTHON) -m venv .venv

.venv/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing perkd and what it needs (half a minute) …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.lock pyproject.toml .venv/.runtime | $(BIN)/python
	@echo "Installing the test and lint tools …"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: .venv/.runtime ## watch perkd redeem codes against its own simulator; ARGS="--exit-when-done --no-web"
	@$(BIN)/perkd demo $(ARGS)

test: .venv/.dev ## run every test; ARGS="-k redeemer" selects
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(ARGS)

test-system: .venv/.dev ## run the tests against a real MongoDB server (FerretDB) and in a real browser (Chromium)
	@scripts/test-system.sh $(ARGS)

check: .venv/.dev ## lint, types, import contracts, coverage floor (of the last make test)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/basedpyright --warnings
	@$(BIN)/lint-imports
	@$(BIN)/coverage combine --quiet 2>/dev/null || true
	@$(BIN)/coverage report --fail-under=95 --skip-covered --skip-empty
	@$(BIN)/coverage report --include='supervision/*' --fail-under=100 --skip-covered

bench: .venv/.dev ## measure speed and memory; prints the goals beside the figures
	@$(BIN)/python -m benchmarks $(ARGS)

docs: .venv/.dev ## build the documentation into site/
	@$(BIN)/mkdocs build --strict --quiet
	@echo "site/index.html"

lock: .venv/.dev ## renew the lock files
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --extra build pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --extra build --extra dev --extra bench --extra docs -c requirements.lock pyproject.toml \
		-o requirements-dev.lock

format: .venv/.dev ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .

clean: ## remove .venv and caches; state in var/ stays
	rm -rf .venv build ./*.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.*
