#include "filter/side.h"

#include "record/emit.h"
#include "value/text.h"

int
tp_side_open(struct tp_side *side, const struct tp_settings *settings, struct tp_err *err)
{
    if (settings->rejects) {
        side->rejects = tp_target_open(settings->rejects, err);
        if (!side->rejects)
            return -1;
    }
    if (settings->late_to) {
        side->late = tp_target_open(settings->late_to, err);
        if (!side->late)
            return -1;
    }
    return 0;
}

/* Standard base 64 (RFC 4648): a line that is not UTF-8 cannot be said as a JSON string. */
static void
put_base64(struct tp_buf *to, struct tp_str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t three = (uint32_t)(unsigned char)bytes.ptr[i] << 16;

        if (left > 1)
            three |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
        if (left > 2)
            three |= (unsigned char)bytes.ptr[i + 2];
        tp_buf_put_char(to, digits[three >> 18]);
        tp_buf_put_char(to, digits[three >> 12 & 63]);
        tp_buf_put_char(to, left > 1 ? digits[three >> 6 & 63] : '=');
        tp_buf_put_char(to, left > 2 ? digits[three & 63] : '=');
    }
}

static void
write_reject(struct tp_buf *to, const char *by, const struct tp_place *place, struct tp_str line,
             const struct tp_err *why)
{
    struct tp_emit row = tp_emit_open(to), reason;

    tp_emit_name(&row, TP_STR("@reject"));
    reason = tp_emit_open(to);
    tp_emit_text(&reason, TP_STR("by"), tp_str_of(by));
    tp_emit_text(&reason, TP_STR("reason"), tp_str_of(why->text));
    tp_emit_text(&reason, TP_STR("source"), tp_str_of(place->source));
    tp_emit_int(&reason, TP_STR("line"), (int64_t)place->line_number);
    tp_emit_int(&reason, TP_STR("offset"), (int64_t)place->offset);
    if (why->at >= 0)
        tp_emit_int(&reason, TP_STR("byte"), why->at + 1);
    tp_buf_put_char(to, '}');
    tp_emit_text(&row, TP_STR("line"), line);
    if (!tp_text_is_utf8(line)) {
        tp_emit_name(&row, TP_STR("line_base64"));
        tp_buf_put_char(to, '"');
        put_base64(to, line);
        tp_buf_put_char(to, '"');
    }
    tp_emit_close(&row);
}

static int
keep(struct tp_target *target, struct tp_buf *line, struct tp_err *err)
{
    if (tp_buf_failed(line))
        return tp_err_memory(err);
    return tp_target_write(target, tp_buf_str(line), err);
}

int
tp_side_reject(struct tp_side *side, struct tp_report *report, const struct tp_settings *settings,
               const struct tp_place *place, struct tp_str line, const struct tp_err *why,
               struct tp_err *err)
{
    if (side->rejects) {
        tp_buf_clear(&side->line);
        write_reject(&side->line, report->program, place, line, why);
        if (keep(side->rejects, &side->line, err) < 0)
            return -1;
    } else {
        side->rejected++;
        tp_report_bad_record(report, place->source, place->line_number, why->at, why->text, line);
    }
    if (settings->strict)
        return tp_err_set(err, TP_FAULT_MACHINE, "stopped at the first bad record (--strict)");
    return 0;
}

static void
write_late(struct tp_buf *to, const struct tp_late_record *late)
{
    struct tp_buf added = TP_BUF_INIT;
    struct tp_emit why;
    char by[TP_TIME_TEXT];
    size_t by_len = tp_duration_write(by, late->by);

    TP_BUF_PUT(&added, "\"@late\":");
    why = tp_emit_open(&added);
    tp_emit_text(&why, TP_STR("by"), (struct tp_str){by, by_len});
    tp_emit_time(&why, TP_STR("watermark"), late->watermark);
    if (late->window_end != TP_TIME_BEFORE_ALL)
        tp_emit_time(&why, TP_STR("window_end"), late->window_end);
    tp_buf_put_char(&added, '}');
    tp_emit_last(to, late->line, late->members, tp_buf_str(&added));
    to->failed |= tp_buf_failed(&added);
    tp_buf_release(&added);
}

