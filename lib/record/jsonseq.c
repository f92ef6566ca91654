#include "record/jsonseq.h"

#include <stdlib.h>

#include "record/control.h"
#include "record/emit.h"
#include "record/member.h"
#include "record/path.h"
#include "record/scan.h"

/* What may come next within an array. */
enum place {
    ANYWHERE,     /* behind what was broken */
    BEFORE_FIRST, /* a value or `]` */
    BEFORE_VALUE,
    BEHIND_VALUE, /* `,` or `]` */
    PLACES,
};

struct tp_jsonseq {
    struct tp_jsonseq_options options;
    struct tp_scan *document, *record; /* find the path, the time */
    struct tp_buf text, line;          /* a document, a record, as the scanner wants them */
    size_t depth;                      /* arrays around the next piece */
    enum place place;
};

static struct tp_scan *
scan_for(struct tp_str text, struct tp_err *err)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_path path;
    int result;

    if (!scan) {
        tp_err_memory(err);
        return NULL;
    }
    result = tp_path_parse(&path, text, err);
    if (result == 0) {
        result = tp_scan_want(scan, &path, err);
        tp_path_release(&path);
    }
    if (result >= 0)
        return scan;
    if (err->fault == TP_FAULT_RECORD)
        err->fault = TP_FAULT_USAGE;
    tp_scan_free(scan);
    return NULL;
}

struct tp_jsonseq *
tp_jsonseq_new(const struct tp_jsonseq_options *options, struct tp_err *err)
{
    struct tp_jsonseq *stream = calloc(1, sizeof *stream);

    if (!stream) {
        tp_err_memory(err);
        return NULL;
    }
    stream->options = *options;
    if ((options->path.ptr && !(stream->document = scan_for(options->path, err))) ||
        (options->time_member.ptr && !(stream->record = scan_for(options->time_member, err)))) {
        tp_jsonseq_free(stream);
        return NULL;
    }
    return stream;
}

void
tp_jsonseq_free(struct tp_jsonseq *stream)
{
    if (!stream)
        return;
    tp_scan_free(stream->document);
    tp_scan_free(stream->record);
    tp_buf_release(&stream->text);
    tp_buf_release(&stream->line);
    free(stream);
}

/* --- records -----------------------------------------------------------------------------------*/

/* Appends TEXT, a valid value, without the white space around its parts. */
static void
put_compact(struct tp_str text, struct tp_buf *to)
{
    const char *p = text.ptr, *end = text.ptr + text.len, *from = p;
    bool inside = false;

    for (; p < end; p++) {
        if (*p == '"')
            inside = !inside;
        else if (*p == '\\')
            p++;
        else if (!inside && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
            tp_buf_put(to, from, (size_t)(p - from));
            from = p + 1;
        }
    }
    tp_buf_put(to, from, (size_t)(end - from));
}

/* TEXT on one line into BUF, as the scanner wants it. */
static struct tp_str
one_line(struct tp_str text, struct tp_buf *buf)
{
    char *padding;

    tp_buf_clear(buf);
    if (memchr(text.ptr, '\n', text.len))
        put_compact(text, buf);
    else
        tp_buf_put_str(buf, text);
    TP_BUF_PUT(buf, "\n");
    padding = tp_buf_reserve(buf, TP_SCAN_PADDING);
    if (!padding)
        return (struct tp_str){NULL, 0};
    memset(padding, 0, TP_SCAN_PADDING);
    return (struct tp_str){buf->ptr, buf->len - 1};
}

static int
read_slot(struct tp_stamp *stamp, const struct tp_slot *slot, tp_time *time, struct tp_err *err)
{
    struct tp_str text = {slot->ptr, slot->len};

    if (slot->kind == TP_SLOT_TEXT)
        return tp_stamp_read_text(stamp, text, time, err);
    if (slot->kind == TP_SLOT_INTEGER || slot->kind == TP_SLOT_REAL)
        return tp_stamp_read_number(stamp, text, time, err);
    return -1;
}

/* LINE is in stream->line. */
static int
read_time(struct tp_jsonseq *stream, struct tp_str line, tp_time *time, struct tp_err *err)
{
    struct tp_str name = stream->options.time_member;
    struct tp_slot slot;
    struct tp_err why;

    if (!tp_scan_line(stream->record, line.ptr, line.ptr + line.len + 1, &slot, NULL, err))
        return -1;
    tp_err_set(&why, TP_FAULT_RECORD, "\"%.*s\" is missing, or neither text nor number",
               (int)name.len, name.ptr);
    if (read_slot(stream->options.stamp, &slot, time, &why) == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD, "no event time: %s", why.text);
}

/* OBJECT with its time in front. */
static void
put_timed(struct tp_str object, tp_time time, struct tp_buf *to)
{
    struct tp_emit row = tp_emit_open(to);
    struct tp_members walk = tp_members_open(object);
    struct tp_member member;

    tp_emit_time(&row, TP_STR("@timestamp"), time);
    while (tp_members_next(&walk, &member)) {
        if (tp_str_equal(member.name, TP_STR("@timestamp")))
            continue;
        TP_BUF_PUT(to, ",");
        tp_buf_put_str(to, member.text);
    }
    tp_emit_close(&row);
}

