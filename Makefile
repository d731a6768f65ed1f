# make demo: the quick start · make test: everything that CI runs · make check: lint, types, contracts, docs
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
.DEFAULT_GOAL := help
# Compiled once at set-up: every command starts in half the time, also where Python may not write its caches.
export UV_COMPILE_BYTECODE := 1
PACKAGES := examples flows schemas sql transforms
SOURCES := $(shell find $(PACKAGES) -name '*.py')

.PHONY: help demo bench test test-quick check docs migration lock browser clean

help:
	@sed -n '1p' Makefile

# uv takes seconds where pip takes a minute; where it cannot be used, pip does the same.
.venv/libraries: requirements.txt requirements-tools.txt pyproject.toml
	@test -d .venv || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt || \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . || \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/runtime: .venv/libraries $(SOURCES)
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

.venv/dev: .venv/libraries requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt || \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

# What kanalstatus is measured against stands apart, for its own environment must not change by being measured.
.venv-bench/done: .venv/dev requirements-bench.txt
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-bench
	@$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --require-hashes -r requirements-bench.txt
	@touch $@

# The whole of it: make bench; another size: make bench BENCH="--rows 100000 --large-rows 0 …"; python -m bench --help
bench: .venv/dev .venv/runtime .venv-bench/done
	@$(BIN)/python -m bench $(BENCH)

demo: .venv/runtime
	@$(BIN)/kanalstatus demo

# The tests look at pages in Debian's chromium; where it is not there, it is installed.
# Their units are checked by systemd's own program.
browser:
	@test -x /usr/bin/chromium || (apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null)
	@test -x /usr/bin/systemd-analyze || (apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends systemd >/dev/null)

test: .venv/dev .venv/runtime browser check
	@$(BIN)/pytest -n auto --dist loadscope --no-loadscope-reorder

test-quick: .venv/dev
	@$(BIN)/pytest -m "not slow"

check: .venv/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m schemas.dictionary --check

docs: .venv/dev
	@$(BIN)/python -m schemas.dictionary

# After a change of schemas/warehouse.py: make migration m="what it changes"; then read and mend what was written.
migration: .venv/dev
	@rm -f .venv/migration.db
	@$(BIN)/alembic -x url=sqlite:///.venv/migration.db upgrade head
	@$(BIN)/alembic -x url=sqlite:///.venv/migration.db revision --autogenerate -m "$(m)" \
	  --rev-id $$(printf "%04d" $$(($$(ls sql/migrations/versions/*.py | wc -l) + 1)))
	@$(BIN)/ruff format -q sql/migrations

lock:
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --extra bench -c requirements.txt pyproject.toml -o requirements-bench.txt
	@printf "uv==0.13.9\nsetuptools==80.9.0\n" | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links - -o requirements-tools.txt

clean:
	@rm -rf .venv .venv-bench build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
