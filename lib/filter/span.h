/*
 * span: from where to where a source reads: `--from` and `--to`.
 */
#ifndef TP_FILTER_SPAN_H
#define TP_FILTER_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "value/time.h"

enum tp_span_kind {
    TP_SPAN_OPEN,   /* not given */
    TP_SPAN_START,  /* `start` */
    TP_SPAN_END,    /* `end`: what is there now is not wanted */
    TP_SPAN_OFFSET, /* a byte */
    TP_SPAN_TIME,   /* `2026-10-01`, `-7d`, `yesterday` */
};

struct tp_span_bound {
    enum tp_span_kind kind;
    uint64_t offset;
    tp_time time;
};

/* [from, to) */
struct tp_span_range {
    struct tp_span_bound from, to;
};

/* FROM and TO may be NULL; times are relative to NOW. */
int tp_span_parse(struct tp_span_range *span, const char *from, const char *to, tp_time now,
                  struct tp_err *err);

bool tp_span_is_timed(const struct tp_span_range *span);
bool tp_span_has_offset(const struct tp_span_range *span);
bool tp_span_wants(const struct tp_span_range *span, tp_time time);

#endif
