/*
 * survey: a directory of saved state as it lies there: for those who look at it (tidepipe status,
 * run, state) and change nothing. No lock is taken, so a run that goes on is not disturbed; what
 * it writes meanwhile may be seen or not.
 */
#ifndef TP_STREAM_SURVEY_H
#define TP_STREAM_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "stream/store.h"
#include "value/time.h"

struct tp_survey_snapshot {
    char name[TP_STAGE_NAME_BYTES + 1];
    int64_t id;
    uint64_t bytes;
    tp_time saved; /* when */
};

struct tp_survey_stage {
    char name[TP_STAGE_NAME_BYTES + 1];
    bool source;   /* it has an epoch */
    int64_t epoch; /* ... this one */
    pid_t pid;     /* who held its lock last; 0: not known */
    bool alive;    /* ... and holds it still */
};

struct tp_survey {
    struct tp_store *look; /* to read by; has no lock */
    struct tp_commit commit;
    tp_time committed;                   /* when; TP_TIME_BEFORE_ALL: never */
    struct tp_survey_snapshot *snapshot; /* in the order of names and IDs */
    size_t snapshots;
    struct tp_survey_stage *stage; /* in the order of names */
    size_t stages;
};

/* Looks at DIR. -1 when there is none, or its COMMIT is damaged. Release it in any case. */
int tp_survey(const char *dir, struct tp_survey *survey, struct tp_err *err);
void tp_survey_release(struct tp_survey *survey);

/* The snapshot that NAME would go back to: its greatest ID up to COMMIT; NULL: it has none. */
const struct tp_survey_snapshot *tp_survey_find(const struct tp_survey *survey, const char *name);

/* Opens one, which verifies it; release LOADED after 0. */
int tp_survey_open(struct tp_survey *survey, const struct tp_survey_snapshot *snapshot,
                   struct tp_loaded *loaded, struct tp_err *err);

/* What a snapshot says of the records so far, over all runs. */
struct tp_survey_counts {
    uint64_t in, late, rejected, filtered, repeats, held, rows;
    tp_time reached;   /* the watermark of what it reads */
    tp_time watermark; /* what was forwarded; for both TP_TIME_BEFORE_ALL: none */
};

/* -1: it does not say so. */
int tp_survey_counts(struct tp_str body, struct tp_survey_counts *counts, struct tp_err *err);

#endif
