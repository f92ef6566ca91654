/*
 * csv_reader: what csv.c (rows), csv_simple.c (simple ones) and csv_record.c (records) share.
 * Private to the room csv.
 */
#ifndef TP_RECORD_CSV_READER_H
#define TP_RECORD_CSV_READER_H

#include <csv.h>

#include "record/csv.h"

struct tp_csv {
    struct tp_csv_options options;
    /* The row being split: */
    struct csv_parser parser;
    struct tp_csv_field *field;
    size_t count, cap;
    const char *raw, *raw_end; /* where its next field begins */
    struct tp_buf undone;      /* the texts that are not slices of it, one behind the other */
    bool failed;               /* memory ran out */
    /* The columns: their names as JSON, `,"a":,"b":`, and where each ends in there. */
    struct tp_buf names;
    size_t *name_end;
    size_t columns;
    size_t time_column, stamp_column; /* -t; called @timestamp; or NO_COLUMN */
};

#define NO_COLUMN ((size_t)-1)

/* The fields of ROW when its quotes all stand around fields (escapes: always; they are not undone).
 * False when libcsv has to look, or memory ran out. */
bool tp_csv_split_simple(struct tp_csv *csv, struct tp_str row);

/* Any row but an empty one. -1 with the reason. */
int tp_csv_split_libcsv(struct tp_csv *csv, struct tp_str row, struct tp_err *err);

#endif
