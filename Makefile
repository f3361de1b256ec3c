# What a person or CI runs. `make sandbox` needs only make and Python 3.11 or newer with pip or venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
export UV_PYTHON_DOWNLOADS := never
# Compiled while installing, so that the first start does not have to: half a second of our own code alone.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
# Options for the sandbox, for example: make sandbox ARGS="--fresh --port 9000"
ARGS ?=
UV := $(shell command -v uv || echo .uv/bin/uv)
SYNC = "$(UV)" sync --frozen --quiet

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

.PHONY: install
install: .venv/.installed ## put the command at .venv/bin/reskontra

.PHONY: sandbox
sandbox: install ## serve a demo company on http://127.0.0.1:8080 (ARGS="--fresh --port 9000 ...")
	@exec .venv/bin/reskontra sandbox $(ARGS)

PYTEST := .venv/bin/python -m pytest -q -n logical --maxprocesses 8

.PHONY: test
test: lint ## everything that CI runs: format, lint, types, import contracts, tests
	$(PYTEST)

.PHONY: lint
lint: .venv/.developing ## all of the above that needs no database
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/python -m mypy --no-error-summary
	.venv/bin/lint-imports --no-logo

.PHONY: test-all
test-all: lint ## `make test` with every case, and the long tests in full: twice the time
	$(PYTEST) --all

.PHONY: format
format: .venv/.developing ## put the code into the form that `make test` asks for
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format --quiet .

.PHONY: demo
demo: .venv/.developing ## make src/reskontra/demo.zip anew, after a change of schema, templates or demo
	@.venv/bin/python tools/make_demo.py

.PHONY: bench
bench: .venv/.developing ## measure speed against the database's own, half an hour (ARGS="get post --rounds 5 ...")
	@.venv/bin/python -m bench $(ARGS)

.PHONY: bench-short
bench-short: .venv/.developing ## the same with a tenth of the data and 16 clients, a few minutes
	@.venv/bin/python -m bench --short $(ARGS)

.PHONY: clean
clean: ## delete what was installed and built; books in .reskontra stay
	rm -rf .venv .uv .bench build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# Each leaves in place what the other installed.
.venv/.installed: pyproject.toml uv.lock | $(filter .uv/bin/uv,$(UV))
	@echo "Installing what Reskontra needs into .venv, some 215 MB ..."
	@$(SYNC) --no-dev --inexact
	@.venv/bin/python -m compileall -q src
	@touch $@

.venv/.developing: pyproject.toml uv.lock | $(filter .uv/bin/uv,$(UV))
	@echo "Installing what Reskontra and its tests need into .venv ..."
	@$(SYNC)
	@touch .venv/.installed $@

# `python -m venv` is missing its pip on some systems, pip refuses to install into others: one of the two works.
.uv/bin/uv:
	@echo "Installing uv into .uv ..."
	@{ $(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8'; } >/dev/null 2>&1 \
	|| { rm -rf .uv && $(PYTHON) -m pip install --quiet --disable-pip-version-check --target .uv/packages 'uv>=0.8' \
	  && mkdir -p .uv/bin && ln -s ../packages/bin/uv .uv/bin/uv; } \
	|| { rm -rf .uv; echo "make: uv could not be installed: $(PYTHON) needs pip or venv, and the network" >&2; exit 1; }
