# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
#
# make serve   the demonstration, on http://localhost:9000/ and https://localhost:9443/
# make test    all tests, with pytest
# make reactors   those of acceptance, on other reactors
# make trial   all tests, with trial: on epoll, on Linux
# make lint    ruff and mypy
# make conformance   the public Autobahn test suite (20 minutes)
# make conformance-client   the same, against the client
# make fuzz   decoder, guard and handshake against whatever libFuzzer comes up with (FUZZ_SECONDS=60, each)
# make soak   crowds, storms and attacks, into docs/reliability.md (half an hour)
# make bench   wstwist and its peers side by side, into docs/benchmarks (an hour)
# make clean   removes what was made
#
# All of it needs Python 3.11 or newer, git and make. Another Python or other ports:
# make serve PYTHON=python3.13 PORT=8000 TLS_PORT=8443

PYTHON ?= python3
PORT ?= 9000
TLS_PORT ?= 9443
WORKERS ?= 4
# What is tested without what is compiled, too.
PURE := tests/wire tests/test_contexts.py tests/test_life.py tests/test_calls.py tests/test_coroutines.py \
	tests/test_broadcast.py tests/test_scheduler.py tests/test_threads.py
VENV := .venv
BIN := $(VENV)/bin
CERTIFICATE := $(VENV)/certificate
METADATA := setup.cfg setup.py pyproject.toml
# What is compiled: modules in Cython, and those in Python that have declarations for Cython beside them.
DECLARED := $(shell find wstwist -name '*.pxd')
COMPILED := $(shell find wstwist -name '*.pyx') $(DECLARED) $(wildcard $(DECLARED:.pxd=.py))

.PHONY: serve test reactors trial lint conformance conformance-client fuzz soak bench clean

serve: $(VENV)/serve.done $(VENV)/compiled.done
	@$(BIN)/python -m wstwist.certificate $(CERTIFICATE) >$(CERTIFICATE).log
	@echo "The demonstration: http://localhost:$(PORT)/"
	@echo "and https://localhost:$(TLS_PORT)/, with a certificate of its own, at which browsers warn"
	@exec $(BIN)/twistd --nodaemon --pidfile= wsproject --port $(PORT) --tls-port $(TLS_PORT) \
		--cert $(CERTIFICATE)/cert.pem --key $(CERTIFICATE)/key.pem

test: $(VENV)/test.done $(VENV)/compiled.done $(VENV)/node.done
	$(BIN)/python -m pytest -q -n $(WORKERS) --ignore=tests/acceptance
	WSTWIST_PURE=1 $(BIN)/python -m pytest -q -n $(WORKERS) $(PURE)
	WSTWIST_TEST_REACTOR=uvloop $(BIN)/python -m pytest -q -n $(WORKERS) tests/connection
	WSTWIST_TEST_REACTOR=uvloop $(BIN)/python -m pytest -q -n $(WORKERS) tests/acceptance

reactors: $(VENV)/test.done $(VENV)/compiled.done $(VENV)/node.done
	WSTWIST_TEST_REACTOR=asyncio $(BIN)/python -m pytest -q -n $(WORKERS) tests/acceptance
	WSTWIST_TEST_REACTOR=select $(BIN)/python -m pytest -q -n $(WORKERS) tests/acceptance \
		-k "not (OverTls or OverUnix)"

trial: $(VENV)/test.done $(VENV)/compiled.done $(VENV)/node.done
	$(BIN)/trial --temp-directory=$(VENV)/trial tests

lint: $(VENV)/test.done
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The public Autobahn suite against examples/echo.py; CASES='1.*,7.*' for some, TWISTD=--reactor=epoll for another.
RUN_AUTOBAHN ?= ../shared/conformance/run-autobahn
CONFORMANCE_PORT ?= 9001
CASES ?= *
TWISTD ?=

conformance: $(VENV)/test.done $(VENV)/compiled.done
	cd examples && ../$(BIN)/twistd $(TWISTD) --pidfile=../$(VENV)/echo.pid --logfile=../$(VENV)/echo.log \
		wsproject --interface 127.0.0.1 --port $(CONFORMANCE_PORT) echo:Echo
	@$(RUN_AUTOBAHN) ws://127.0.0.1:$(CONFORMANCE_PORT)/Echo autobahn-report '$(CASES)'; \
		status=$$?; kill "$$(cat $(VENV)/echo.pid)"; exit $$status

