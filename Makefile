# tidepipe. `make help` lists the targets, `make V=1` shows the commands.
#
#   BUILD=build/x    where everything that is made goes
#   CC=clang         gcc and clang both build without a warning
#   CFLAGS=...       optimisation and debugging; HARDEN= turns the hardening flags off
#   DEFS=-DTP_PORTABLE   the portable (not SSE2) scanner
#   WERROR=1         warnings are errors (development and CI)

VERSION  := 0.1.0
BUILD    ?= build
PREFIX   ?= /usr/local
CC       ?= cc
CLANG    ?= clang
PYTHON   ?= python3
PKG_CONFIG ?= pkg-config
CFLAGS   ?= -O2 -g
DEFS     ?=
WERROR   ?=
V        ?= 0

WARN := -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes

# Hardening that leaves the hot path alone: fortified calls are checked at compile time there,
# stack protectors are put only where a function keeps an array, CET is one no-op a function.
HARDEN ?= -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong $(HARDEN_x86)
ifeq ($(shell uname -m),x86_64)
HARDEN_x86 := -fstack-clash-protection -fcf-protection
endif

# What the library stands on. The regex and document rooms bring theirs when they are there;
# --as-needed keeps the libraries out of the programs that do not call them.
PKGS := zlib libzstd libxxhash \
	$(if $(wildcard lib/value/regex*.c),libpcre2-8) $(if $(wildcard lib/record/doc*.c),jansson)
# Optional: pictures as PNG (splot --png). CAIRO= builds without.
CAIRO := $(shell $(PKG_CONFIG) --exists cairo 2>/dev/null && echo cairo)
PKGS += $(CAIRO)
PLAIN_LIBS := $(if $(wildcard lib/record/csv*.c),-lcsv) -lm

# Asked once, and only when something is linked or compiled: `make deps` runs without it.
PKG_LIBS   = $(eval PKG_LIBS := $$(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null || echo missing))$(PKG_LIBS)
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null))$(PKG_CFLAGS)

ALL_CPPFLAGS = -D_GNU_SOURCE -Ilib -DTP_VERSION='"$(VERSION)"' $(DEFS) $(if $(CAIRO),-DTP_CAIRO) $(PKG_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS   = -std=gnu11 $(CFLAGS) $(WARN) $(if $(WERROR),-Werror) $(HARDEN) -fPIE $(ALL_CPPFLAGS)
ALL_LDFLAGS  = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
ALL_LIBS     = $(if $(filter missing,$(PKG_LIBS)),$(error libraries are missing ($(PKGS)): run `make deps`)) \
	$(PKG_LIBS) $(PLAIN_LIBS) $(LDLIBS)

ifeq ($(V),0)
quiet = @printf '  %-7s %s\n' '$(1)' '$(2)';
MAKEFLAGS += --no-print-directory
else
quiet =
endif

LIB_SRC  := $(sort $(wildcard lib/*/*.c))
BIN_SRC  := $(sort $(wildcard bin/*.c))
PART_SRC := $(sort $(wildcard bin/*/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
HEADERS  := $(sort $(wildcard lib/*/*.h))
PROBE_SRC := $(sort $(wildcard tests/oracle/*.c))
STATE_SRC := $(sort $(wildcard tests/state/*.c))
ALL_SRC  := $(LIB_SRC) $(BIN_SRC) $(PART_SRC) $(UNIT_SRC) $(FUZZ_SRC) $(PROBE_SRC) $(STATE_SRC) \
	$(wildcard tests/fuzz/replay.c bench/*.c)

OBJ     := $(BUILD)/obj
LIB     := $(BUILD)/libtidepipe.a
LIB_OBJ := $(LIB_SRC:%.c=$(OBJ)/%.o)
BINS    := $(BIN_SRC:bin/%.c=$(BUILD)/bin/%)
UNITS   := $(UNIT_SRC:%.c=$(BUILD)/%)

all: $(LIB) $(BINS) ## build every filter and the library (the default)

# Objects are made again when the compiler or a flag changes, not only when a source does.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(CC) $(ALL_CFLAGS))' | cmp -s - $@ || \
	    printf '%s\n' '$(subst ','\'',$(CC) $(ALL_CFLAGS))' >$@

$(OBJ)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	@mkdir -p $(@D)
	$(call quiet,AR,$@)rm -f $@ && ar rcs $@ $^

# A program may name libraries of its own on its first line: // LIBS: -ljansson
own_libs = $(shell sed -n '1s,^// LIBS: *,,p' $(1))
link = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(call own_libs,$(1)) $(ALL_LIBS)
# Tests may ask jansson, as the oracle of JSON.
link_test = $(link) -ljansson

$(BUILD)/bin/%: $(OBJ)/bin/%.o $(LIB)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(call link,bin/$*.c)

$(BUILD)/tests/unit/%: $(OBJ)/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(call link_test,tests/unit/$*.c)

# The parts of bin/NAME.c that stand in bin/NAME/.
in_parts = $(sort $(patsubst bin/%/,%,$(dir $(PART_SRC))))
parts_of = $(patsubst %.c,$(OBJ)/%.o,$(filter bin/$(1)/%,$(PART_SRC)))
$(foreach name,$(in_parts),$(eval $(BUILD)/bin/$(name): $(call parts_of,$(name))))

# tidepipe knows the list of all filters, as their sources state it.
$(OBJ)/bin/tidepipe.o: ALL_CPPFLAGS += -I$(BUILD)
$(OBJ)/bin/tidepipe.o: $(BUILD)/gen/filters.h
$(BUILD)/gen/filters.h: tools/filter-list man/tidepipe.7 $(BIN_SRC)
	@mkdir -p $(@D)
	$(call quiet,GEN,$@)tools/filter-list man/tidepipe.7 bin >$@

include mk/check.mk mk/install.mk

# The two commands of the README use every processor, unless the user says -j.
JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

deps: ## install what building and `make check` need (DEPS=no: never)
	@tools/deps --stamp $(BUILD)/deps build check

demo: deps ## the tour: 200,000 log lines through a pipeline; LOG=FILE takes your own
	@$(MAKE) $(JOBS) all
	@PATH="$(abspath $(BUILD))/bin:$$PATH" examples/demo.sh $(LOG)

BENCH_TOOLS := $(patsubst %.c,$(BUILD)/%,$(wildcard bench/*.c))

bench: all $(BENCH_TOOLS) ## measure beside jq, Miller, DuckDB, Flink and others (ROWS=, N=, WITHOUT=, QUICK=1)
	@$(MAKE) BUILD=$(BUILD)/portable DEFS=-DTP_PORTABLE all
	@bench/run --build $(BUILD) --portable $(BUILD)/portable $(if $(N),-n $(N)) $(if $(QUICK),--quick) \
	    $(WITHOUT:%=--without %) $(ROWS) \
	    >$(BUILD)/bench/results.ndjson
	@bench/table $(BUILD)/bench/results.ndjson

bench-peers: ## fetch the peers that Debian does not have, for `make bench`, into build/peers
	@bench/peers

$(BUILD)/bench/%: $(OBJ)/bench/%.o
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $<

clean: ## remove everything that was made
	rm -rf $(BUILD) compile_commands.json

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

FORCE:
.PHONY: all deps demo bench bench-peers clean help FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(ALL_SRC:%.c=$(OBJ)/%.d)
