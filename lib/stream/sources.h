/*
 * sources: the inputs of a source: what its operands name, each opened, whose turn it is, and,
 * where state is kept, the place in each.
 *
 * All are opened before the first is read, so that a file that is rotated meanwhile is still the
 * same. They are read one after the other, each to its end; those that are followed from then on in
 * turn, as they have something.
 */
#ifndef TP_STREAM_SOURCES_H
#define TP_STREAM_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "record/snapshot.h"
#include "stream/filenames.h"
#include "stream/log_reader.h"
#include "stream/tail.h"
#include "stream/watch.h"
#include "value/time.h"

struct tp_source {
    struct tp_tail *tail;      /* a file, or what a command writes; or else: */
    struct tp_log_reader *log; /* the log in a folder */
    const char *name;          /* operand; NULL: a command */
    bool follow, ended;
    bool resumed;               /* with state: goes on where another run left off */
    uint64_t too_long;          /* lines told behind the last block */
    uint64_t told;              /* of these so many by the run before */
    uint64_t turn, line_number; /* of the file it is at, and its lines so far */
};

/* Where to begin. */
enum tp_sources_from {
    TP_FROM_START,
    TP_FROM_OFFSET,
    TP_FROM_TIME, /* of a log: what is earlier need not be read */
    TP_FROM_END,  /* of what is followed; of all else nothing */
};

/* All zero but for max_line is valid: filled in before the first operand is added. */
struct tp_sources {
    bool follow;
    bool kept; /* state is kept: only what can be gone back in is opened, and all wait for more */
    bool committed;    /* what could be taken back is not there yet: of logs, */
    const char *state; /* and of files by the state in this directory; NULL: those are refused */
    size_t max_line;
    enum tp_sources_from from;
    uint64_t from_offset;
    tp_time from_time;

    struct tp_filenames names;
    struct tp_source *source;
    size_t count, ended;
    struct tp_watch *watch;

    size_t at;      /* whose turn it is */
    size_t silent;  /* so many in a row had nothing */
    bool all_begun; /* each has been read to its end once */
};

/* OPERAND, borrowed, is a name, a pattern, a folder with a log, or `-`. */
int tp_sources_add(struct tp_sources *sources, const char *operand, struct tp_err *err);

/* Opens what was added, rotated sets in order. TP_FAULT_USAGE with the reason. */
int tp_sources_open(struct tp_sources *sources, struct tp_err *err);

/* ... or what the shell command TEXT writes. */
int tp_sources_open_command(struct tp_sources *sources, const char *text, struct tp_err *err);

void tp_sources_release(struct tp_sources *sources);

/* --- one of them -------------------------------------------------------------------------------*/

/* As of stream/tail and stream/log_reader. */
enum tp_in_state tp_source_next(struct tp_source *source, struct tp_str *block, struct tp_err *err);
const char *tp_source_name(const struct tp_source *source);
uint64_t tp_source_offset(const struct tp_source *source);
void tp_source_stop_following(struct tp_source *source);
bool tp_source_has_next(const struct tp_source *source);

/* Something to tell people since the last call, or NULL. */
const char *tp_source_news(struct tp_source *source);

/* It may be gone on with under its name. */
bool tp_source_is_there(const struct tp_source *source);

/* ... has another file at hand than at the last call. */
bool tp_source_has_turned(struct tp_source *source);

/* --- turns -------------------------------------------------------------------------------------*/

struct tp_source *tp_sources_current(const struct tp_sources *sources);

/* The one at hand gave something. */
void tp_sources_heard(struct tp_sources *sources);

/* ... has ended. */
void tp_sources_end_current(struct tp_sources *sources);

/* ... has nothing for now: the next one's turn, unless this one must come first. Returns whether
 * there is nothing to do but to wait. */
bool tp_sources_pass_turn(struct tp_sources *sources);

/* Waits until one may have something. */
int tp_sources_wait(struct tp_sources *sources, struct tp_err *err);

/* --- state -------------------------------------------------------------------------------------*/

/* A line for each; of the last block of the one at hand only TAKEN, its beginning, was used, unless
 * it is empty. */
int tp_sources_save(const struct tp_sources *sources, struct tp_str taken, struct tp_save *save,
                    struct tp_err *err);

/* What such a LINE said of a source that is none of ours: a file of a pattern that is gone. */
struct tp_source_gone {
    struct tp_buf name; /* empty: it is ours; to be released in any case */
    uint64_t offset;
};

/* Takes such a line, before the first block. GONE is all zero. */
int tp_sources_load(struct tp_sources *sources, struct tp_str line, struct tp_source_gone *gone,
                    struct tp_err *err);

/* All lines were loaded: what is not followed and not gone on with must be there. */
int tp_sources_check_present(const struct tp_sources *sources, struct tp_err *err);

#endif
