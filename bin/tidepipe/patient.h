/*
 * patient: what was seen of one stream, and what follows from it (tidepipe doctor).
 */
#ifndef TIDEPIPE_PATIENT_H
#define TIDEPIPE_PATIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/control.h"
#include "value/time.h"

enum { PATIENT_KEYS = 32 };

/* What is asked. */
struct questions {
    const char *time;  /* the member that holds the event time */
    tp_duration delay; /* -d of the stage in question; -1: not given */
    tp_duration ahead; /* so far ahead of the clock is the future */
    tp_time now;
    const char *key[PATIENT_KEYS]; /* members that are asked for */
    size_t keys;
};

struct patient {
    const char *name;
    uint64_t lines, records;

    uint64_t bad, first_bad; /* lines that are no objects; the number of the first */
    struct tp_err bad_why;

    uint64_t untimed, unread; /* records without the event time; with one that cannot be read */
    struct tp_err unread_why;
    uint64_t future;
    tp_time least, largest; /* of the times that are not of the future */
    tp_duration behind;     /* the most that one came behind the largest */

    tp_time watermark; /* of control lines, or by the delay in question */
    uint64_t late;
    tp_duration late_by; /* the most */

    bool has_control, started, idle, ended, suspended, over;
    uint64_t watermarks, barriers;
    tp_duration maker_delay; /* that the maker of watermarks told; -1 */
    struct tp_buf held_by;
    uint64_t misplaced; /* the line of a control line where none may be; 0: none */
    const char *misplaced_why;
    struct tp_ledger ledger;

    uint64_t key_found[PATIENT_KEYS];
    struct tp_buf example; /* the first record */
    bool cut;              /* the input could not be read to its end */
    struct tp_err cut_why;
    bool left; /* ... was not: the time was over */
};

/* A control line, the LINE-th. */
void patient_control(struct patient *patient, const struct tp_control *control);

/* A record's time. */
void patient_time(struct patient *patient, const struct questions *questions, tp_time time);

/* Appends what was seen, and each finding with what to do. Returns how many findings there are. */
size_t patient_diagnose(const struct patient *patient, const struct questions *questions,
                        struct tp_buf *to);

#endif
