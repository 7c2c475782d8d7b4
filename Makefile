# The way in on Linux and macOS with Python 3.11, 3.12 or 3.13 and nothing else; CONTRIBUTING.md says more.
# ARGS goes on to the command:  make test ARGS="-k dropout"    make lab ARGS=--no-browser
# PYTHON chooses the interpreter: make setup PYTHON=python3.13

BIN := .venv/bin
UV ?= $(BIN)/uv
PIP_FLAGS ?= --quiet
system_path := $(PATH)

# nbgrader calls alembic by name, and Jupyter looks for its commands on PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)

supported = (3, 11) <= sys.version_info[:2] < (3, 14) or sys.exit(1)

# The base interpreter, also when a virtual environment is active: .venv is never made from itself.
PYTHON ?= $(shell PATH="$(system_path)"; for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; $(supported); print(sys._base_executable)' 2>/dev/null && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup lab lab-teacher demo build site test quick coverage bench lint lock clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: .venv/installed ## make .venv with everything in it

lab: setup ## open the course in JupyterLab
	$(BIN)/jupyter lab --config lab/student.py $(ARGS)

lab-teacher: setup ## open it with nbgrader's Formgrader
	$(BIN)/jupyter lab --config lab/teacher.py $(ARGS)

demo: setup ## hand out, collect, grade, report and give back with a sample class (ARGS="03 08": on these lessons)
	$(BIN)/autograder demo $(ARGS)

build: setup ## build the notebooks that students open from solutions/
	$(BIN)/autograder build $(ARGS)
	$(BIN)/python docs/site/start.py

site: setup ## make the site of the course in build/site (ARGS="--repository OWNER/NAME": with links to Binder and Colab)
	$(BIN)/python docs/site/make_site.py $(ARGS)

test: setup ## run the tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

quick: setup ## run what takes no longer than two minutes
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not slow and not browser and not keras" $(ARGS)

coverage: setup ## run the tests and say which lines none of them reaches, those in the sandbox included
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest $(ARGS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

bench: setup ## measure how fast grading is
	@test -d bench || { echo "make bench: there is no folder bench/ here, so nothing to measure." >&2; exit 1; }
	$(BIN)/python -m bench $(ARGS)

lint: setup ## check style and layout
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

locking = --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock" --quiet

lock: ## write requirements.lock and lessons.lock anew from pyproject.toml (ARGS=--upgrade: take newer versions)
	@command -v $(UV) >/dev/null || { echo "make lock: no uv: 'make setup' first, or give one with UV=..." >&2; exit 1; }
	$(UV) pip compile pyproject.toml --all-extras $(locking) --output-file requirements.lock $(ARGS)
	@# of these, what students install; setuptools, so that nothing is fetched to install this project itself
	echo "setuptools>=77" | $(UV) pip compile pyproject.toml - --extra lessons $(locking) \
		--constraint requirements.lock --output-file lessons.lock

clean: ## remove .venv and caches; students' work and the gradebook stay
	rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .mypy_cache .coverage* htmlcov
	find autograder nnlab solutions tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Two steps, so that editing pyproject.toml does not reinstall the world. --clear: what has left the lock leaves .venv.
# --only-binary: every package has a wheel for each system we name, and building one would fetch tools nobody pinned.
.venv/locked: requirements.lock
	@$(find_python)
	@echo "Making .venv with $(PYTHON); a few hundred megabytes to fetch the first time."
	"$(PYTHON)" -m venv --clear .venv
	$(BIN)/python -m pip install $(PIP_FLAGS) --disable-pip-version-check --only-binary :all: \
		--require-hashes --requirement requirements.lock
	@touch $@

# setuptools comes from the lock, so that nothing is fetched to build this project.
.venv/installed: .venv/locked pyproject.toml
	$(BIN)/python -m pip install $(PIP_FLAGS) --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Debian keeps ensurepip in a package of its own.
define find_python
if ! "$(PYTHON)" -c 'import sys; $(supported)' 2>/dev/null; then \
	echo "make: this needs Python 3.11, 3.12 or 3.13, and none was found. Name one with PYTHON=/path/to/python3." >&2; \
	exit 1; \
fi; \
if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
	package=$$("$(PYTHON)" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "$(PYTHON) cannot make virtual environments: installing $$package."; \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$$package"; \
	else \
		echo "make: $(PYTHON) cannot make virtual environments. On Debian and Ubuntu:" >&2; \
		echo "    sudo apt-get install $$package" >&2; \
		exit 1; \
	fi; \
fi
endef
