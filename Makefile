# Needs Python 3.11+ and make; everything else is fetched, pinned by hash, into .venv and web/node_modules.
# Every step leaves a stamp, so that a second run does only what changed.
#
#   make demo [PORT=9000]   run the product with demo data on http://127.0.0.1:8080
#   make test [ARGS=...]    run every test, the browser ones included
#   PYTHON=/path/to/python  choose the interpreter

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

VENV := .venv
RUN := $(VENV)/bin/python -m
PIP := $(RUN) pip --disable-pip-version-check --no-input
# The distribution's own first: it is built with profile-guided optimization, which one that was compiled by hand often
# is not, and that is a fifth of our CPU.
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",/usr/bin/python3 python3 python3.13 python3.12 python3.11 python3.14)
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

# npm runs in web, on the Node of its PyPI wheel and never the system's.
NPM := $(VENV)/bin/python build_console.py
CONSOLE := $(wildcard web/package.json)
# Contents, not times: a checkout of another branch changes times, and a deleted file has none.
WEB_STATE := $(shell find web/src web/public web/*.* -type f -exec cksum {} + 2>/dev/null | LC_ALL=C sort | cksum)
WEB_BUILT := $(shell cat web/node_modules/.built 2>/dev/null)

# What the statechart core is measured against: its tests read the packages from here.
RIVALS := tests/conformance/node_modules/.installed

.PHONY: help demo test lint bench soak schema console chromium clean

help:
	@echo "make demo | test | lint | bench | soak | schema | console | clean"

demo: $(VENV)/.demo console
	@exec $(RUN) orderwright.cli demo

test: $(VENV)/.dev $(RIVALS) console chromium
	@$(if $(CONSOLE),$(NPM) run test --if-present -- --passWithNoTests)
	@$(RUN) compileall -q src
	@exec $(RUN) pytest -m "not soak" -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(VENV)/.dev $(RIVALS) console chromium
	@exec $(RUN) pytest -m soak $(ARGS)

bench: $(VENV)/.dev $(RIVALS)
	@$(RUN) bench.statechart $(ARGS)
	@$(RUN) bench.policy $(ARGS)
	@$(RUN) bench.policy.triggers
	@$(RUN) bench.runtime $(ARGS)
	@for part in relay timers verify jobs volume; do echo; $(RUN) bench.runtime.$$part || exit; done
	@for part in money money.hot money.stale goods goods.hot goods.backorders; do echo; $(RUN) bench.$$part || exit; done

lint: $(VENV)/.dev $(if $(CONSOLE),web/node_modules/.installed)
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(if $(CONSOLE),$(NPM) run lint && $(NPM) run typecheck)

# The console is built against the API's own schema; a test keeps the file fresh.
schema: $(VENV)/.dev web/node_modules/.installed
	@$(VENV)/bin/python -c 'from orderwright.api.graphql import schema; print(schema.as_str())' >web/schema.graphql
	@$(NPM) run codegen --silent

console: $(if $(CONSOLE),web/dist/index.html)

chromium:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing Chromium for the browser tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; \
	else echo "no Chromium here: install it (apt-get install chromium) for the browser tests" >&2; exit 1; fi

clean:
	rm -rf $(VENV) web/node_modules web/dist tests/conformance/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A virtual environment knows its own path: one that was moved is made anew.
$(VENV)/.made: $(if $(filter-out $(subst $() ,?,$(CURDIR)),$(subst $() ,?,$(shell cat $(VENV)/.made 2>/dev/null))),moved)
	@[ -e $@ ] || ! $(PIP) --version >/dev/null 2>&1 || exit 0; found=; for python in $(CANDIDATES); do \
		"$$python" -c '$(SUITABLE)' >/dev/null 2>&1 && found="$$python" && break; \
	done; \
	if [ -z "$$found" ]; then \
		echo "error: no Python 3.11 or later with venv among: $(CANDIDATES)" >&2; \
		echo "       install one (Debian: apt-get install python3 python3-venv) or give PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	echo "making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(if $(wildcard $(VENV)/.made),--clear) $(VENV)
	@echo "$(CURDIR)" >$@

.PHONY: moved changed
moved changed:

$(VENV)/.demo: requirements/demo.txt pyproject.toml $(VENV)/.made
	$(call install,demo)
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml $(VENV)/.made
	$(call install,dev)
	@$(RUN) compileall -q -j 0 $(VENV)/lib
	@touch $@ $(VENV)/.demo

# The lock is complete, so nothing is left to resolve; what is run gets compiled when it is first run. The tests start the
# server a hundred times, where Python may have been told not to keep what it compiled: for them all is compiled at once.
define install
	@echo "installing requirements/$(1).txt"
	@$(PIP) install --quiet --no-compile --no-deps --require-hashes -r requirements/$(1).txt
	@$(PIP) install --quiet --no-compile --no-deps --no-build-isolation --editable .
endef

web/node_modules/.installed: web/package-lock.json web/package.json web/.npmrc $(VENV)/.made | $(VENV)/.demo
	@echo "installing the console's dependencies"
	@$(NPM) ci --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

$(RIVALS): tests/conformance/package-lock.json tests/conformance/package.json tests/conformance/.npmrc | $(VENV)/.demo
	@echo "installing what the statechart core is measured against"
	@$(NPM) ci --prefix ../tests/conformance --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.installed $(if $(filter-out x$(WEB_STATE)x,x$(WEB_BUILT)x),changed)
	@echo "building the console"
	@$(NPM) run build --silent -- --logLevel warn
	@echo "$(WEB_STATE)" >web/node_modules/.built
	@touch $@
