/*
 * pictures: the files that a plot is kept in, as SVG and PNG: replaced whole now and then while
 * there is news, and at the end. A pipe, a device and standard output get one picture, at the end.
 *
 * Times are those of value/clock's steady one.
 */
#ifndef SPLOT_PICTURES_H
#define SPLOT_PICTURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "filter/operator.h"
#include "plot/chart.h"
#include "value/time.h"

struct pictures {
    /* Filled by the table of options. */
    const char *svg, *png; /* NULL: not wanted */
    tp_duration every;     /* -1: not said */

    size_t columns, rows; /* of text, for which they stand */
    bool refreshed;       /* there is one that is not only written at the end */
    bool outdated;        /* what it shows is no longer all */
    tp_duration due;
    struct tp_buf text;
};

/* Reads the options. -1 with the reason. */
int pictures_begin(struct pictures *pictures, struct tp_err *err);

/* A record came. */
static inline void
pictures_note(struct pictures *pictures)
{
    pictures->outdated = pictures->refreshed;
}

/* Replaces the files by what CHART shows NOW, if there is news and it is time. */
int pictures_refresh(struct pictures *pictures, const struct tp_chart *chart, tp_duration now,
                     struct tp_err *err);

/* From NOW until pictures_refresh has something to do though no record comes; 0: never. */
tp_duration pictures_wait(const struct pictures *pictures, tp_duration now);

/* The last ones, to standard output, too. */
int pictures_finish(struct pictures *pictures, const struct tp_chart *chart, struct tp_stage *stage,
                    struct tp_err *err);

void pictures_release(struct pictures *pictures);

#endif
