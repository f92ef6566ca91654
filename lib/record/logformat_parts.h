/*
 * logformat_parts: a format, taken apart. Private to logformat.
 */
#ifndef TP_RECORD_LOGFORMAT_PARTS_H
#define TP_RECORD_LOGFORMAT_PARTS_H

#include "record/logformat.h"
#include "value/stamp.h"

enum tp_logformat_kind {
    TP_LOGFORMAT_TEXT,
    TP_LOGFORMAT_TYPED,
    TP_LOGFORMAT_REQUEST, /* method, path, protocol */
    TP_LOGFORMAT_CLF,     /* 17/May/2015:10:05:03 +0000 */
    TP_LOGFORMAT_STAMP,   /* what part->stamp reads */
};

/* A variable and the text up to the next one. */
struct tp_logformat_part {
    enum tp_logformat_kind kind;
    struct tp_buf name;     /* of the member, then `,"name":` */
    struct tp_buf behind;   /* the text behind it */
    struct tp_stamp *stamp; /* TP_LOGFORMAT_STAMP */
    struct tp_str value;    /* of the line at hand */
};

struct tp_logformat {
    struct tp_zone *zone;
    struct tp_buf before; /* the text in front of the first variable */
    struct tp_logformat_part *part;
    size_t parts;
    const struct tp_logformat_part *time;
    struct tp_buf scratch[2];
};

/* Takes FORMAT apart. */
int tp_logformat_compile(struct tp_logformat *logformat, struct tp_str format, struct tp_err *err);

/* What a variable of nginx is: its kind, and appends its member's name; *TIME_FORMAT is that of
 * times (as in value/stamp). */
enum tp_logformat_kind tp_logformat_nginx(struct tp_str variable, struct tp_buf *name,
                                          const char **time_format);

/* The same for Apache's `%{ARGUMENT}LETTER`. -1 when it has no such. %t is not known here. */
int tp_logformat_apache(char letter, struct tp_str argument, struct tp_buf *name);

#endif
