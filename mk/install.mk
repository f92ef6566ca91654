# Installation: filters, completions, libtidepipe.a with its headers (unstable), pkg-config file, man pages, and the
# module for jq.

BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
SHAREDIR   ?= $(PREFIX)/share/tidepipe
BASHDIR    ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR     ?= $(PREFIX)/share/zsh/site-functions
FISHDIR    ?= $(PREFIX)/share/fish/vendor_completions.d
INSTALL    ?= install

# The public rooms in the order of their floors: not the private room_x.h, and not what tests/layers
# has in parentheses.
PUBLIC_HEADERS := $(wildcard $(shell sed -n '/^[a-z]*: /{s/([a-z]*)//g;p;}' tests/layers | \
	awk '{ sub(":", "", $$1); for (i = 2; i <= NF; i++) print "lib/" $$1 "/" $$i ".h" }'))
FLOORS         := $(sort $(notdir $(patsubst %/,%,$(dir $(PUBLIC_HEADERS)))))
MAN_PAGES      := $(sort $(wildcard man/*.[1-8]))
MAN_SECTIONS   := $(sort $(subst .,,$(suffix $(MAN_PAGES))))

# The umbrella header for programs outside this tree: every public room, in the order of the floors.
$(BUILD)/tidepipe.h: FORCE
	@mkdir -p $(@D)
	$(call quiet,GEN,$@){ \
	    printf '/*\n * tidepipe.h: event-time stream processing on NDJSON, version $(VERSION).\n *\n'; \
	    printf ' * UNSTABLE: names and structures change from version to version without notice; build\n'; \
	    printf ' * your filter again with each. Each header below says what its room is for; tidepipe(3)\n'; \
	    printf ' * shows how a filter is put together.\n */\n#ifndef TIDEPIPE_H\n#define TIDEPIPE_H\n\n'; \
	    printf '#include "%s"\n' $(PUBLIC_HEADERS:lib/%=%); \
	    printf '\n#endif\n'; } >$@

$(BUILD)/tidepipe.pc: tidepipe.pc.in FORCE
	@mkdir -p $(@D)
	$(call quiet,GEN,$@)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	    -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' \
	    -e 's|@PKGS@|$(strip $(PKGS))|' -e 's|@LIBS@|$(strip $(PLAIN_LIBS))|' $< >$@

# What shells complete, as --help tells it.
$(BUILD)/completions/made: $(BINS) tools/completions
	@mkdir -p $(@D)
	$(call quiet,GEN,$(@D))tools/completions $(BUILD)/bin $(@D) && touch $@

install: all $(BUILD)/tidepipe.h $(BUILD)/tidepipe.pc $(BUILD)/completions/made ## install under DESTDIR and PREFIX (/usr/local)
	@echo "  INSTALL $(DESTDIR)$(PREFIX)"
	@$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)/pkgconfig' \
	    '$(DESTDIR)$(INCLUDEDIR)/tidepipe' '$(DESTDIR)$(SHAREDIR)'
	@$(INSTALL) -m 644 share/tidepipe.jq '$(DESTDIR)$(SHAREDIR)'
	@$(INSTALL) -d '$(DESTDIR)$(BASHDIR)' '$(DESTDIR)$(ZSHDIR)' '$(DESTDIR)$(FISHDIR)'
	@$(INSTALL) -m 644 $(BIN_SRC:bin/%.c=$(BUILD)/completions/bash/%) '$(DESTDIR)$(BASHDIR)'
	@$(INSTALL) -m 644 $(BIN_SRC:bin/%.c=$(BUILD)/completions/zsh/_%) '$(DESTDIR)$(ZSHDIR)'
	@$(INSTALL) -m 644 $(BIN_SRC:bin/%.c=$(BUILD)/completions/fish/%.fish) '$(DESTDIR)$(FISHDIR)'
	@for p in $(BINS); do $(INSTALL) -m 755 $$p '$(DESTDIR)$(BINDIR)' || exit 1; done
	@$(INSTALL) -m 644 $(LIB) '$(DESTDIR)$(LIBDIR)'
	@$(INSTALL) -m 644 $(BUILD)/tidepipe.pc '$(DESTDIR)$(LIBDIR)/pkgconfig'
	@$(INSTALL) -m 644 $(BUILD)/tidepipe.h '$(DESTDIR)$(INCLUDEDIR)/tidepipe'
	@for f in $(FLOORS); do $(INSTALL) -d '$(DESTDIR)$(INCLUDEDIR)/tidepipe/'$$f || exit 1; done
	@for h in $(PUBLIC_HEADERS:lib/%=%); do \
	    $(INSTALL) -m 644 lib/$$h '$(DESTDIR)$(INCLUDEDIR)/tidepipe/'$$h || exit 1; done
	@for s in $(MAN_SECTIONS); do $(INSTALL) -d '$(DESTDIR)$(MANDIR)'/man$$s && \
	    $(INSTALL) -m 644 man/*.$$s '$(DESTDIR)$(MANDIR)'/man$$s || exit 1; done

uninstall: ## remove what `make install` put there
	@echo "  REMOVE  $(DESTDIR)$(PREFIX)"
	@cd '$(DESTDIR)$(BINDIR)' && rm -f $(notdir $(BINS))
	@rm -f '$(DESTDIR)$(LIBDIR)/libtidepipe.a' '$(DESTDIR)$(LIBDIR)/pkgconfig/tidepipe.pc'
	@rm -rf '$(DESTDIR)$(INCLUDEDIR)/tidepipe' '$(DESTDIR)$(SHAREDIR)'
	@cd '$(DESTDIR)$(BASHDIR)' && rm -f $(notdir $(BINS))
	@cd '$(DESTDIR)$(ZSHDIR)' && rm -f $(BIN_SRC:bin/%.c=_%)
	@cd '$(DESTDIR)$(FISHDIR)' && rm -f $(BIN_SRC:bin/%.c=%.fish)
	@for m in $(notdir $(MAN_PAGES)); do rm -f '$(DESTDIR)$(MANDIR)'/man$${m##*.}/$$m; done

dist: ## a source archive of the last commit
	git archive --prefix=tidepipe-$(VERSION)/ -o tidepipe-$(VERSION).tar.gz HEAD

deb: ## Debian packages of it, in build/ (tests/check-deb looks at them)
	@tools/deps deb
	@$(MAKE) all
	@MAKE='$(MAKE)' tools/deb $(VERSION) $(BUILD) $(BUILD)

check-deb: deb ## ... and whether they hold what they should, and lintian finds nothing
	@tests/check-deb $(BUILD) $(VERSION)

.PHONY: install uninstall dist deb check-deb
