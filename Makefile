# tidepipe: see `make help`.
VERSION := 0.1.0
BUILD   ?= build
CC      ?= cc
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes
HARDEN  ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CPPFLAGS += -D_GNU_SOURCE -Ilib -DTP_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) $(HARDEN) $(CPPFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now
LDLIBS  += -lz -lzstd -lxxhash -lcsv -lm

V ?= 0
ifeq ($(V),0)
quiet = @printf '  %-7s %s\n' '$(1)' '$(2)';
endif

LIB_SRC  := $(wildcard lib/*/*.c)
BIN_SRC  := $(wildcard bin/*.c)
UNIT_SRC := $(wildcard tests/unit/*.c)
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
BINS     := $(BIN_SRC:bin/%.c=$(BUILD)/bin/%)
UNITS    := $(UNIT_SRC:%.c=$(BUILD)/%)
LIB      := $(BUILD)/libtidepipe.a

all: $(BINS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJ)
	$(call quiet,AR,$@)rm -f $@ && ar rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/bin/%.o $(LIB)
	$(call quiet,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(LIB)
	$(call quiet,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

check-unit: $(UNITS)
	@for t in $(UNITS); do $$t || exit 1; done

clean:
	rm -rf $(BUILD)

.PHONY: all check-unit clean
.SECONDARY:
-include $(LIB_OBJ:.o=.d) $(BIN_SRC:%.c=$(BUILD)/%.d) $(UNIT_SRC:%.c=$(BUILD)/%.d)
