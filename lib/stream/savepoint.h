/*
 * savepoint: a new directory of saved state, made of one that stands still.
 *
 * Stages' snapshots are copied, or written anew, and COMMIT comes last: whoever starts on one that
 * was not finished is refused, as on any directory whose COMMIT is gone. The old one stays as it
 * is. No stage may run on it meanwhile: see to that first (tp_survey_stage's alive).
 */
#ifndef TP_STREAM_SAVEPOINT_H
#define TP_STREAM_SAVEPOINT_H

#include "base/err.h"
#include "record/snapshot.h"
#include "stream/survey.h"

struct tp_savepoint; /* opaque */

/* Makes DIR, which must not be there. OF is borrowed for life. */
struct tp_savepoint *tp_savepoint_new(struct tp_survey *of, const char *dir, struct tp_err *err);

/* One that was not finished is removed. NULL is fine. */
void tp_savepoint_free(struct tp_savepoint *savepoint);

/* A snapshot of OF as it is, byte for byte; one that is damaged is refused. */
int tp_savepoint_copy(struct tp_savepoint *savepoint, const struct tp_survey_snapshot *snapshot,
                      struct tp_err *err);

/* Begins a snapshot of the stage NAME: SAVE takes lines. Then one of the two below, in any case. */
int tp_savepoint_save(struct tp_savepoint *savepoint, const char *name,
                      const struct tp_snapshot *header, struct tp_save *save, struct tp_err *err);
int tp_savepoint_save_done(struct tp_savepoint *savepoint, struct tp_save *save,
                           struct tp_err *err);
void tp_savepoint_save_drop(struct tp_savepoint *savepoint, struct tp_save *save);

/* All snapshots are there: sources' epochs and COMMIT follow. */
int tp_savepoint_finish(struct tp_savepoint *savepoint, struct tp_err *err);

#endif
