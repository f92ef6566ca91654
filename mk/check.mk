# What proves the tree: tests, sanitizers, fuzzing, linters. Every part ends with a line
# "NAME: N passed, N failed", which .ci/run adds up.

TEST_ENV   = BUILD=$(abspath $(BUILD)) CC='$(CC)'
FUZZ_NAMES := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%)
FUZZ_TIME  ?= 60
SELF_TESTS := $(sort $(wildcard tests/self/*.sh))
STATE_BINS := $(STATE_SRC:%.c=$(BUILD)/%)

# Tests wait more than they work: twice as many at a time. What takes longest begins first.
TEST_JOBS = $(if $(JOBS),-j$(shell expr 2 '*' $$(nproc)))

check: deps ## everything that must hold: layers, headers, units, cases, bats, documents, installation, state
	@$(MAKE) $(JOBS) all
	@$(MAKE) $(TEST_JOBS) -Otarget check-bats check-state check-self check-crash check-layers hdr-check check-unit \
	    check-cases check-docs check-examples fuzz-replay check-install check-model

check-layers: ## a file includes only the floors below its own
	@$(PYTHON) tests/check-layers .

check-unit: $(UNITS) ## the C unit tests
	@tests/run-units $(UNITS)

check-cases: $(BINS) ## the case directories tests/cases (CASE=filter/case for one, UPDATE=1 to rewrite)
	@$(TEST_ENV) $(PYTHON) tests/run-cases $(CASE)

check-chunks: $(BINS) ## the cases again with standard input arriving 1 and 7 bytes at a time
	@$(TEST_ENV) $(PYTHON) tests/run-cases --chunk 1 $(CASE)
	@$(TEST_ENV) $(PYTHON) tests/run-cases --chunk 7 $(CASE)

check-bats: $(BINS) $(STATE_BINS) ## tests/*.bats: pipes, signals, latency
	@$(TEST_ENV) tests/run-bats

check-docs: $(BINS) ## run the examples of README and man pages; usage equals SYNOPSIS; mandoc lint
	@$(TEST_ENV) $(PYTHON) tests/check-docs

check-examples: $(BINS) ## run the pipelines of examples/ and compare what they print (UPDATE=1 to rewrite)
	@$(TEST_ENV) $(PYTHON) tests/check-examples

check-install: all ## install into a scratch prefix, build examples/own-filter there, uninstall
	+@$(TEST_ENV) MAKE='$(MAKE)' tests/check-install $(BUILD)

check-self: ## the tests of the test machinery itself
	@tests/run-self $(SELF_TESTS)

# An oracle is tests/oracle/X.py or X.sh. It may bring a C program X_probe.c (for X_oracle.py too),
# whose path is then its first argument.
PROBES := $(PROBE_SRC:%.c=$(BUILD)/%)
$(BUILD)/tests/oracle/%: $(OBJ)/tests/oracle/%.o $(LIB)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(call link_test,tests/oracle/$*.c)

# Saved state: small sources and sinks of the tests' own, and the model of the protocol.
$(BUILD)/tests/state/%: $(OBJ)/tests/state/%.o $(LIB)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(call link,tests/state/$*.c)

check-state: $(BINS) $(STATE_BINS) ## saved state: split runs, kills, damage (SEED=, KILLS=)
	@$(TEST_ENV) tests/state/run

# It stands between a stage and the system, so it is no part of a build with a sanitizer of its own.
SHIM := $(BUILD)/tests/crash/shim.so
$(SHIM): tests/crash/shim.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) -std=gnu11 -O1 $(WARN) $(if $(WERROR),-Werror) -D_GNU_SOURCE -shared -fPIC $< -o $@

check-crash: $(BINS) $(STATE_BINS) $(SHIM) ## a seeded subset of the crash campaign (SEED=, KILLS=)
	@$(TEST_ENV) tests/crash/run

crash: $(BINS) $(STATE_BINS) $(SHIM) ## the crash campaign: kill -9 at random moments (KILLS=10000 SEED=1)
	@$(TEST_ENV) SAY=1 KILLS=$(or $(KILLS),10000) CALLS=$(or $(CALLS),0) ERRORS=0 tests/crash/run

soak: $(BINS) ## an endless pair of streams for MINUTES (10): memory must stay flat (SERIES=FILE)
	@$(TEST_ENV) tests/soak -m $(or $(MINUTES),10) $(if $(SERIES),-o $(SERIES))

check-model:
	@$(MAKE) model WALKS=50

model: ## the model of barriers and commits: many walks, and each rule switched off (WALKS=)
	@$(PYTHON) tests/model/barriers.py --walks $(or $(WALKS),1000)

oracles: all $(PROBES) ## compare with DuckDB, Python, ... on the same data (not part of check)
	@$(TEST_ENV) tests/run-oracles

# ---- headers compile alone, and twice

# `true`: of a $(shell) that ends with dash's 127 for "not found", make throws the output away.
HDR_CCS := $(shell for c in gcc clang; do command -v $$c >/dev/null && echo $$c; done; true)
define hdr_rule
$(BUILD)/hdr/$(1)/%.ok: % $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(call quiet,HDR,$(1) $$<)printf '#include "%s"\n#include "%s"\n' '$$(<:lib/%=%)' '$$(<:lib/%=%)' | \
	    $(1) -std=gnu11 $$(WARN) -Werror $$(ALL_CPPFLAGS) -MMD -MP -MF $$(@:.ok=.d) -MT $$@ -fsyntax-only -x c - && touch $$@
-include $(HEADERS:%=$(BUILD)/hdr/$(1)/%.d)
endef
$(foreach c,$(HDR_CCS),$(eval $(call hdr_rule,$(c))))

hdr-check: $(foreach c,$(HDR_CCS),$(HEADERS:%=$(BUILD)/hdr/$(c)/%.ok)) ## every header compiles alone, with gcc and clang
	@echo "headers: $(words $^) passed, 0 failed"

# ---- other builds, each in its own directory

SAN_FLAGS = -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
SAN_CHECK = HARDEN= check-unit check-cases fuzz-replay

asan: ## unit tests, cases and fuzz corpus under the address sanitizer
	@UBSAN_OPTIONS=print_stacktrace=1 $(MAKE) BUILD=build/asan DEFS=-DTP_STEADY_AFTER=1 CFLAGS='$(SAN_FLAGS) -fsanitize=address' $(SAN_CHECK)

ubsan: ## the same under the undefined-behaviour sanitizer
	@UBSAN_OPTIONS=print_stacktrace=1 $(MAKE) BUILD=build/ubsan CFLAGS='$(SAN_FLAGS) -fsanitize=undefined' $(SAN_CHECK)

portable: ## unit tests and cases of the portable scanner
	@$(MAKE) BUILD=build/portable DEFS=-DTP_PORTABLE all check-unit check-cases fuzz-replay

check-clang: ## unit tests and cases of the clang build
	@$(MAKE) BUILD=build/clang CC=$(CLANG) all check-unit check-cases

# Leaks of the unit tests are asan's business: valgrind sees those of their forked children too.
# test_alloc has a malloc of its own, which valgrind must leave in place (nouserintercepts).
VALGRIND ?= valgrind -q --error-exitcode=99
LEAKS     = --leak-check=full --errors-for-leak-kinds=definite
valgrind: all $(UNITS) ## unit tests and cases under valgrind (CASE=filter for a part)
	@WRAP='$(VALGRIND) --soname-synonyms=somalloc=nouserintercepts' tests/run-units $(UNITS)
	@WRAP='$(VALGRIND) $(LEAKS)' $(TEST_ENV) $(PYTHON) tests/run-cases $(CASE)

coverage: ## list the functions that no unit test and no case calls
	@$(MAKE) BUILD=build/coverage CC=gcc CFLAGS='-O0 -g --coverage -fprofile-update=atomic' HARDEN= coverage-run
coverage-run: all $(UNITS)
	@find $(BUILD) -name '*.gcda' -delete
	-@$(MAKE) check-unit check-cases check-bats
	@$(PYTHON) tests/untested-functions $(BUILD)

# ---- fuzzing

REPLAYS := $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/replay_%)

$(BUILD)/tests/fuzz/replay_%: $(OBJ)/tests/fuzz/fuzz_%.o $(OBJ)/tests/fuzz/replay.o $(LIB)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(call link_test,tests/fuzz/fuzz_$*.c)

fuzz-replay: $(REPLAYS) ## run the kept corpus tests/fuzz/corpus through the fuzz targets
	@tests/run-replays $(REPLAYS)

$(BUILD)/tests/fuzz/libfuzzer_%: $(OBJ)/tests/fuzz/fuzz_%.o $(LIB)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(call link_test,tests/fuzz/fuzz_$*.c) -fsanitize=fuzzer

fuzz: ## run each fuzz target for FUZZ_TIME (60) seconds (FUZZ=name for one)
	@$(MAKE) BUILD=build/fuzz CC=$(CLANG) HARDEN= DEFS=-DTP_STEADY_AFTER=1 \
	    CFLAGS='-O2 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
	    fuzz-run
fuzz-run: $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/libfuzzer_%)
	@BUILD=$(BUILD) FUZZ_TIME=$(FUZZ_TIME) tests/run-fuzz $(or $(FUZZ),$(FUZZ_NAMES))

# ---- style and static analysis

FORMATTED = $(ALL_SRC) $(HEADERS) $(wildcard tests/unit/*.h tests/fuzz/*.h examples/*/*.c)
CLANG_FORMAT ?= $(shell command -v clang-format-14 || echo clang-format)
CLANG_TIDY   ?= clang-tidy
CPPCHECK     ?= cppcheck

format: ## clang-format every source in place
	@$(CLANG_FORMAT) -i $(FORMATTED)

format-check: ## fail when a source is not as clang-format leaves it
	@$(CLANG_FORMAT) --dry-run -Werror $(FORMATTED)
	@echo "format: $(words $(FORMATTED)) passed, 0 failed"

TIDY_SRC := $(LIB_SRC) $(BIN_SRC) $(PART_SRC)
$(BUILD)/tidy/bin/tidepipe.c.ok: $(BUILD)/gen/filters.h
$(BUILD)/tidy/%.ok: % .clang-tidy $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,TIDY,$<)$(CLANG_TIDY) --quiet $< -- -std=gnu11 $(ALL_CPPFLAGS) -I$(BUILD) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

