#include "record/fields.h"

#include <stdlib.h>

#include "record/emit.h"
#include "record/typed.h"
#include "value/text.h"

void
tp_fields_init(struct tp_fields *fields, const struct tp_fields_options *options)
{
    *fields = (struct tp_fields){.options = *options};
}

void
tp_fields_release(struct tp_fields *fields)
{
    free(fields->field);
    tp_buf_release(&fields->undone);
    *fields = (struct tp_fields){0};
}

void
tp_fields_begin(struct tp_fields *fields, struct tp_str line)
{
    fields->count = 0;
    tp_buf_clear(&fields->undone);
    fields->failed = !tp_buf_reserve(&fields->undone, line.len + 1);
}

void
tp_fields_add(struct tp_fields *fields, struct tp_str name, struct tp_str text,
              enum tp_field_kind kind)
{
    if (fields->count == fields->cap) {
        size_t cap = fields->cap ? 2 * fields->cap : 32;
        struct tp_field *field = realloc(fields->field, cap * sizeof *field);

        if (!field) {
            fields->failed = true;
            return;
        }
        fields->field = field;
        fields->cap = cap;
    }
    fields->field[fields->count++] = (struct tp_field){name, text, kind};
}

bool
tp_fields_speak(struct tp_str name)
{
    return tp_str_equal(name, TP_STR("@watermark")) || tp_str_equal(name, TP_STR("@barrier"));
}

/* --- the event time ----------------------------------------------------------------------------*/

/* The field called NAME; of several the last, which is the one that counts. */
static const struct tp_field *
find_field(const struct tp_fields *fields, struct tp_str name)
{
    for (size_t i = fields->count; i > 0; i--)
        if (tp_str_equal(fields->field[i - 1].name, name))
            return &fields->field[i - 1];
    return NULL;
}

static int
read_time(const struct tp_fields *fields, tp_time *time, struct tp_err *err)
{
    struct tp_str name = fields->options.time_member;
    const struct tp_field *field = find_field(fields, name);
    struct tp_err why;

    if (!field || field->text.len == 0 || field->kind == TP_FIELD_JSON)
        return tp_err_set(err, TP_FAULT_RECORD, "no event time: %s \"%.*s\"",
                          field ? "nothing in" : "no", (int)name.len, name.ptr);
    if (tp_stamp_read_text(fields->options.stamp, field->text, time, &why) < 0)
        return tp_err_set(err, TP_FAULT_RECORD, "%s", why.text);
    return 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static void
put_value(const struct tp_fields *fields, const struct tp_field *field, struct tp_buf *to)
{
    if (field->kind == TP_FIELD_JSON)
        tp_buf_put_str(to, field->text);
    else if (field->kind == TP_FIELD_TEXT || fields->options.text)
        tp_text_quote(field->text, to);
    else
        tp_typed_put(field->text, to);
}

static int
write_record(const struct tp_fields *fields, const tp_time *time, struct tp_buf *to,
             struct tp_err *err)
{
    struct tp_emit row;

    if (fields->failed)
        return tp_err_memory(err);
    if (!time && fields->count && tp_fields_speak(fields->field[0].name))
        return tp_err_set(err, TP_FAULT_RECORD, "its first member would make it a control line");
    row = tp_emit_open(to);
    if (time)
        tp_emit_time(&row, TP_STR("@timestamp"), *time);
    for (size_t i = 0; i < fields->count; i++) {
        const struct tp_field *field = &fields->field[i];

        if (time && tp_str_equal(field->name, TP_STR("@timestamp")))
            continue;
        tp_emit_name(&row, field->name);
        put_value(fields, field, to);
    }
    tp_emit_close(&row);
    return 1;
}

int
tp_fields_write(struct tp_fields *fields, struct tp_buf *to, tp_time *time, struct tp_err *err)
{
    bool timed = fields->options.time_member.ptr != NULL;

    if (timed && !fields->failed && read_time(fields, time, err) < 0)
        return -1;
    return write_record(fields, timed ? time : NULL, to, err);
}

int
tp_fields_write_at(struct tp_fields *fields, tp_time time, struct tp_buf *to, struct tp_err *err)
{
    return write_record(fields, &time, to, err);
}
