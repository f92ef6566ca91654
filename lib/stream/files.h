/*
 * files: many files by name, few of them open, written to at their ends.
 *
 * Grown files are appended to where they are; a file that was there goes on. Built files bear
 * `.part` behind their name until they are whole: tp_files_finish gives them their name, which
 * nobody else's file may bear yet. What a run leaves unfinished keeps `.part`.
 *
 * When more than max_open would be open, the one written to longest ago is closed, and opened again
 * for its next line. Packed files: a frame ends when the file is closed, and with TP_SYNC_FLUSH
 * when it is flushed. Lines are borrowed until tp_files_settle; neighbours for one file are written
 * as one piece.
 *
 * Every failure names the file, and after it nothing is written any more; a failed fsync above all
 * is never tried again, since the system may have dropped what it could not write.
 */
#ifndef TP_STREAM_FILES_H
#define TP_STREAM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "stream/pack.h"

struct tp_files; /* opaque */
struct tp_file;  /* opaque; stays where it is until it is finished */

enum tp_files_sync {
    TP_SYNC_NEVER,
    TP_SYNC_END,   /* before a file is closed or gets its name, and the folder after that */
    TP_SYNC_FLUSH, /* with every tp_files_flush, too */
};

struct tp_files_settings {
    size_t max_open; /* at least 1 */
    bool built;
    bool kept;                   /* state is kept of them: see below; SYNC is not NEVER */
    bool in_place;               /* files bear their names from the start; never with BUILT */
    enum tp_pack_format packing; /* TP_PACK_NONE unless built */
    enum tp_files_sync sync;
};

/* never, end or flush; NULL: *SYNC stays. */
int tp_files_parse_sync(const char *text, enum tp_files_sync *sync, struct tp_err *err);

struct tp_files *tp_files_new(const struct tp_files_settings *settings); /* NULL: memory */

/* Closes what is open; failures unheard, nothing finished. NULL is fine. */
void tp_files_free(struct tp_files *files);

/* The file PATH, opened if it is new; folders behind byte FOLDER of PATH are made. */
struct tp_file *tp_files_file(struct tp_files *files, struct tp_str path, size_t folder,
                              struct tp_err *err);

/* Is there a file of that name, whole or in the making, that is not one of ours? */
bool tp_files_is_taken(const struct tp_files *files, const char *path);

/* LINES (whole ones) go to FILE; borrowed until tp_files_settle. */
int tp_files_pass(struct tp_files *files, struct tp_file *file, struct tp_str lines,
                  struct tp_err *err);
int tp_files_settle(struct tp_files *files, struct tp_err *err);

/* Settles, and writes all that has gathered: a reader sees it. */
int tp_files_flush(struct tp_files *files, struct tp_err *err);

/* FILE is whole: closed, named, forgotten. */
int tp_files_finish(struct tp_files *files, struct tp_file *file, struct tp_err *err);

/* Closes all; built ones that are not whole keep `.part`. A failure that a verb told before is not
 * told again. */
int tp_files_close(struct tp_files *files, struct tp_err *err);

/* --- kept files --------------------------------------------------------------------------------*/

/*
 * With KEPT a file gets its name by a commit: a built one when it is whole, any other that is not
 * in place with the first commit that knows of it. Until then it bears `.part`. What was written
 * behind a commit is taken back by who goes back to it, and a `.part` it does not know is begun
 * anew.
 *
 *     at a barrier     tp_files_prepare, then for each file tp_file_state, which is saved
 *     committed        tp_files_committed
 *     going back       tp_files_resume for each that was saved, then tp_files_restored
 */
struct tp_file_state {
    struct tp_str path;
    uint64_t length, taken;
    size_t folder;
    bool named, whole;
};

/* All that was passed is on the disk, by content and by name: barrier ID. */
int tp_files_prepare(struct tp_files *files, int64_t id, struct tp_err *err);

/* Every file that is not forgotten: tp_files_first(files), then next of each; NULL at the end. */
const struct tp_file *tp_files_first(const struct tp_files *files);
const struct tp_file *tp_files_next(const struct tp_files *files, const struct tp_file *file);
struct tp_file_state tp_file_state(const struct tp_files *files, const struct tp_file *file);

/* What was prepared for commit ID, or an earlier one, gets its name. Whole files are forgotten. */
int tp_files_committed(struct tp_files *files, int64_t id, struct tp_err *err);

/* FILE is as it was saved; NULL with the reason. */
struct tp_file *tp_files_resume(struct tp_files *files, const struct tp_file_state *state,
                                struct tp_err *err);

/* All were told: does again what the commit is owed, and takes back what came behind it. Of a file
 * that is open and was not told, it notes how long it was. */
int tp_files_restored(struct tp_files *files, struct tp_err *err);

uint64_t tp_file_taken(const struct tp_file *file); /* bytes of lines in this run */
struct tp_str tp_file_path(const struct tp_files *files, const struct tp_file *file);

#endif