# cppcheck is told the macros' values, so that it looks at both scanners once and nothing twice.
$(BUILD)/cppcheck.ok: $(LIB_SRC) $(BIN_SRC) $(HEADERS)
	@mkdir -p $(@D)
	$(call quiet,CPPCHECK,lib bin)$(CPPCHECK) --quiet --std=c11 --error-exitcode=1 --inline-suppr \
	    --enable=warning,performance,portability --suppress=missingIncludeSystem \
	    --suppressions-list=tests/cppcheck.suppress -j 2 -D__GNUC__=12 -D__x86_64__ -D__SSE2__ \
	    -D_GNU_SOURCE -DTP_VERSION='""' -Ilib lib $(wildcard bin)
	@touch $@

lint: $(TIDY_SRC:%=$(BUILD)/tidy/%.ok) $(BUILD)/cppcheck.ok ## clang-tidy and cppcheck, warnings are errors
	@echo "lint: $(words $^) passed, 0 failed"

compile_commands.json: $(BUILD)/flags FORCE ## for editors and language servers
	@{ echo '['; \
	    for f in $(ALL_SRC); do \
	        printf '%s  {"directory": "%s", "file": "%s", "command": "%s"}' "$$sep" '$(CURDIR)' $$f \
	            "$$(sed 's/["\\]/\\&/g' $(BUILD)/flags) -c $$f"; \
	        sep=$$(printf ',\nx'); sep=$${sep%x}; \
	    done; \
	    printf '\n]\n'; } >$@

.PHONY: check check-crash crash soak check-layers check-unit check-cases check-chunks check-bats check-docs check-examples check-install \
	check-self check-state check-model model oracles hdr-check asan ubsan portable check-clang valgrind coverage coverage-run fuzz-replay \
	fuzz fuzz-run format format-check lint
