# Threadline: `make help` lists what there is. Needs python3 >= 3.11 with venv and pip, and make; nothing else.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check

# Where the bot keeps its data, and what it reads: its own settings once there are some, else the demo.
HOME_DIR ?= var
CONFIG ?= $(if $(wildcard $(HOME_DIR)/threadline.toml),$(HOME_DIR)/threadline.toml,config/demo.toml)

# Handed on to pytest, for example: make test ARGS="tests/unit -k packaging"
ARGS ?=
# How many tests run side by side; WORKERS=0 is for a debugger.
WORKERS ?= 2
TESTS := -m pytest -n $(WORKERS) --dist loadfile

RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev

.DEFAULT_GOAL := help
.PHONY: help run synapse env test lint format faults bench build requirements clean python-ready

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "  %-20s %s\n", $$1, $$2 }'

run: $(RUN_READY) ## Start the bot (CONFIG=x HOME_DIR=y to choose its settings and its data)
	@exec $(VENV)/bin/threadline run --config "$(CONFIG)" --home "$(HOME_DIR)"

synapse: $(RUN_READY) ## Start a Matrix homeserver on this machine, to try (ARGS="--limits": with its own rate limits)
	@exec $(PY) tests/matrix/serve.py $(ARGS)

env: $(DEV_READY) ## Make the development environment in .venv

test: $(DEV_READY) ## Run the tests (ARGS="..." goes to pytest)
	$(PY) $(TESTS) $(ARGS)

lint: $(DEV_READY) ## Check style, types and the directions between modules
	$(PY) -m ruff check .
	$(PY) -m ruff format --check bot adapters tests
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

format: $(DEV_READY) ## Rewrite the code in the project's style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

faults: $(DEV_READY) ## Run the slow fault tests: kills, power cuts, full disks
	$(PY) -m pytest -m faults $(ARGS)

bench: $(DEV_READY) ## Measure
	$(PY) tests/bench/run.py $(ARGS)

# The wheel is tested, not the checkout: the tests run from a copy, in an environment which holds only the wheel.
WHEEL_CHECK := build/wheel-check
build: $(DEV_READY) ## Build wheel and sdist, and run the tests against the wheel
	rm -rf dist $(WHEEL_CHECK)
	$(PY) -m build --no-isolation --outdir dist .
	mkdir -p $(WHEEL_CHECK)
	$(PY) -m venv $(WHEEL_CHECK)/venv
	$(WHEEL_CHECK)/venv/bin/python -m pip --disable-pip-version-check install -q --require-hashes -r requirements/dev.txt
	$(WHEEL_CHECK)/venv/bin/python -m pip --disable-pip-version-check install -q --no-deps dist/threadline-*.whl
	mkdir $(WHEEL_CHECK)/tree
	cp -R tests config requirements docs pyproject.toml Makefile Procfile LICENSE *.md $(WHEEL_CHECK)/tree/
	cd $(WHEEL_CHECK)/tree && ../venv/bin/python $(TESTS) $(ARGS)

# Hash-checked and for every platform; without index addresses, so that any mirror of the index serves.
COMPILE := $(PY) -m uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --quiet
requirements: $(DEV_READY) ## Compile requirements/*.txt anew (ARGS=--upgrade for newer versions)
	$(COMPILE) pyproject.toml --group install $(ARGS) -o requirements/run.txt
	$(COMPILE) pyproject.toml --group dev -c requirements/run.txt $(ARGS) -o requirements/dev.txt
	$(COMPILE) --group servers $(ARGS) -o requirements/servers.txt
	$(COMPILE) --group synapse $(ARGS) -o requirements/synapse.txt

clean: ## Remove the environment, caches and builds; leaves var/ alone
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find bot adapters tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN_READY): requirements/run.txt pyproject.toml | python-ready
	@echo "Making $(VENV) from requirements/run.txt (once; a minute or so)"
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install -q --require-hashes -r requirements/run.txt
	@$(PIP) install -q --no-build-isolation --no-deps -e .
	@touch $@

$(DEV_READY): requirements/dev.txt pyproject.toml | python-ready
	@echo "Making $(VENV) from requirements/dev.txt (once; a minute or so)"
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install -q --require-hashes -r requirements/dev.txt
	@$(PIP) install -q --no-build-isolation --no-deps -e .
	@touch $@ $(RUN_READY)

# Names what is missing and the command that installs it, before anything is made.
python-ready:
	@if [ -x $(PY) ] && $(PY) -m pip --version >/dev/null 2>&1; then exit 0; fi; \
	if command -v apt-get >/dev/null; then get="apt-get install python3 python3-venv python3-pip"; \
	elif command -v dnf >/dev/null; then get="dnf install python3 python3-pip"; \
	elif command -v apk >/dev/null; then get="apk add python3 py3-pip"; \
	elif command -v pacman >/dev/null; then get="pacman -S python python-pip"; \
	elif command -v brew >/dev/null; then get="brew install python@3.13"; \
	else get="install Python 3.11 or newer with venv and pip"; fi; \
	if ! command -v $(PYTHON) >/dev/null; then \
		echo "make: '$(PYTHON)' was not found. Install it: $$get" >&2; exit 1; fi; \
	if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "make: $$($(PYTHON) --version 2>&1) is too old; Threadline needs Python 3.11 or newer." >&2; \
		echo "      Install one ($$get, or python3.11 and python3.11-venv where that is what the system offers)" >&2; \
		echo "      and name it: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; fi; \
	if ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "make: $$($(PYTHON) --version 2>&1) has no venv or no ensurepip. Install them: $$get" >&2; exit 1; fi
