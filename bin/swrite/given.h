/*
 * given: what the user says about files, pipes and logs, and the same as each of them takes it.
 */
#ifndef SWRITE_GIVEN_H
#define SWRITE_GIVEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "record/emit.h"
#include "stream/log.h"
#include "stream/parts.h"
#include "stream/template.h"
#include "value/time.h"

struct given {
    /* Filled by the table of options. */
    const char *roll_text, *compress, *fsync, *keep_text;
    uint64_t max_open;
    bool is_log;

    bool kept; /* state is kept: filled before any of the below */
    tp_duration roll_time;
    uint64_t roll_size;
    enum tp_pack_format packing;
    enum tp_files_sync sync;
};

/* Reads the options that mean the same wherever records go. -1 with the reason. */
int given_take(struct given *given, struct tp_err *err);

/* And what files are packed with, by the option or the name of the TARGET. */
int given_take_packing(struct given *given, struct tp_str target, struct tp_err *err);

/* The files of NAME (borrowed). */
struct tp_parts_settings given_parts(const struct given *given, struct tp_template *name);

/* -1: what was said is not for logs; or not for pipes. */
int given_log(const struct given *given, struct tp_log_settings *settings, struct tp_err *err);
int given_check_pipe(const struct given *given, struct tp_err *err);

/* Emits all that decides what the same records become. */
void given_identify(const struct given *given, struct tp_emit *to);

#endif
