# The commands of the README. Needed: Rust >= 1.94, Python >= 3.10, make. Everything else goes into .venv.
#
#   make demo            from a fresh clone to answers about 336,776 flights
#   make test            cargo test, the .slt files, pytest
#   make check           formatting, lints, types, generated files
#   make slt             only the .slt files of tests/sql
#   make gen             rewrite what is generated from the function registry
#   make docs            the same, and run the examples of docs/ again
#   make bench-kernels   10M ordered rows beside DataFusion, DuckDB and Polars, release build
#   make fuzz N=10000    property tests with N examples each

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
N ?= 1000
ARGS ?=

# One target directory for all checkouts of a user: the dependencies take minutes to build, once.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/ltseq-target

NATIVE := ltseq/_native.abi3.so
GENERATED := ltseq/_generated.py docs/functions.md

.PHONY: build demo test check slt gen bench bench-kernels fuzz docs clean claim native release venv

build: venv native

venv: $(VENV)/.installed

# The package metadata (name, version, entry points) comes from pyproject.toml, the code from this folder:
# what an editable install does, without the second cargo build that it would start.
$(VENV)/.installed: pyproject.toml requirements-dev.txt
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@site=$$($(PY) -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])'); \
	rm -rf "$$site"/ltseq-*.dist-info; \
	said=$$($(VENV)/bin/maturin pep517 write-dist-info --metadata-directory "$$site" 2>&1) || { echo "$$said"; exit 1; }; \
	echo "$(CURDIR)" > "$$site/ltseq.pth"
	touch $@

# Cargo names what it builds by its place in the workspace, not by the checkout, and trusts whatever is newer than
# the source: a checkout would take another's crates for its own. Whoever comes next makes its sources the newest.
claim:
	@mkdir -p $(CARGO_TARGET_DIR); \
	if [[ "$$(cat $(CARGO_TARGET_DIR)/.checkout 2> /dev/null)" != "$(CURDIR)" ]]; then \
		find sql_ext -name '*.rs' -exec touch {} +; \
		echo "$(CURDIR)" > $(CARGO_TARGET_DIR)/.checkout; \
	fi

# The dev profile: its dependencies are those of `cargo test`, so nothing is built twice.
# Moved into place in one step: a running Python may have the old file mapped.
native: claim
	cargo build -p ltseq-py
	@cmp -s $(CARGO_TARGET_DIR)/debug/lib_native.so $(NATIVE) || \
	{ cp $(CARGO_TARGET_DIR)/debug/lib_native.so $(NATIVE).new && mv -f $(NATIVE).new $(NATIVE); }

demo: build
	$(PY) -m demo.flights

test: build
	cargo test --workspace
	$(PY) -m pytest -q $(ARGS)

slt: claim
	cargo test --workspace --test it slt

check: build gen
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/basedpyright
	git diff --exit-code -- $(GENERATED)

gen: build
	$(PY) -m ltseq._gen $(GENERATED)

# The outputs that the pages of docs/ show; tests/py/test_docs.py fails where they are not what the examples give.
docs: gen
	$(PY) docs/execute.py

# The release build stands in a folder of its own, so that it never replaces the one the tests use.
release: venv claim
	cargo build --release -p ltseq-py
	mkdir -p bench/data/release
	rm -rf bench/data/release/ltseq bench/data/release/ltseq_dbapi
	cp -r ltseq ltseq_dbapi bench/data/release/
	cp $(CARGO_TARGET_DIR)/release/lib_native.so bench/data/release/$(NATIVE)

bench: bench-kernels

bench-kernels: release
	$(PY) -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	PYTHONPATH=bench/data/release $(PY) bench/bench_kernels.py $(ARGS)

fuzz: build
	LTSEQ_FUZZ=$(N) $(PY) -m pytest -q tests/py/property $(ARGS)

clean:
	rm -rf $(VENV) $(NATIVE) bench/data .pytest_cache .mypy_cache .ruff_cache .hypothesis
