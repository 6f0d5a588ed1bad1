# `make` prints what can be done. Only Python from 3.11 up to 3.13, pip and make need be there.
# ARGS are passed on: make run ARGS="--study turkiye". PYTHON names the Python to build .venv with.

SHELL := /bin/sh
ARGS ?=
PYTHON ?=
IN_VENV := .venv/bin/python
# Two processes share the tests, file by file: what a module's tests share is made once.
PYTEST := $(IN_VENV) -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# Style, types, and the contracts on imports, which are long and printed only where one is broken.
define LINT
$(IN_VENV) -m ruff check .
$(IN_VENV) -m mypy
@found=$$(.venv/bin/lint-imports --cache-dir .cache/imports) || { echo "$$found"; exit 1; }
endef
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.PHONY: help setup develop run release check test soak lab docs synthetic lock clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

setup: ## make .venv from requirements.lock, for running; nothing is done where it is up to date
develop: ## the same, with what checks, tests and documentation need besides; `make run` then leaves it there
develop: WITH := --development

# Any Python that starts will do here; build_environment.py finds the one to build with.
setup develop:
	@IFS=:; for folder in $$PATH; do for name in python3 python3.13 python3.12 python3.11 python; do \
		if [ -x "$$folder/$$name" ] && "$$folder/$$name" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; \
		then exec "$$folder/$$name" -I build_environment.py --python "$(PYTHON)" $(WITH); fi; done; done; \
	echo "Set-up stopped: no Python that could be used was found on PATH. Install Python 3.11, 3.12 or 3.13." >&2; exit 1

# What did not fail is released; where nothing could be run (2) or the run was stopped (130), nothing is.
run: setup ## the whole assessment, or a part of it, and its release: make run ARGS="--study turkiye"
	@$(IN_VENV) -m analysis run $(ARGS); ran=$$?; if [ $$ran -gt 1 ]; then exit $$ran; fi; \
	$(IN_VENV) -m analysis release; released=$$?; if [ $$ran -ne 0 ]; then exit $$ran; fi; exit $$released

release: setup ## release what is staged and has passed; make release ARGS=--check writes nothing
	@$(IN_VENV) -m analysis release $(ARGS)

check: develop ## what a change must pass at once, in four minutes: lint, types, and tests that start no process
	$(LINT)
	@test -d data/processed || $(IN_VENV) -m analysis intake
	$(PYTEST) -m "not (end_to_end or browser or slow or soak)" $(ARGS)
	@-$(IN_VENV) -m tools.code_lines

test: develop ## every check and test but the long ones, and each reference notebook by nbval; ARGS go to pytest
	$(LINT)
	$(IN_VENV) -m analysis intake
	$(PYTEST) --nbval -m "not soak" $(ARGS)

soak: develop ## what takes hours: kills, tutorials, every page for accessibility, coverage of intervals, many examples
	$(IN_VENV) -m analysis intake
	$(PYTEST) -m soak $(ARGS)
	SOAK=1 $(PYTEST) -m hypothesis $(ARGS)

lab: setup ## JupyterLab on this machine alone, with the studies on its first page; make lab ARGS=--no-browser
	@$(IN_VENV) -m analysis lab $(ARGS)

docs: develop ## the documentation as pages that need no network: docs/site/index.html
	@$(IN_VENV) -m sphinx -W -q -b html -d .cache/docs docs docs/site
	@echo "The documentation begins at docs/site/index.html"

synthetic: setup ## write data/raw/synthetic again; make synthetic ARGS=--help
	@$(IN_VENV) -m tools.synthetic $(ARGS)

lock: setup ## write requirements.lock again; pins stay unless ARGS="--upgrade" or ARGS="--upgrade-package NAME"
	.setup/uv/bin/uv pip compile pyproject.toml --group development --output-file requirements.lock --quiet --system-certs \
		--universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-header --no-emit-index-url $(ARGS)

clean: ## remove .venv and all caches; data, figures and reports stay
	rm -rf .venv .setup .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src packages tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
