# Everything here works from a bare clone: only Python >= 3.11 and make are needed.
.DEFAULT_GOAL := help
.PHONY: help dataset quick test check slow aims bench bench-dedup bench-datatrove format lint types docs pages lock wheel clean

RAW ?=
NAME ?=
OUT ?=
CONFIG ?=
ARTICLES ?=
ENGINE ?=
CORPUS ?=
EACH ?=
TESTED ?=

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
BIN := .venv/bin
QUICK := builder tests/text tests/config tests/test_names.py
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 17

dataset: $(if $(filter ray,$(ENGINE)),.venv/.dev,.venv/.runtime) ## build data/raw into data/processed/news (RAW= NAME= OUT= CONFIG= ENGINE=)
	@$(BIN)/builder build $(if $(RAW),--raw "$(RAW)") $(if $(NAME),--name "$(NAME)") $(if $(OUT),--out "$(OUT)") \
		$(if $(CONFIG),--config "$(CONFIG)") $(if $(ENGINE),--engine "$(ENGINE)")

quick: .venv/.dev ## run the examples in the code and the tests that need no build, without property tests
	@$(BIN)/python -W error -m pytest -n 2 -m "not slow and not hypothesis" $(QUICK)

test: .venv/.dev ## run the tests
	@$(BIN)/python -W error -m pytest -n 2 -m "not slow"

slow: .venv/.dev ## run the tests that take long: builds killed at twenty moments, growth, five releases, Ray
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "slow and not aims"

aims: .venv/.dev ## measure on real articles of 128 languages, where they are, whether copies are found as aimed
	@$(BIN)/python -m pytest -m aims

check: .venv/.dev ## format, lint, types, tests with warnings as errors (TESTED=1: the tests have just run)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/codespell builder benchmarks docs *.md Makefile pyproject.toml
	@$(BIN)/python -m docs.generate --check
	$(if $(TESTED),,@$(BIN)/python -W error -m pytest -n 2 -m "not slow")

format: .venv/.dev ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: .venv/.dev ## build the documentation into build/docs, with warnings as errors
	@$(BIN)/python -m sphinx -W --keep-going -q docs build/docs
	@echo "build/docs/index.html"

pages: .venv/.dev ## write the generated parts of the documentation
	@$(BIN)/python -m docs.generate

bench: .venv/.runtime ## time each stage, and the ratio to pyarrow (ARTICLES=N or CORPUS=file.jsonl.gz; EACH=1: one file an article too)
	@$(BIN)/python -m benchmarks.bench $(if $(CORPUS),--corpus "$(CORPUS)",--articles $(or $(ARTICLES),20000)) $(if $(EACH),--one-file-each)

bench-dedup: $(if $(filter ray,$(ENGINE)),.venv/.dev,.venv/.runtime) ## find the copies of a generated press, at a tenth of its size too (ARTICLES=N ENGINE=)
	@$(BIN)/python -m benchmarks.dedup --articles $(or $(ARTICLES),1000000) $(if $(ENGINE),--engine $(ENGINE))

bench-datatrove: .venv-bench/.made ## find the same copies with datatrove and compare (ARTICLES=N)
	@.venv-bench/bin/python -m benchmarks.against --articles $(or $(ARTICLES),50000)

wheel: .venv/.dev ## build dist/*.whl
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock: ## write the lock files anew (needs uv on the PATH)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --extra dev pyproject.toml --output-file locks/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --constraints locks/dev.txt pyproject.toml locks/build.in --output-file locks/runtime.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" pyproject.toml locks/build.in locks/bench.in --output-file locks/bench.txt

clean: ## remove the environment and the wheel; releases stay
	rm -rf .venv .venv-bench dist build

.venv-bench/.made: locks/bench.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python >= 3.11 found" >&2; exit 1; }
	@echo "setting up .venv-bench, which has datatrove too"
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes --requirement locks/bench.txt
	@.venv-bench/bin/python -m pip --quiet --disable-pip-version-check install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.made:
	@test -n "$(PYTHON)" || { echo "make: no Python >= 3.11 found; install one or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "setting up .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { echo "make: '$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

.venv/.runtime: locks/runtime.txt pyproject.toml | .venv/.made
	@echo "installing the locked packages (about 900 MB on disk, once)"
	@$(PIP) install --require-hashes --requirement locks/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: locks/dev.txt .venv/.runtime
	@echo "installing the locked development packages"
	@$(PIP) install --require-hashes --requirement locks/dev.txt
	@touch $@