static int
put_object(struct tp_jsonseq *stream, struct tp_str object, struct tp_buf *to, tp_time *time,
           struct tp_err *err)
{
    struct tp_str line = one_line(object, &stream->line);

    if (!line.ptr)
        return tp_err_memory(err);
    if (stream->record) {
        if (read_time(stream, line, time, err) < 0)
            return -1;
        put_timed(line, *time, to);
        return 1;
    }
    if (tp_control_is(line))
        return tp_err_set(err, TP_FAULT_RECORD, "a control line in the content");
    tp_buf_put_str(to, line);
    TP_BUF_PUT(to, "\n");
    return 1;
}

/* Goes as deep as the scanner lets arrays nest (TP_SCAN_DEPTH). */
static int
put_value(struct tp_jsonseq *stream, struct tp_str value, struct tp_buf *to, tp_time *time,
          struct tp_err *err)
{
    struct tp_members walk;
    struct tp_slot element;
    int result = 0;

    if (value.ptr[0] == '{')
        return put_object(stream, value, to, time, err);
    if (value.ptr[0] != '[') {
        if (stream->record)
            return tp_err_set(err, TP_FAULT_RECORD, "no event time: not an object");
        TP_BUF_PUT(to, "{\"value\":");
        tp_buf_put_str(to, value);
        TP_BUF_PUT(to, "}\n");
        return 1;
    }
    walk = tp_elements_open(value);
    while (result >= 0 && tp_elements_next(&walk, &element)) {
        int one = put_value(stream, tp_slot_json(&element), to, time, err);

        result = one < 0 ? -1 : result | one;
    }
    return result;
}

/* What lies at the path of a document. */
static int
put_document(struct tp_jsonseq *stream, struct tp_str document, struct tp_buf *to, tp_time *time,
             struct tp_err *err)
{
    struct tp_str line = one_line(document, &stream->text), path = stream->options.path;
    struct tp_slot slot;

    if (!line.ptr)
        return tp_err_memory(err);
    if (!tp_scan_line(stream->document, line.ptr, line.ptr + line.len + 1, &slot, NULL, err))
        return -1;
    if (slot.kind == TP_SLOT_MISSING)
        return tp_err_set(err, TP_FAULT_RECORD, "nothing at %.*s", (int)path.len, path.ptr);
    return put_value(stream, tp_slot_json(&slot), to, time, err);
}

/* --- pieces ------------------------------------------------------------------------------------*/

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A bracket or a comma: 0; 1 when PIECE is a value; -1 when it may not stand here. */
static int
take_punctuation(struct tp_jsonseq *stream, struct tp_str piece, struct tp_err *err)
{
    enum place place = stream->place;
    bool array = stream->depth > 0, expected;

    switch (piece.ptr[0]) {
    case ']':
        expected = array && place != BEFORE_VALUE;
        stream->depth -= array;
        stream->place = BEHIND_VALUE;
        break;
    case ',':
        expected = array && (place == BEHIND_VALUE || place == ANYWHERE);
        stream->place = BEFORE_VALUE;
        break;
    default:
        expected = !array || place != BEHIND_VALUE;
        stream->place = BEHIND_VALUE;
        if (piece.ptr[0] == '[') {
            stream->place = BEFORE_FIRST;
            stream->depth++;
        }
    }
    if (!expected)
        return tp_err_at(err, TP_FAULT_RECORD, 0,
                         array ? "expected ',' or a value" : "outside of any array");
    return strchr("[],", piece.ptr[0]) ? 0 : 1;
}

/* A value, with nothing around it. */
static int
read_value(struct tp_jsonseq *stream, struct tp_str value, struct tp_buf *to, tp_time *time,
           struct tp_err *err)
{
    size_t from = to->len;
    int result;

    if (tp_scan_validate(value, err) < 0) {
        stream->place = ANYWHERE;
        return -1;
    }
    result = stream->document ? put_document(stream, value, to, time, err)
                              : put_value(stream, value, to, time, err);
    if (result < 0)
        to->len = from;
    return result;
}

int
tp_jsonseq_read(struct tp_jsonseq *stream, struct tp_str piece, struct tp_buf *to, tp_time *time,
                struct tp_err *err)
{
    const char *from = piece.ptr;
    int result;

    while (piece.len && is_space(piece.ptr[piece.len - 1]))
        piece.len--;
    while (piece.len && is_space(*piece.ptr)) {
        piece.ptr++;
        piece.len--;
    }
    if (piece.len == 0)
        return 0;
    result = stream->document ? 1 : take_punctuation(stream, piece, err);
    if (result > 0)
        result = read_value(stream, piece, to, time, err);
    if (result < 0 && err->at >= 0)
        err->at += piece.ptr - from;
    return result;
}

int64_t
tp_jsonseq_place(const struct tp_jsonseq *stream)
{
    return (int64_t)stream->depth * PLACES + stream->place;
}

void
tp_jsonseq_resume(struct tp_jsonseq *stream, int64_t place)
{
    stream->depth = (size_t)(place / PLACES);
    stream->place = (enum place)(place % PLACES);
}

int
tp_jsonseq_end(const struct tp_jsonseq *stream, struct tp_err *err)
{
    if (stream->depth == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD, "the input ended inside an array");
}
