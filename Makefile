# What a newcomer needs: `make demo` and `make test`. Both make the environment first.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test cover check fast soak api bench bench-quick growth endurance lock clean

help:  ## what there is
	@grep -hE '^[a-z.-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z.-]+):.*## /\1\t/' | expand -t 14

.venv: .venv/ready  ## the environment, with every dependency pinned by hash

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "The bridge needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/ready  ## watch leads arrive at sandbox Vitec and Flow
	@$(BIN)/bridge demo

check: .venv/ready  ## format, lint, types, import contracts, secrets, known holes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/scan.py secrets
	$(BIN)/python tools/scan.py holes

test: check  ## everything: check, then all tests; five minutes on two cores
	$(BIN)/pytest -n $(or $(PROCESSES),3) --dist loadfile

cover: .venv/ready  ## all tests with branch coverage, worker processes included; ten minutes
	$(BIN)/coverage erase
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term

fast: .venv/ready  ## the tests that need nothing
	$(BIN)/pytest tests/unit

soak: .venv/ready  ## the fault suite for SECONDS=600, or until KILLS=1000; SEED=n repeats a run
	$(BIN)/pytest tests/faults/test_chaos.py -s --timeout 0 --soak $(or $(SECONDS),600) \
		--kills $(or $(KILLS),0) --seed "$(SEED)"

api: .venv/ready  ## schemathesis over the OpenAPI, EXAMPLES=300 of each call
	$(BIN)/pytest tests/integration/test_openapi.py --examples $(or $(EXAMPLES),300)

bench: .venv/ready  ## the whole engine against its peers, on a quiet machine; RUNS=5
	$(BIN)/python benchmarks/bench.py --runs $(or $(RUNS),5) --json bench.json

bench-quick: .venv/ready  ## fails below 80 % of the recorded ratios; under a minute
	$(BIN)/python benchmarks/bench.py --quick

growth: .venv/ready  ## what each call costs as the ledger fills, drawn to docs/growth.svg; MOST=1000000
	$(BIN)/python benchmarks/growth.py --most $(or $(MOST),1000000)

endurance: .venv/ready  ## a worker's memory over a million deliveries, and what a waiting retry takes
	$(BIN)/python benchmarks/endurance.py

lock: .venv/ready  ## upgrade requirements.lock to the newest versions, with hashes
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links --no-annotate \
		--python-version 3.11 --extra dev pyproject.toml -o requirements.lock

clean:  ## remove the environment and the embedded server's data
	rm -rf .venv .bridge
