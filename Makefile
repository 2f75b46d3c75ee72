# What people and continuous integration run; needs make, and Python 3.11 or later.
#
#   make demo [PICTURES=folder]   install, index pictures, search them, write a contact sheet
#   make test                     install the development extra, run the tests
#   make check                    ruff, mypy, documentation
#   make docs                     the documentation alone: docs/_build/html/index.html
#   make install                  what test, check and docs do first
#
# Another Python: make demo PYTHON=python3.12

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The first Python that is new enough.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && { echo $$p; exit; }; done; echo python3)

# Quiet: pip's output goes to a file, which is shown when pip fails.
LOG = $(VENV)/install.log
QUIETLY = >$(LOG) 2>&1 || { cat $(LOG); echo "The installation failed; the lines above are pip's."; exit 1; }

.PHONY: demo install test check docs clean
.DELETE_ON_ERROR:

$(VENV)/ready:
	@$(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "lookalike needs Python 3.11 or later, and $(PYTHON) is" \
			"$$($(PYTHON) --version 2>&1 || echo missing). Try: make PYTHON=python3.12"; exit 1; }
	@echo "Making $(VENV) with $(PYTHON) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv --clear $(VENV) || { \
		echo "On Debian and Ubuntu venv is a package of its own: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/installed-demo: $(VENV)/ready pyproject.toml constraints.txt
	@echo "Installing lookalike (once; about a minute)"
	@$(BIN)/python -m pip install -c constraints.txt -e '.[demo]' $(QUIETLY)
	@touch $@

# pdqhash is the oracle of the tests of PDQ. It has no wheels, so it needs a C++ compiler: without
# one its tests are skipped.
$(VENV)/installed-dev: $(VENV)/ready pyproject.toml constraints.txt
	@echo "Installing lookalike and what developing it takes (once; a few minutes)"
	@$(BIN)/python -m pip install -c constraints.txt -e '.[dev]' $(QUIETLY)
	@$(BIN)/python -m pip install -c constraints.txt -e '.[oracle]' >$(VENV)/install-oracle.log 2>&1 \
		|| echo "pdqhash could not be built (it takes a C++ compiler): the tests that need it are skipped"
	@touch $@ $(VENV)/installed-demo

install: $(VENV)/installed-dev

# Where the pictures for the demo are, if PICTURES doesn't say: a data folder with photographs, else
# any data folder. The names are quoted, so that they may hold blanks.
demo: $(VENV)/installed-demo
	@if [ -z "$$PICTURES" ]; then \
		for folder in "$$LOOKALIKE_DATA" data ../shared/data; do \
			if [ -n "$$folder" ] && [ -d "$$folder/photos" ]; then LOOKALIKE_DATA=$$folder; break; fi; \
		done; \
	fi; \
	export LOOKALIKE_DATA; \
	$(BIN)/lookalike demo $${PICTURES:+"$$PICTURES"}

test: $(VENV)/installed-dev
	@if [ -e ../shared/data/unpack.py ] && [ ! -e data/cifar-10-batches-py ]; then \
		$(BIN)/python ../shared/data/unpack.py data; fi
	@if [ -d ../shared/data/resisc-more ] && [ ! -e data/resisc45 ]; then \
		$(BIN)/python scripts/lay_out_resisc.py ../shared/data/resisc12 ../shared/data/resisc-more \
			--to data/resisc45 >/dev/null; fi
	@for folder in data/photos ../shared/data/photos; do \
		if [ -z "$$LOOKALIKE_TEST_PHOTOS" ] && [ -d $$folder ]; then \
			LOOKALIKE_TEST_PHOTOS=$$(cd $$folder && pwd); fi; \
	done; \
	export LOOKALIKE_TEST_PHOTOS; \
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/installed-dev docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/installed-dev
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html

clean:
	rm -rf $(VENV) docs/_build demo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
