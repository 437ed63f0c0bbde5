# Needs python3 (3.11 or newer) and make; everything else comes into .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
SCALED := .venv/scaled
RESOLVE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links

# Files are parted over the processors, those that take longest first.
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder
LONG := slow or spark or store or browser
# How many examples `make test` tries a property with: quick or full.
EXAMPLES ?= quick

.PHONY: help report test test-long test-all lint lab catalogue docs pictures scale lock versions clean .venv

help:  ## Show these lines
	@grep -hE '^[a-z.-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | \
	  while IFS='|' read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

report: $(READY)  ## Run failure_trends and remediation on the sample, into reports/
	@$(BIN)/okta-kit report failure_trends
	@$(BIN)/okta-kit report remediation

test: $(READY)  ## Run the quick tests
	@$(PYTEST) --hypothesis-profile=$(EXAMPLES) -m "not ($(LONG))"

test-long: $(READY)  ## Run the tests that `make test` leaves out
	@$(PYTEST) --hypothesis-profile=full -m "$(LONG)"

test-all: $(READY)  ## Run every test, with all examples of each property
	@$(PYTEST) --hypothesis-profile=full

lint: $(READY)  ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --no-cache

lab: $(READY)  ## Open JupyterLab on the notebooks
	@$(BIN)/okta-kit lab

catalogue: $(READY)  ## Write docs/catalogue.md from the catalogue's files
	@env -u OKTA_KIT_CATALOGUE $(BIN)/okta-kit codes --format markdown > docs/catalogue.md

docs: .venv/docs-ready  ## Make the documentation from docs/ and the docstrings, into build/docs
	@$(BIN)/python -m sphinx -q -W --keep-going -E -b html docs build/docs
	@echo build/docs/index.html

pictures: $(READY)  ## Make the documentation's pictures anew (needs Chromium)
	@$(BIN)/python docs/pictures.py

scale: $(SCALED)  ## Add what Spark and object stores need to .venv

.venv: $(READY)  ## Make the virtual environment from requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "okta-kit needs Python 3.11 or newer; set PYTHON=…")'
	@echo "Making .venv (some minutes the first time) …" >&2
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

.venv/docs-ready: requirements-docs.lock $(READY)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-docs.lock
	@touch $@

$(SCALED): requirements-scale.lock $(READY)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-scale.lock
	@touch $(SCALED)

lock:  ## Resolve the three locks anew (needs uv)
	@$(RESOLVE) --extra dev --extra mcp --extra notify pyproject.toml requirements-build.in -o requirements.lock
	@$(RESOLVE) --extra dev --extra mcp --extra notify --extra spark --extra s3 --extra scale-tests --constraint requirements.lock \
	  pyproject.toml requirements-build.in -o requirements-scale.lock
	@$(RESOLVE) --constraint requirements.lock requirements-docs.in -o requirements-docs.lock

versions:  ## Try oldest and newest requirements on each Python of this machine (needs uv)
	@$(PYTHON) tests/versions.py

clean:  ## Remove what was made
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
