# Everything a newcomer needs is `make run` and `make test`; both create .venv if it is missing.
# PYTHON is only used to create the virtual environment.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
CALLS  ?= 50000
SAMPLE ?= 4
SECONDS ?= 60
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test lint ci-long wine32 test-guest mutation fuzz deep bench soak sweep witness picture clean

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: $(VENV)/.run ## WSASocket conformance on an emulated CE device (RUN="--cpu x86" for other options)
	$(BIN)/ceharness run $(RUN)

test: $(VENV)/.dev lint ## linters, types, layers and the tests that take minutes at most
	$(BIN)/pytest -n auto

lint: $(VENV)/.dev ## the static checks alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/robocop check suites
	$(BIN)/robocop format --check --no-overwrite suites

ci-long: $(VENV)/.dev ## what takes longer: every CPU, the links, the built wheel, Wine, QEMU, a sample of the mutations
	-$(BIN)/python -m guest
	$(BIN)/pytest -n auto -m long --ignore tests/wine32
	$(BIN)/python -m mutation --sample $(SAMPLE)

mutation: $(VENV)/.run ## are the suites worth anything: devices with something wrong; build/mutation.json (MUTATION="--list")
	$(BIN)/python -m mutation $(MUTATION)

wine32: $(VENV)/.dev ## the agent for CE on x86 on 32-bit Wine, which is fetched into build/wine32-root (105 MB)
	$(BIN)/python tests/wine32/wine32_root.py
	$(BIN)/pytest tests/wine32 -m "long or not long"

test-guest: $(VENV)/.dev ## kind = qemu on a guest that is built here, over UART and TCP (packages: docs/qemu.md)
	$(BIN)/python -m guest
	$(BIN)/pytest tests/guest -m "long or not long" --full
	$(BIN)/python -m benchmarks.restore --most 1

fuzz: $(VENV)/.dev ## libFuzzer over the agent's core, SECONDS=60 for each target (needs a clang of the system)
	$(BIN)/python device_agent/fuzz.py --seconds $(SECONDS)

deep: $(VENV)/.dev lint ## full counts, by hand before a release: everything, 20 seeds of the property tests, a million calls
	-$(BIN)/python tests/wine32/wine32_root.py
	-$(BIN)/python -m guest
	$(BIN)/pytest -n auto -m "long or not long" --full
	for seed in $$(seq 20); do \
	    $(BIN)/pytest -n auto -q -m hypothesis --hypothesis-seed=$$seed || exit 1; \
	done
	$(BIN)/python -m mutation
	$(BIN)/python -m benchmarks.soak 1000000

bench: $(VENV)/.bench ## how fast, against peers; build/bench.json (BENCH="--quick --check" for other options)
	$(BIN)/python -m benchmarks $(BENCH)

soak: $(VENV)/.run ## counted calls over a line full of faults (CALLS=1000000 SOAK="--link serial")
	$(BIN)/python -m benchmarks.soak $(CALLS) $(SOAK)

sweep: $(VENV)/.run ## a million triples of WSASocket over a line of 115200 baud, twice (SWEEP="--cpu x86")
	$(BIN)/python -m benchmarks.sweep $(SWEEP)

witness: $(VENV)/.dev ## what a C program is answered by Wine's Winsock, call by call
	$(BIN)/python -m witness

picture: $(VENV)/.dev ## docs/run.svg, the picture of a run in README.md
	$(BIN)/python docs/picture.py docs/run.svg

clean: ## virtual environment, built agents, results
	rm -rf $(VENV) build dist results harness/agents/bin

$(VENV)/.run: pyproject.toml hatch_build.py $(shell find device_agent -name '*.[ch]' -o -name '*.py' -o -name '*.ld' -o -name '*.def')
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing ceharness and compiling the agents (once, about a minute) ..."
	$(PIP) install --upgrade pip
	$(PIP) install --editable '.[emulator,qemu]'
	@touch $@

$(VENV)/.bench: $(VENV)/.run
	$(PIP) install --group bench
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(PIP) install --group build --group dev
	@touch $@
