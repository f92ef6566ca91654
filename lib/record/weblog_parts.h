/*
 * weblog_parts: what weblog.c (finds the parts of a line) and weblog_write.c (writes the record)
 * share. Private to the room weblog.
 */
#ifndef TP_RECORD_WEBLOG_PARTS_H
#define TP_RECORD_WEBLOG_PARTS_H

#include <stdbool.h>

#include "record/weblog.h"

#define STAMP_LEN 26  /* 17/May/2015:10:05:03 +0000 */
#define MINUTE_LEN 17 /* 17/May/2015:10:05, and as long in RFC 3339: 2015-05-17T10:05: */
#define ZONE_AT 20    /* the blank before +0000 */

struct tp_weblog {
    enum tp_weblog_format format;
    struct tp_buf scratch[2]; /* for texts that are not plain */
    /* The last minute read: logs have many lines in each. */
    char minute[MINUTE_LEN], zone[STAMP_LEN - ZONE_AT];
    tp_time minute_time;
    char minute_text[TP_TIME_TEXT];
};

/* A part of the line. Plain: no escapes, no quotes, nothing but printable ASCII, so that it can be
 * copied into a JSON string as it is. */
struct tp_weblog_part {
    struct tp_str text;
    bool plain;
};

struct tp_weblog_parts {
    struct tp_weblog_part ip, ident, user;
    struct tp_str stamp;
    struct tp_weblog_part request;
    struct tp_str status, bytes;
    struct tp_weblog_part referer, agent;
};

/* Appends the record; memory failure shows in TO. */
void tp_weblog_write(struct tp_weblog *weblog, const struct tp_weblog_parts *parts, tp_time time,
                     size_t line_len, struct tp_buf *to);

#endif
