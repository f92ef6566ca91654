/*
 * judge: what sdedup remembers of the records that came, in the way that its options ask for.
 *
 * Exactly one way judges: keys as they come, for ever or within a horizon (event/recent); about, in
 * a few bits a key (base/bloom); by what each key said last (event/changed); or records are held
 * until the watermark elects one of each key (event/elect).
 */
#ifndef SDEDUP_JUDGE_H
#define SDEDUP_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bloom.h"
#include "base/err.h"
#include "base/str.h"
#include "event/changed.h"
#include "event/elect.h"
#include "event/recent.h"
#include "event/soon.h"
#include "record/emit.h"
#include "record/snapshot.h"
#include "value/time.h"

struct judge {
    /* Filled by the table of options. */
    const char *keep, *change_text;
    double approx;      /* percent; -1: exactly */
    tp_duration within; /* -1: for ever */
    bool verify;

    uint64_t seed;              /* of the digests that approx and on-change keep */
    struct tp_recent *seen;     /* always there; empty where it does not judge */
    struct tp_soon *soon;       /* asks it; NULL: not by arrival and digests */
    struct tp_bloom *bloom;     /* --approx */
    struct tp_changed *changed; /* --on-change */
    struct tp_elect *elect;     /* --keep first, last */
};

/* Do the options go together? -1 with the reason. */
int judge_check(const struct judge *judge, struct tp_err *err);

/* -1: memory ran out; then release it. */
int judge_open(struct judge *judge, struct tp_err *err);
void judge_release(struct judge *judge);

/* A record of KEY, which says VALUES (--on-change), where it need not wait for its answer: 1 new, 0
 * a repeat, -1 memory ran out. */
int judge_see(struct judge *judge, struct tp_str key, struct tp_str values, tp_time time,
              struct tp_err *err);

size_t judge_keys(const struct judge *judge); /* remembered */
size_t judge_held(const struct judge *judge); /* records */
size_t judge_size(const struct judge *judge); /* bytes, for --max-memory */

/* For saved state, behind the seed, which its owner saves; and what decides what that means. */
int judge_save(const struct judge *judge, struct tp_save *save, struct tp_err *err);
int judge_load(struct judge *judge, struct tp_str line, struct tp_err *err);
void judge_identify(const struct judge *judge, struct tp_emit *to);

#endif