int
tp_side_late(struct tp_side *side, const struct tp_settings *settings, const struct tp_place *place,
             const struct tp_late_record *late, struct tp_err *err)
{
    tp_lateness_add(&side->lateness, late->by);
    if (side->late) {
        tp_buf_clear(&side->line);
        write_late(&side->line, late);
        if (keep(side->late, &side->line, err) < 0)
            return -1;
    } else {
        side->dropped_late++;
    }
    if (!settings->late_fail)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE, "%s:%llu: a late record (--late-fail)", place->source,
                      (unsigned long long)place->line_number);
}

int
tp_side_flush(struct tp_side *side, struct tp_err *err)
{
    if (side->rejects && tp_target_flush(side->rejects, err) < 0)
        return -1;
    return side->late ? tp_target_flush(side->late, err) : 0;
}

/* Watermarks stand at multiples of STEP: a delay that is longer by less may move none of them. */
static tp_duration
in_steps(tp_duration more, tp_duration step)
{
    tp_duration rest = more % step;

    if (rest == 0)
        return more;
    return __builtin_add_overflow(more, step - rest, &more) ? INT64_MAX : more;
}

/* "-d 65s", or "a delay longer by 5s" where nobody said how long it is. */
static void
put_advice(struct tp_buf *to, tp_duration delay, tp_duration more)
{
    char text[TP_TIME_TEXT];
    tp_duration whole = more;

    TP_BUF_PUT(to, "; ");
    if (delay < 0)
        TP_BUF_PUT(to, "a delay longer by ");
    else if (__builtin_add_overflow(delay, more, &whole))
        whole = INT64_MAX;
    else
        TP_BUF_PUT(to, "-d ");
    tp_buf_put(to, text, tp_duration_write(text, whole));
}

void
tp_side_report(const struct tp_side *side, const struct tp_report *report, tp_duration delay,
               tp_duration step, uint64_t rejected)
{
    tp_duration nearly_all = in_steps(tp_lateness_delay(&side->lateness, 99), step);
    tp_duration all = in_steps(tp_lateness_delay(&side->lateness, 100), step);
    struct tp_buf text = TP_BUF_INIT;
    char most[TP_TIME_TEXT];

    if (rejected > report->bad_shown && report->bad_shown > 0)
        tp_report_note(report, "%llu bad records in all", (unsigned long long)rejected);
    if (side->lateness.count == 0)
        return;
    tp_buf_printf(&text, "%llu late record%s %s, by at most ",
                  (unsigned long long)side->lateness.count, side->lateness.count == 1 ? "" : "s",
                  side->dropped_late ? "dropped" : "kept aside");
    tp_buf_put(&text, most, tp_duration_write(most, side->lateness.most));
    if (nearly_all < all) {
        put_advice(&text, delay, nearly_all);
        TP_BUF_PUT(&text, " would have kept 99 % of them");
    }
    put_advice(&text, delay, all);
    tp_buf_put_str(&text, tp_str_of(nearly_all < all            ? " all"
                                    : side->lateness.count == 1 ? " would have kept it"
                                                                : " would have kept them"));
    tp_report_note(report, "%s", tp_buf_text(&text));
    tp_buf_release(&text);
}

int
tp_side_close(struct tp_side *side, struct tp_err *err)
{
    struct tp_target *rejects = side->rejects, *late = side->late;
    int result = 0;

    side->rejects = side->late = NULL;
    if (rejects)
        result = tp_target_close(rejects, err);
    if (late && tp_target_close(late, result < 0 ? NULL : err) < 0)
        result = -1;
    tp_buf_release(&side->line);
    return result;
}
