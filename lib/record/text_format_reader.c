#include "record/text_format_reader.h"

#include <stdlib.h>

struct tp_text_reader *
tp_text_reader_new(const struct tp_text_format *format, const struct tp_text_options *options,
                   struct tp_err *err)
{
    struct tp_text_reader *reader = calloc(1, sizeof *reader);
    struct tp_fields_options fields = {options->text, options->time_member, options->stamp};

    if (!reader) {
        tp_err_memory(err);
        return NULL;
    }
    reader->format = format;
    reader->options = options;
    tp_fields_init(&reader->fields, &fields);
    if (format->open && format->open(reader, err) < 0) {
        tp_text_reader_free(reader);
        return NULL;
    }
    return reader;
}

void
tp_text_reader_free(struct tp_text_reader *reader)
{
    if (!reader)
        return;
    if (reader->format->close)
        reader->format->close(reader);
    tp_fields_release(&reader->fields);
    tp_buf_release(&reader->header);
    free(reader);
}

int
tp_text_read(struct tp_text_reader *reader, struct tp_str line, struct tp_buf *to, tp_time *time,
             struct tp_err *err)
{
    return reader->format->read(reader, line, to, time, err);
}

int
tp_text_end(struct tp_text_reader *reader, struct tp_err *err)
{
    return reader->format->end ? reader->format->end(reader, err) : 0;
}

void
tp_text_save(const struct tp_text_reader *reader, struct tp_buf *to)
{
    if (reader->format->save)
        reader->format->save(reader, to);
    else
        TP_BUF_PUT(to, "null");
}

int
tp_text_load(struct tp_text_reader *reader, const struct tp_slot *value, struct tp_err *err)
{
    return reader->format->load ? reader->format->load(reader, value, err) : 0;
}
