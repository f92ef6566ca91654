#include "record/sim_write.h"

#include <endian.h>

#include "value/num.h"

const char *
tp_sim_pick(struct tp_draw *draw, const struct tp_sim_choice *table, size_t count)
{
    uint64_t sum = 0, at;
    size_t i = 0;

    for (size_t k = 0; k < count; k++)
        sum += table[k].weight;
    for (at = tp_draw_below(draw, sum); at >= table[i].weight; i++)
        at -= table[i].weight;
    return table[i].text;
}

void
tp_sim_put_int(uint64_t integer, struct tp_buf *to)
{
    char text[TP_NUM_MAX];

    tp_buf_put(to, text, tp_num_write_int(text, (int64_t)integer));
}

void
tp_sim_put_padded(uint64_t integer, int digits, struct tp_buf *to)
{
    char *text = tp_buf_reserve(to, (size_t)digits);

    if (!text)
        return;
    for (int i = digits; i-- > 0; integer /= 10)
        text[i] = (char)('0' + integer % 10);
    to->len += (size_t)digits;
}

void
tp_sim_put_text(const char *text, struct tp_buf *to)
{
    tp_buf_put(to, text, strlen(text));
}

void
tp_sim_put_cents(int64_t cents, struct tp_buf *to)
{
    uint64_t size = cents < 0 ? -(uint64_t)cents : (uint64_t)cents;

    if (cents < 0)
        TP_BUF_PUT(to, "-");
    tp_sim_put_int(size / 100, to);
    TP_BUF_PUT(to, ".");
    tp_sim_put_padded(size % 100, 2, to);
}

void
tp_sim_put_time(tp_time time, struct tp_buf *to)
{
    char *text = tp_buf_reserve(to, TP_TIME_TEXT);

    if (text)
        to->len += tp_time_write(text, tp_time_floor(time, TP_MILLISECOND, 0));
}

/* Eight letters of a draw at once: each byte times 26, the upper half of the product. */
static uint64_t
eight_letters(uint64_t bits)
{
    const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t low = (bits & even) * 26 >> 8 & even, high = (bits >> 8 & even) * 26 & ~even;

    return (low | high) + UINT64_C(0x6161616161616161);
}

void
tp_sim_put_letters(struct tp_draw *draw, size_t len, struct tp_buf *to)
{
    char *text = tp_buf_reserve(to, len + 8);

    if (!text)
        return;
    for (size_t at = 0; at < len; at += 8) {
        uint64_t letters = htole64(eight_letters(tp_draw_next(draw)));

        memcpy(text + at, &letters, sizeof letters);
    }
    to->len += len;
}

void
tp_sim_begin(const struct tp_sim_event *event, const char *sort, struct tp_buf *to)
{
    TP_BUF_PUT(to, "{");
    if (event->only != TP_SIM_ALL)
        return;
    TP_BUF_PUT(to, "\"event\":\"");
    tp_sim_put_text(sort, to);
    TP_BUF_PUT(to, "\",");
}

/* --- breaking ----------------------------------------------------------------------------------*/

static void
put_foreign_line(struct tp_draw *draw, struct tp_buf *to)
{
    static const struct tp_sim_choice lines[] = {
        {1, "panic: runtime error: index out of range [5] with length 3"},
        {1, "logrotate: error: skipping \"/var/log/shop\": parent directory is writable"},
        {1, "    at handleRequest (/srv/shop/server.js:214:17)"},
    };

    tp_sim_put_text(TP_SIM_PICK(draw, lines), to);
}

static void
put_binary(struct tp_draw *draw, struct tp_buf *to)
{
    for (uint64_t left = 20 + tp_draw_below(draw, 40); left; left--)
        tp_buf_put_char(to, (char)(0x80 | tp_draw_below(draw, 128)));
}

void
tp_sim_break(bool json, struct tp_draw *draw, size_t from, struct tp_buf *to)
{
    uint64_t kind = tp_draw_below(draw, 4);
    uint64_t cut = 1 + tp_draw_below(draw, to->len - from - 3);

    if (tp_buf_failed(to))
        return;
    switch (kind) {
    case 0: /* the writer died: any true beginning is no whole line */
        to->len = from + cut;
        break;
    case 1:
        to->len = from;
        put_foreign_line(draw, to);
        break;
    case 2:
        to->len = from;
        put_binary(draw, to);
        break;
    default: /* two writers at once */
        to->len = json ? from + cut : from;
        TP_BUF_PUT(to, "{\"time\":\"2026-01-0");
    }
    TP_BUF_PUT(to, "\n");
}
