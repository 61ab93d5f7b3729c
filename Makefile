# Everything a clone needs: `make help` lists what there is.

# The first Python of 3.11 or newer on this machine; `make run PYTHON=/path/to/python3.12` names another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# One process a core; one that has done its share takes over some of another's.
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate

# Where the environment forbids to keep what Python compiles, each of the hundreds of processes that the tests start would
# compile the program anew: a third of a second each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
# What a site may use on top: `make install EXTRAS="postgres redis"`. A later `make` without it takes nothing away.
EXTRAS ?=
.PHONY: help run test test-all torture bench bench-large guide lint format lock install translations chromium breakable \
	measurable clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

# With what reads pictures and what seals addresses: who tries the site out gives it a logo, or turns sealing on, in the
# browser, and never comes back here.
run: $(VENV)/.runtime $(VENV)/.extra-pictures $(VENV)/.extra-sealing ## Serve the site on http://localhost:8000, with the mail worker, until Ctrl-C
	@exec $(BIN)/petition serve --prepare

install: $(VENV)/.runtime $(EXTRAS:%=$(VENV)/.extra-%) ## Make .venv and the command .venv/bin/petition (EXTRAS="postgres redis": what these need, too)
	@$(BIN)/petition translations compile

test: $(VENV)/.dev chromium ## Run the quick tests: what a change should not be handed in without
	$(PYTEST) -m "not long"

test-all: $(VENV)/.dev chromium ## Run every test, those that take long too
	$(PYTEST)

# Two at a time, whatever the machine has: more would only wait for each other, and time each other out.
torture: $(VENV)/.dev breakable ## Break the site on purpose, at full size: kills, faults, crowds (8 minutes on two cores)
	$(BIN)/python -m pytest tests/torture --full -n 2

# The figures go into docs/performance.json, and the page beside it is made from them.
bench: $(VENV)/.dev measurable ## Measure everything beside its ceiling, into docs/performance.md (10 minutes)
	$(BIN)/python -m bench --out docs/performance.json && $(BIN)/python -m bench.report

bench-large: $(VENV)/.dev measurable ## Compare 20 million signatures with a thousand (a quarter of an hour, 20 GB of disk)
	$(BIN)/python -m bench growth --many 20000000 --out docs/performance-large.json && $(BIN)/python -m bench.report

guide: $(VENV)/.dev chromium ## Take the pictures of the guides (docs/association, docs/translators.md) anew, from the running program
	GUIDE_PICTURES=1 $(BIN)/python -m pytest -q tests/browser/test_guide.py tests/browser/test_translators_guide.py

lint: $(VENV)/.dev ## Check style, types, templates, import rules and catalogues
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --quiet --check --lint templates
	$(BIN)/lint-imports
	$(BIN)/petition translations check

format: $(VENV)/.dev ## Put code and templates into the form that lint wants
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --quiet --reformat templates

translations: $(VENV)/.runtime ## Bring the catalogues up to date with the code
	$(BIN)/petition translations update

lock: $(VENV)/.dev ## Compile requirements*.in into locks with hashes (UPGRADE=--upgrade takes newer versions)
	$(UV_COMPILE) $(UPGRADE) --no-emit-package django --no-emit-package asgiref --no-emit-package sqlparse \
		requirements.in -o requirements.txt
	$(UV_COMPILE) $(UPGRADE) requirements-build.in -o requirements-build.txt
	$(UV_COMPILE) $(UPGRADE) requirements-postgres.in -o requirements-postgres.txt
	$(UV_COMPILE) $(UPGRADE) requirements-redis.in -o requirements-redis.txt
	$(UV_COMPILE) $(UPGRADE) requirements-pdf.in -o requirements-pdf.txt
	$(UV_COMPILE) $(UPGRADE) requirements-pictures.in -o requirements-pictures.txt
	$(UV_COMPILE) $(UPGRADE) requirements-passkeys.in -o requirements-passkeys.txt
	$(UV_COMPILE) $(UPGRADE) requirements-sealing.in -o requirements-sealing.txt
	$(UV_COMPILE) $(UPGRADE) requirements-disposable.in -o requirements-disposable.txt
	$(UV_COMPILE) $(UPGRADE) requirements-dev.in -o requirements-dev.txt

clean: ## Remove .venv and what the tools leave behind; the data folder stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found. Install it, or name it: make run PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is incomplete here. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

# Everything is pinned with its hash. Nothing is resolved (--no-deps): django-htmx carries htmx, its Django is not wanted.
$(VENV)/.runtime: requirements.txt requirements-build.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the site runs on into $(VENV) …"
	@$(PIP) install --no-deps --require-hashes -r requirements.txt -r requirements-build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.extra-%: requirements-%.txt $(VENV)/.runtime
	@echo "Installing what the extra $* needs into $(VENV) …"
	@$(PIP) install --no-deps --require-hashes -r $<
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing what tests and checks need into $(VENV) …"
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

# The browser tests want a Chromium: Debian's, where this user may install it. Without one they are skipped, loudly.
chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null && exit 0; \
	command -v apt-get >/dev/null || exit 0; \
	if [ "$$(id -u)" = 0 ]; then AS=; elif sudo -n true 2>/dev/null; then AS="sudo -n"; else exit 0; fi; \
	echo "Installing Chromium for the browser tests …"; \
	$$AS apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$AS apt-get install -y -qq --no-install-recommends \
		chromium fonts-dejavu-core >/dev/null || echo "Chromium could not be installed." >&2

# What the long tests break or break with: PostgreSQL clusters, Patroni with its etcd, a false clock, nginx. Tests that
# lack one are skipped, loudly.
breakable:
	@test -n "$$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)" -a -n "$$(ls /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null)" \
		-a -e /etc/ssl/private/ssl-cert-snakeoil.key && command -v patroni >/dev/null && command -v etcd >/dev/null \
		&& PATH="$$PATH:/usr/sbin:/sbin" command -v nginx >/dev/null && exit 0; \
	said="PostgreSQL, Patroni, etcd, ssl-cert, libfaketime or nginx is missing: what needs them will NOT be tested."; \
	command -v apt-get >/dev/null || { echo "$$said" >&2; exit 0; }; \
	if [ "$$(id -u)" = 0 ]; then AS=; elif sudo -n true 2>/dev/null; then AS="sudo -n"; else \
		echo "$$said To install them: apt install postgresql patroni etcd-server ssl-cert faketime nginx-light" >&2; exit 0; fi; \
	echo "Installing PostgreSQL, Patroni, libfaketime and nginx for the torture …"; \
	$$AS apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$AS apt-get install -y -qq --no-install-recommends \
		postgresql patroni etcd-server ssl-cert faketime nginx-light >/dev/null || echo "$$said" >&2

# What measures: the load generator, and the server that is the ceiling. A figure that lacks one is told as not measured.
measurable:
	@PATH="$$PATH:/usr/sbin:/sbin"; command -v wrk >/dev/null && command -v nginx >/dev/null && exit 0; \
	said="wrk or nginx is missing: what needs them will NOT be measured. To install them: apt install wrk nginx-light"; \
	command -v apt-get >/dev/null || { echo "$$said" >&2; exit 0; }; \
	if [ "$$(id -u)" = 0 ]; then AS=; elif sudo -n true 2>/dev/null; then AS="sudo -n"; else echo "$$said" >&2; exit 0; fi; \
	echo "Installing wrk and nginx for the measurements …"; \
	$$AS apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$AS apt-get install -y -qq --no-install-recommends \
		wrk nginx-light >/dev/null || echo "$$said" >&2
