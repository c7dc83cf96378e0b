# The few commands everyone uses, people and CI alike.
#   make run     start everything on this machine        make test    the whole suite (ARGS="-k name" narrows it)
#   make setup   install what is missing                 make lint    style, types, import contracts
#   make bench   measure                                 make clean-data   stop the private servers, empty var/
#   make storm   kill and starve a private service under load, then account (ARGS="--kills 30", "--soak 30m")
#   make fuzz    hostile payloads and requests, for a long time (ARGS="--hypothesis-seed=7" repeats)
#   make audit   known vulnerabilities of what is locked (needs the internet)

SHELL := /bin/sh
ARGS ?=

.PHONY: run test fuzz setup setup-test lint bench storm audit clean-data

run: setup
	@exec .venv/bin/fleet up $(ARGS)

setup:
	@fleet/local/bootstrap.sh run

setup-test:
	@fleet/local/bootstrap.sh test

test: setup-test
	@.venv/bin/pytest -n 3 $(ARGS)

fuzz: setup-test
	@.venv/bin/pytest -n 2 --hypothesis-profile=fuzz --timeout=0 tests/ingest/test_fuzz.py tests/api/test_fuzz.py $(ARGS)

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/python -m api.dashboard.build check

bench: setup
	@.venv/bin/python -m benchmarks $(ARGS)

storm: setup
	@.venv/bin/python -m benchmarks.storm $(ARGS)

audit:
	@.ci/audit-dependencies

clean-data:
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m fleet.local.clean; else rm -rf var; fi
