#include "table.h"

#include <string.h>

#include "value/text.h"

/* The next cell of TEXT; *LAST: it ends a line. */
static struct tp_str
next_cell(struct tp_str *text, bool *last)
{
    size_t len = 0;
    struct tp_str cell;

    while (len < text->len && text->ptr[len] != '\t' && text->ptr[len] != '\n')
        len++;
    cell = (struct tp_str){text->ptr, len};
    *last = len == text->len || text->ptr[len] == '\n';
    len += len < text->len;
    text->ptr += len;
    text->len -= len;
    return cell;
}

static void
measure(struct tp_str text, size_t *width)
{
    size_t column = 0;
    bool last;

    while (text.len > 0) {
        struct tp_str cell = next_cell(&text, &last);
        size_t columns = tp_text_width(cell);

        if (columns > width[column])
            width[column] = columns;
        column = last || column + 1 == TABLE_COLUMNS ? 0 : column + 1;
    }
}

static void
put_blanks(struct tp_buf *to, size_t count)
{
    for (; count > 0; count--)
        tp_buf_put_char(to, ' ');
}

void
table_write(struct tp_buf *to, const struct tp_buf *from, unsigned right)
{
    size_t width[TABLE_COLUMNS] = {0}, column = 0;
    struct tp_str text = tp_buf_str(from);
    bool last;

    measure(text, width);
    while (text.len > 0) {
        struct tp_str cell = next_cell(&text, &last);
        size_t left = width[column] - tp_text_width(cell);
        bool is_right = right >> column & 1;

        put_blanks(to, (column > 0 ? 2 : 0) + (is_right ? left : 0));
        tp_buf_put_str(to, cell);
        if (last)
            tp_buf_put_char(to, '\n');
        else if (!is_right)
            put_blanks(to, left);
        column = last ? 0 : column + 1;
    }
}
