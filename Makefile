# 直答 Zhida. `make run` and `make test` make their own environment; nothing else is needed first than Python 3.11+.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
T ?= tests
N ?= auto
DATA ?= ../shared/data
ELASTICSEARCH ?=
THERE = $(if $(ELASTICSEARCH),--elasticsearch $(ELASTICSEARCH))
CODE := core search subscribers kb operations web deploy tests benchmarks

.DEFAULT_GOAL := help
.PHONY: help run test check faults journeys fix migration relevance latency growth subscribers clean

help: ## show these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(VENV)/run ## a working centre with sample data on http://127.0.0.1:8000
	@$(BIN)/zhida run

test: $(VENV)/dev ## the tests (T=tests/kb for a part); journeys need Chromium, PostgreSQL an address
	@$(BIN)/python -m tests.machine
	@$(BIN)/pytest -n $(N) -m "not fault" $(T)

check: $(VENV)/dev ## format, lint, types, layers, migrations, templates
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/djlint web/templates --check --quiet
	@$(BIN)/djlint web/templates --lint --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m deploy.check_migrations
	@$(BIN)/python web/static/vendor/htmx-4.0.1/upgrade-check.py web/templates

faults: $(VENV)/dev ## the long ones: kill -9, hangs, several processes
	@$(BIN)/python -m tests.machine
	@$(BIN)/pytest -n 2 -m fault tests

journeys: $(VENV)/dev ## a person in a real browser
	@$(BIN)/pytest -m journey tests

fix: $(VENV)/dev ## format and mend what can be mended by a tool
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)
	-@$(BIN)/djlint web/templates --reformat --quiet

migration: $(VENV)/dev ## write a migration from the models (M="add consent")
	@$(BIN)/python -m deploy.new_migration "$(M)"

relevance: $(VENV)/benchmarks ## how good the search is, beside others, on golden and public sets (DATA=folder ELASTICSEARCH=URL)
	@$(BIN)/python -m benchmarks.relevance --data "$(DATA)" $(THERE)

latency: $(VENV)/benchmarks ## how fast it answers at 100,000 articles, alone and under load (an hour or more; ELASTICSEARCH=URL)
	@$(BIN)/python -m benchmarks.latency $(THERE)

growth: $(VENV)/benchmarks ## what 10,000, 100,000 and 300,000 articles cost (an hour; ELASTICSEARCH=URL)
	@$(BIN)/python -m benchmarks.growth $(THERE)

subscribers: $(VENV)/benchmarks ## what 10,000 to 1,000,000 subscribers cost to load and to find (POSTGRESQL=URL)
	@$(BIN)/python -m benchmarks.subscribers $(if $(POSTGRESQL),--postgresql $(POSTGRESQL))

clean: ## remove the environment and caches; the data folder stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run: pyproject.toml | $(VENV)/bin/python
	@echo "正在准备运行环境（首次需要一两分钟）…"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/dev: pyproject.toml | $(VENV)/bin/python
	@echo "preparing the environment (the first time takes a minute or two)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $(VENV)/run $@

$(VENV)/benchmarks: $(VENV)/dev
	@echo "preparing what the search is measured against…"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev,benchmarks]'
	@touch $@
