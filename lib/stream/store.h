/*
 * store: a directory of saved state (tidepipe.5, SAVED STATE): locks, snapshots, epochs, COMMIT.
 *
 *     DIR/NAME.lock            held by the stage NAME for as long as it lives; says its pid
 *     DIR/NAME.ID.ndjson       what it saved at barrier ID (record/snapshot)
 *     DIR/NAME.ID.saving       until that is there, when it is saved apart; nobody commits ID
 *     DIR/NAME.epoch           a source's: raised each time it starts
 *     DIR/COMMIT               the last barrier that all sinks had prepared: what a run goes back
 * to DIR/.lock                held for moments, by whoever reads COMMIT and acts on it
 *
 * Files are written beside their place, synced, renamed there, and the directory is synced: so each
 * is whole or not there. A sync that failed is not tried again, here or by the caller: what it
 * should have written may be gone from memory (doc/decisions/barriers-and-one-rename.md). All that
 * fail fill ERR with TP_FAULT_MACHINE and the way out where there is one.
 */
#ifndef TP_STREAM_STORE_H
#define TP_STREAM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "record/epochs.h"
#include "record/snapshot.h"

struct tp_store; /* opaque */

/* Makes DIR where it is missing, takes the lock of NAME. Where another holds it, waits up to
 * $TIDEPIPE_LOCK_WAIT (seconds, 10), then says who. */
struct tp_store *tp_store_open(const char *dir, const char *name, struct tp_err *err);
void tp_store_close(struct tp_store *store); /* gives the lock back; NULL is fine */

const char *tp_store_name(const struct tp_store *store);
const char *tp_store_path(const struct tp_store *store); /* DIR, as it was given */

/* --- COMMIT and epochs -------------------------------------------------------------------------*/

struct tp_commit {
    int64_t id;              /* 0: nothing is committed yet */
    int64_t previous;        /* the commit before it */
    struct tp_epochs epochs; /* of the run that made it */
};

/* Reads COMMIT as it is now; release it in any case. */
int tp_store_commit_read(struct tp_store *store, struct tp_commit *commit, struct tp_err *err);
void tp_commit_release(struct tp_commit *commit);

/* A source starts: raises its epoch (*EPOCH), so that no older run can commit any more, and says
 * what to go back to and the largest ID that is in use (0: none). */
int tp_store_begin(struct tp_store *store, struct tp_commit *commit, int64_t *epoch,
                   int64_t *largest, struct tp_err *err);

/* May a stage of the run of EPOCHS go back to ID, and truncate files to what it says? -1 when the
 * run is stale, or COMMIT is another by now. COMMIT is filled in. */
int tp_store_fence(struct tp_store *store, int64_t id, const struct tp_epochs *epochs,
                   struct tp_commit *commit, struct tp_err *err);

/* A sink of the run of EPOCHS has prepared (saved a snapshot with `sink`): makes the greatest ID
 * that SINKS sinks can serve the COMMIT, by one rename. *COMMITTED is what COMMIT is then. -1 with
 * "stale" when another run has begun. */
int tp_store_commit(struct tp_store *store, uint64_t sinks, const struct tp_epochs *epochs,
                    int64_t *committed, struct tp_err *err);

/* --- snapshots ---------------------------------------------------------------------------------*/

/* Begins the snapshot of HEADER->id: SAVE takes lines. Then one of the two below, in any case. */
int tp_store_save(struct tp_store *store, const struct tp_snapshot *header, struct tp_save *save,
                  struct tp_err *err);
int tp_store_save_done(struct tp_store *store, struct tp_save *save, struct tp_err *err);
void tp_store_save_drop(struct tp_store *store, struct tp_save *save);

/* tp_store_save_done in two steps: closes SAVE in any case; and puts what it took on the disk and
 * in its place, which may wait long, and may be done by another thread. */
int tp_store_save_seal(struct tp_store *store, struct tp_save *save, struct tp_err *err);
int tp_store_save_sync(struct tp_store *store, struct tp_err *err);

/* ... or, for who lets a child go on with it: the child does one of the two, we do this. */
void tp_store_save_leave(struct tp_store *store, struct tp_save *save);

/* A snapshot of more than MOST bytes (0: any) fails, and tp_store_is_too_large is true. */
void tp_store_limit(struct tp_store *store, uint64_t most);
bool tp_store_is_too_large(const struct tp_store *store);

/* Bytes of the snapshot begun last. */
uint64_t tp_store_written(const struct tp_store *store);

/* The size of the snapshot of ID; 0: there is none. */
uint64_t tp_store_size(const struct tp_store *store, int64_t id);

/* A mark says that the snapshot of ID may never come, or not yet: ID is not committed. ID -1: no
 * mark of this stage is left. */
int tp_store_mark(struct tp_store *store, int64_t id, struct tp_err *err);
int tp_store_unmark(struct tp_store *store, int64_t id, struct tp_err *err);

struct tp_loaded {
    struct tp_snapshot header;
    struct tp_str body; /* the lines behind the header */
    char *map;
    size_t len;
    char file[TP_STAGE_NAME_BYTES + 40]; /* its name in DIR, for messages */
};

/* The snapshot that stands for COMMIT: 1 and LOADED (release it), 0 when this stage begins from
 * nothing, -1 when it is missing, damaged or foreign. */
int tp_store_load(struct tp_store *store, const struct tp_commit *commit, struct tp_loaded *loaded,
                  struct tp_err *err);
void tp_loaded_release(struct tp_loaded *loaded);

/* Deletes this stage's snapshots that neither the last two commits nor any later one can need, and
 * marks below COMMIT. */
int tp_store_prune(struct tp_store *store, struct tp_err *err);

/* --- files of the caller's ---------------------------------------------------------------------*/

/* What was written to FD is on the disk; and the folder that names PATH, after a file was made in
 * it, renamed or removed. Never try again after -1. */
int tp_sync(int fd, const char *name, struct tp_err *err);
int tp_sync_folder_of(const char *path, struct tp_err *err);

/* All of BYTES to FD, which ERR calls NAME. */
int tp_write_all(int fd, struct tp_str bytes, const char *name, struct tp_err *err);

/* What was written to the file PATH behind LENGTH is taken back; one that is shorter is refused. */
int tp_cut_back(const char *path, uint64_t length, struct tp_err *err);

#endif
