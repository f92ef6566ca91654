/*
 * claim: one run at a time on a directory of saved state.
 *
 * Who runs there holds DIR/.run.lock, and writes into it what the next one needs to know if he
 * dies: his process group, and the attempt that goes on.
 */
#ifndef TIDEPIPE_CLAIM_H
#define TIDEPIPE_CLAIM_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "stream/survey.h"
#include "value/time.h"
#include "verb.h"

struct claim {
    const struct verb *verb; /* who says what is to be said */
    const char *name;        /* the directory, as it was given */
    char *dir;               /* absolute: the program may go elsewhere; NULL: none */
    int lock;                /* -1: not ours */
    int64_t commit;          /* what stood there at first */
};

/* Makes DIR where it is missing, and takes it. Stages of a run whose supervisor is gone are ended,
 * and that run goes into the ledger. 1: it is ours; 0: somebody else is at work there, which was
 * said; -1: it cannot be. Then claim_release, in any case. */
int claim_take(struct claim *claim, const struct verb *verb, const char *dir, struct tp_err *err);
void claim_release(struct claim *claim);

/* Notes the attempt that goes on; ATTEMPT 0: none does. */
void claim_note(const struct claim *claim, pid_t group, tp_time started, int64_t from,
                uint64_t attempt);

#endif
