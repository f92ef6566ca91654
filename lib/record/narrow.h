/*
 * narrow: of a record the members that are needed, as an object of its own.
 *
 * Who keeps records for later need not keep what nobody will ask for. Values are copied byte for
 * byte; a member that is missing stays so. Since the members that are there come in a known order,
 * they are found again without a scanner; or, where marks behind the object say where they are, at
 * once.
 */
#ifndef TP_RECORD_NARROW_H
#define TP_RECORD_NARROW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "record/scan.h"

/* All zero is empty. */
struct tp_narrow {
    struct tp_narrow_member *member;
    size_t count;
    struct tp_buf names; /* each as `,"name":` */
    bool marked;         /* there are marks behind each object */
};

/* Asks SCAN for the COUNT members of these NAMES. -1 with the reason. */
int tp_narrow_init(struct tp_narrow *narrow, struct tp_scan *scan, const struct tp_str *names,
                   size_t count, struct tp_err *err);
void tp_narrow_release(struct tp_narrow *narrow);

/* From here on marks are put behind each object. Returns their size in bytes: they belong to it
 * where it is copied to, and behind them there must be room to read (TP_SCAN_PADDING), as there is
 * where it was made: so what is found by them can be read as slots are. All zero stands for none.
 */
size_t tp_narrow_mark(struct tp_narrow *narrow);

/* The object for the record in SLOTS, in memory of ARENA; ptr NULL: memory ran out. */
struct tp_str tp_narrow_record(const struct tp_narrow *narrow, const struct tp_slot *slots,
                               struct tp_arena *arena);

/* The members of OBJECT, which is valid, in the order of the NAMES of tp_narrow_init. False: it was
 * not made by tp_narrow_record, and SLOTS are undefined. */
bool tp_narrow_read(const struct tp_narrow *narrow, struct tp_str object, struct tp_slot *slots);

#endif
