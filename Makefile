# Everything a person does with Airlock from a shell. `make` alone prints this list.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
STAMP := .venv/.installed
UV_PIN = $(shell sed -n 's/^uv==/uv==/p' requirements.lock)
export PYTHONPATH := plugins
INCLUDE_FOLDER = $(PYTHON) -c 'from stack.settings import read_settings; print(read_settings().include)'

.PHONY: help setup up down status mail env why lineage versions audit key keys new-model check-models demo sample test test-fast test-e2e lint bench docs lock clean

help:  ## show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

setup: $(STAMP)  ## create .venv with exactly what requirements.lock names

$(STAMP): requirements.lock
	@python=$$(command -v python3.11 || command -v python3 || true)
	if ! "$${python:-false}" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
	  echo "Airlock needs Python 3.11, and neither python3.11 nor python3 is one: install it and run make again." >&2
	  exit 1
	fi
	if ! "$$python" -c 'import ensurepip' 2>/dev/null; then
	  echo "$$python cannot make virtual environments: install its venv package (Debian: apt install python3.11-venv)." >&2
	  exit 1
	fi
	echo "Installing what requirements.lock names into .venv ..."
	[ -x .venv/bin/python ] || "$$python" -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check "$(UV_PIN)"
	.venv/bin/uv pip sync --quiet --python .venv/bin/python requirements.lock
	touch $@

up: setup  ## start PostgreSQL, Airflow, MLflow, the scoring API and the mail sink
	@$(PYTHON) -m stack up

down: setup  ## stop them; the data stay
	@$(PYTHON) -m stack down

status: setup  ## what runs, where to go and how to log in
	@$(PYTHON) -m stack status

mail: setup  ## list the mails sent so far; `make mail N=3` or `N=last` reads one
	@$(PYTHON) -m stack mail $(N)

env: setup  ## print the stack's environment as shell exports: eval "$(make env)"
	@$(PYTHON) -m stack env

why: setup  ## why a model's candidates are not in production, a line each: make why MODEL=credit_risk
	@eval "$$($(PYTHON) -m stack env)"
	$(PYTHON) -m airlock.governance.why $(MODEL)

lineage: setup  ## where something comes from and what came of it: make lineage OF=version:credit_risk/3
	@eval "$$($(PYTHON) -m stack env)"
	$(PYTHON) -m airlock.governance.lineage $(OF) $(ARGS)

versions: setup  ## search the candidates: make versions ARGS="--model credit_risk --state deployed"
	@eval "$$($(PYTHON) -m stack env)"
	$(PYTHON) -m airlock.governance.versions $(ARGS)

audit: setup  ## verify the audit log: every row, the anchors, the records; fails when anything is wrong
	@eval "$$($(PYTHON) -m stack env)"
	$(PYTHON) -m airlock.audit

key: setup  ## make a key of the scoring API: the key for its application, the fingerprint for the Dag `keys`
	@$(PYTHON) -m airlock.governance.api_keys new

keys: setup  ## the keys that were issued: whose, which scopes and models, until when
	@eval "$$($(PYTHON) -m stack env)"
	$(PYTHON) -m airlock.governance.api_keys list

new-model: setup  ## draft a model from its data: make new-model NAME=churn SOURCE=customers.csv TARGET=churned
	@export AIRLOCK_INCLUDE="$$($(INCLUDE_FOLDER))"
	if [ ! -f "$${SOURCE:-}" ] && [[ "$${SOURCE:-}" == *:* ]]; then eval "$$($(PYTHON) -m stack env)"; fi
	$(PYTHON) -m airlock.onboarding.new_model --name "$${NAME:-}" --source "$${SOURCE:-}" --target "$${TARGET:-}" --header "$${HEADER:-}"

check-models: setup  ## say everything that is wrong with models, policies, people and catalogue, each with its cure
	@AIRLOCK_INCLUDE="$$($(INCLUDE_FOLDER))" $(PYTHON) -m airlock.onboarding.check_models

demo: setup  ## the whole life of two models, unattended; the stack stays up to look around
	@$(PYTHON) -m demo

sample: setup  ## fill the sample lender's warehouse up to today, to play the demo's parts by hand
	@$(PYTHON) -m demo.fill

test: test-fast test-e2e  ## every test, end-to-end on a real stack included

test-fast: setup  ## the tests that need no running stack, in a process for each core
	@$(PYTHON) -m pytest -m "not e2e" --numprocesses=logical --maxprocesses=8 --dist=loadfile $(ARGS)

test-e2e: setup browser  ## the tests on a real stack, and in a real browser
	@$(PYTHON) -m pytest -m e2e $(ARGS)

lint: setup  ## ruff (rules and format) and mypy
	@.venv/bin/ruff check --quiet --output-format concise .
	.venv/bin/ruff format --check --quiet --output-format concise .
	.venv/bin/mypy

bench: setup  ## measure against peers; one table and the same as JSON
	@$(PYTHON) -m bench

docs: setup  ## write docs/spec.md from the objects that read the specs
	@$(PYTHON) -m airlock.spec.reference

lock: setup  ## resolve requirements.txt and requirements-dev.txt again into requirements.lock
	@UV_CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/uv pip compile --quiet --python-platform linux --python-version 3.11 \
	  --no-emit-index-url --no-emit-find-links --output-file requirements.lock requirements.txt requirements-dev.txt

clean: down  ## stop the stack and delete its private folder with all its data; asks nothing
	@$(PYTHON) -m stack clean

.PHONY: browser
browser:
	@[ -x /usr/bin/chromium ] && exit 0
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	  echo "Installing Chromium for the browser tests ..."
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null 2>&1 \
	    || echo "Chromium could not be installed: the browser tests will be skipped." >&2
	else
	  echo "No /usr/bin/chromium: the browser tests will be skipped. Install Debian's chromium to run them." >&2
	fi
