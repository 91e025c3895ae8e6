# `make check` and `make test` are the two commands; both work on a fresh machine with Python >= 3.11.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# pip < 25.1 does not know dependency groups, so the environment begins with a newer pip.
STAMP := $(VENV)/.installed

.PHONY: reports bench-report bench-selftest array-api bench-check bench-engine bench-speed check test test-fast lint types contract bench-startup golden docs clean help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all]' \
	  --group test --group lint --group docs
	touch $(STAMP)

check: $(STAMP)  ## run `adbench check` on the bundled suites, all backends; keep the record
	$(BIN)/adbench check suites --output-format text --output-format json=reports/run.json

test: $(STAMP)  ## run every test
	$(BIN)/python -m pytest -n auto --durations=20

test-fast: $(STAMP)  ## run the tests that take under two minutes together
	$(BIN)/python -m pytest -n auto -m 'not slow'

reports: $(STAMP)  ## check and measure the bundled suites, write reports/ and README's part
	$(BIN)/adbench check suites --output-format text --output-format json=reports/run.json
	$(BIN)/adbench bench $(or $(BENCH),suites/deep_learning.yaml suites/adbench_classic.yaml) --budget $(or $(BUDGET),1200) \
	  --output-format text --output-format json=reports/bench.json
	$(BIN)/adbench report reports/run.json reports/bench.json -o reports
	ADBENCH_GOLDEN=1 $(BIN)/python -m pytest -q tests/docs -k quotes_the_reports

bench-check: $(STAMP)  ## compare gradient checkers over tests/corpus, write its TABLE.md and README's part
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group bench
	$(BIN)/python tests/corpus/table.py --seeds $(or $(SEEDS),3) --write --quiet
	ADBENCH_GOLDEN=1 $(BIN)/python -m pytest -q tests/docs -k corpus

array-api: $(STAMP)  ## measure how much of the array API standard passes, write docs/array-api.md
	$(BIN)/python tests/engine/array_api.py > docs/array-api.md

bench-engine: $(STAMP)  ## time the engine beside its peers, write docs/bench-engine.md
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group bench
	$(BIN)/python benchmarks/engine.py --rounds $(or $(ROUNDS),7) --write

lint: $(STAMP)  ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)  ## mypy, strict on adbench/
	$(BIN)/mypy

contract: $(STAMP)  ## which room may import which
	$(BIN)/lint-imports

bench-selftest: $(STAMP)  ## how often `adbench bench --against` is right: equal and slowed functions
	$(BIN)/python benchmarks/bench_selftest.py --trials $(or $(TRIALS),20)

bench-startup: $(STAMP)  ## `adbench --help` beside `pytest --version`, interleaved
	$(BIN)/python benchmarks/startup.py

bench-report: $(STAMP)  ## time the rendering of pages, and weigh them
	$(BIN)/python benchmarks/report.py

bench-speed: $(STAMP)  ## time `adbench.check` beside gradcheck, in turns
	$(BIN)/python benchmarks/check_speed.py

golden: $(STAMP)  ## write what reports and documents show anew (then read the diff)
	ADBENCH_GOLDEN=1 $(BIN)/python -m pytest -q tests/report tests/docs

docs: $(STAMP)  ## build the documentation, warnings are errors
	$(BIN)/mkdocs build --strict

clean:  ## remove the environment and what was built
	rm -rf $(VENV) site build dist
