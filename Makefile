# What can be done here; `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin

export COPYDESK_SITE ?= seeds.site:site
export COPYDESK_DATABASE_URL ?= sqlite:///copydesk.db
export COPYDESK_HOST ?= 127.0.0.1
export COPYDESK_PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help demo test deep check clients frontends bench snapshots clean

help: ## List the targets.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/installed ## Serve the demo site; the first run fills its database.
	@$(BIN)/python -m seeds.load
	@$(BIN)/python -m seeds.welcome
	@$(BIN)/copydesk serve

test: .venv/dev ## Run all tests, on SQLite and PostgreSQL.
	$(BIN)/python -m pytest

deep: .venv/dev ## Tamper in every way, end processes at every statement, try more examples; takes long.
	COPYDESK_DEEP=1 $(BIN)/python -m pytest -s tests/cms/ledger/test_tampering.py \
		tests/cms/work/test_kills.py tests/cms/importing/test_kills.py \
		tests/cms/importing/test_link_history.py tests/properties/test_type_changes.py \
		tests/cms/type_versions tests/graphql_api/planner/test_every_field.py
	COPYDESK_DEEP=1 $(BIN)/python -m pytest -m hypothesis

check: .venv/dev ## Check format, lint, types and layers.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clients: .venv/dev tests/clients/node_modules/.package-lock.json ## Generate code with what frontends use; needs npm.
	$(BIN)/python -m pytest -n 0 -vv tests/clients

frontends: .venv/dev docs/frontends/node_modules/.package-lock.json ## Build the demo with Astro and Next.js; needs npm.
	$(BIN)/python -m pytest -n 0 -vv tests/frontends

bench: .venv/dev ## Measure against a raw limit and an ordinary app; see bench/README.md.
	$(BIN)/python -m bench

snapshots: .venv/dev ## Write the files that tests compare with: the schema, the plans.
	COPYDESK_WRITE_SNAPSHOTS=1 $(BIN)/python -m pytest -n 0 -q \
		tests/graphql_api/test_schema.py tests/graphql_api/planner/test_plans.py \
		tests/cms/work/test_statements.py tests/graphql_api/http/test_saving.py

clean: ## Remove the environment, the demo's database and key, and what tools leave behind.
	rm -rf .venv tests/clients/node_modules docs/frontends/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis copydesk.db* copydesk.key*

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	@echo "Making the environment in .venv; the first time takes a minute."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/dev: pyproject.toml .venv/installed
	@echo "Installing the tools for tests and checks."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

tests/clients/node_modules/.package-lock.json: tests/clients/package.json tests/clients/package-lock.json
	npm ci --prefix tests/clients --loglevel=error
	@touch $@

docs/frontends/node_modules/.package-lock.json: docs/frontends/package-lock.json
	npm ci --prefix docs/frontends --loglevel=error
	@touch $@