# The suite's other side, against a client of ours: CLIENT=blocking for the other one, and for the one of Twisted's
# CLIENT_REACTOR=epoll for another reactor than the usual one.
CLIENT ?= twisted

conformance-client: $(VENV)/test.done $(VENV)/compiled.done
	tests/conformance/run-autobahn-client $(CLIENT) autobahn-client-report '$(CASES)' $(BIN)/python

# What is compiled, with AddressSanitizer; it wants clang. TARGETS=guard for one of them.
FUZZ := $(VENV)/fuzz
FUZZ_SECONDS ?= 60
TARGETS ?= decoder guard handshake

fuzz: $(VENV)/fuzz.done
	for target in $(TARGETS); do mkdir -p $(FUZZ)/$$target && \
		LD_PRELOAD="$$($(BIN)/python -c 'import atheris; print(atheris.path())')/asan_with_fuzzer.so" \
		PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 PYTHONPATH=$(FUZZ)/lib:. \
		$(BIN)/python fuzz/$$target.py -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(FUZZ)/ \
		$(FUZZ)/$$target || exit 1; done

# Some scenarios (ONLY=deaf,storm), less time for the longest one, or a trial with a tenth of the clients (SCALE=0.1).
MINUTES ?= 10
SCALE ?= 1

soak: $(VENV)/serve.done $(VENV)/compiled.done
	$(BIN)/python -m soak --minutes $(MINUTES) --scale $(SCALE) $(if $(ONLY),--only $(ONLY))

# Some workloads (ONLY=echo-64,idle), some peers (AGAINST=picows), or fewer rounds; see benchmarks/README.md.
ROUNDS ?= 7
ONLY ?=
AGAINST ?=

bench: $(VENV)/bench.done $(VENV)/compiled.done
	$(BIN)/python -m benchmarks --rounds $(ROUNDS) $(if $(ONLY),--only $(ONLY)) $(if $(AGAINST),--against $(AGAINST))

clean:
	rm -rf $(VENV) build *.egg-info _trial_temp* .mypy_cache .ruff_cache .hypothesis
	find wstwist -name '*.so' -delete

# The environment is completed when what the package needs has changed, and not otherwise.
$(VENV)/serve.done: $(METADATA) | $(BIN)/python
	WSTWIST_PURE=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fast]'
	@touch $@

$(VENV)/test.done: $(METADATA) | $(BIN)/python
	WSTWIST_PURE=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fast,test,lint]'
	@touch $@

$(VENV)/bench.done: $(METADATA) benchmarks/package.json | $(BIN)/python
	WSTWIST_PURE=1 $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fast,bench]'
	! command -v npm >/dev/null || npm install --prefix benchmarks --no-audit --no-fund --silent
	@touch $@

# The environment's installation is an editable one, without what is compiled: that is made here, once.
$(VENV)/compiled.done: $(COMPILED) setup.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'setuptools >= 77' 'Cython >= 3.1'
	rm -rf build/cython
	find wstwist -name '*.so' -delete
	$(BIN)/python setup.py --quiet build_ext --inplace
	@touch $@

$(VENV)/fuzz.done: $(COMPILED) $(wildcard wstwist/wire/*.py) $(VENV)/test.done
	$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris 'setuptools >= 77' 'Cython >= 3.1'
	CC=clang LDSHARED='clang -shared' CFLAGS='-fsanitize=address,fuzzer-no-link -g' \
		$(BIN)/python setup.py --quiet build --build-lib $(FUZZ)/lib --build-temp $(FUZZ)/temp
	@touch $@

# Node's WebSocket client, for the tests that talk to it; without npm these are skipped.
$(VENV)/node.done: tests/node/package.json | $(BIN)/python
	@! command -v npm >/dev/null || npm install --prefix tests/node --no-audit --no-fund --silent
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wstwist needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
