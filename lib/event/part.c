#include "event/part.h"

#include <stdlib.h>

#include "value/text.h"

enum { OF, ACC, START, END, SLOTS };

struct tp_part {
    const struct tp_aggs *aggs;
    struct tp_buf list;    /* of the aggregates, as a JSON string */
    struct tp_buf scratch; /* `of` without its escapes */
    const struct tp_window_spec *spec;
    int slot[SLOTS];
    tp_time start;
    void *acc; /* of the row read last */
};

struct tp_part *
tp_part_new(const struct tp_aggs *aggs, struct tp_str list)
{
    struct tp_part *part = calloc(1, sizeof *part);

    if (!part)
        return NULL;
    part->aggs = aggs;
    part->acc = calloc(1, tp_aggs_size(aggs) + 1);
    tp_text_quote(list, &part->list);
    if (part->acc && !tp_buf_failed(&part->list))
        return part;
    tp_part_free(part);
    return NULL;
}

void
tp_part_free(struct tp_part *part)
{
    if (!part)
        return;
    if (part->acc)
        tp_aggs_clear(part->aggs, part->acc);
    free(part->acc);
    tp_buf_release(&part->list);
    tp_buf_release(&part->scratch);
    free(part);
}

int
tp_part_write(const struct tp_part *part, const void *acc, struct tp_buf *to, struct tp_err *err)
{
    TP_BUF_PUT(to, ",\"@partial\":{\"of\":");
    tp_buf_put_str(to, tp_buf_str(&part->list));
    TP_BUF_PUT(to, ",\"acc\":");
    if (tp_aggs_save(part->aggs, acc, to, err) < 0)
        return -1;
    tp_buf_put_char(to, '}');
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

/* --- reading -----------------------------------------------------------------------------------*/

static int
want_inner(struct tp_scan *scan, struct tp_str name, struct tp_err *err)
{
    struct tp_step step[] = {{.name = TP_STR("@partial")}, {.name = name}};
    struct tp_path path = {.step = step, .count = 2};

    return tp_scan_want(scan, &path, err);
}

int
tp_part_want(struct tp_part *part, struct tp_scan *scan, const struct tp_window_spec *spec,
             struct tp_err *err)
{
    part->spec = spec;
    part->slot[OF] = want_inner(scan, TP_STR("of"), err);
    part->slot[ACC] = want_inner(scan, TP_STR("acc"), err);
    part->slot[START] = tp_scan_want_name(scan, TP_STR("window_start"), err);
    part->slot[END] = tp_scan_want_name(scan, TP_STR("window_end"), err);
    for (int i = 0; i < SLOTS; i++)
        if (part->slot[i] < 0)
            return -1;
    return 0;
}

static int
check_list(struct tp_part *part, const struct tp_slot *of, struct tp_err *err)
{
    struct tp_str quoted = tp_buf_str(&part->list);
    struct tp_str list;

    if (of->kind != TP_SLOT_TEXT && of->kind != TP_SLOT_ESCAPED)
        return tp_err_set(err, TP_FAULT_RECORD,
                          "no \"@partial\": --merge takes rows of swindow --partial");
    list = (struct tp_str){of->ptr, of->len};
    if (tp_str_equal(list, (struct tp_str){quoted.ptr + 1, quoted.len - 2}))
        return 0;
    /* Others may have written the same string with other escapes. */
    tp_buf_clear(&part->scratch);
    tp_text_unescape(list, &part->scratch);
    list = tp_buf_str(&part->scratch);
    tp_text_quote(list, &part->scratch);
    if (tp_buf_failed(&part->scratch))
        return tp_err_memory(err);
    list.ptr = part->scratch.ptr;
    if (part->scratch.len - list.len == quoted.len &&
        memcmp(list.ptr + list.len, quoted.ptr, quoted.len) == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD, "made with -a '%.*s', not with these aggregates",
                      (int)tp_text_fit(list, 60), list.ptr);
}

static int
read_bound(const struct tp_slot *slot, const char *name, tp_time *bound, struct tp_err *err)
{
    struct tp_err why;
    bool zoneless;

    if (slot->kind != TP_SLOT_TEXT ||
        tp_time_parse((struct tp_str){slot->ptr, slot->len}, bound, &zoneless, &why) < 0 ||
        zoneless) {
        tp_err_set(err, TP_FAULT_RECORD, "no %s: --merge takes rows of swindow --partial", name);
        return -1;
    }
    return 0;
}

/* Bounds of `all` are the times of its first and last record; those of others exclude the end. */
static int
check_bounds(struct tp_part *part, const struct tp_slot *slot, tp_time time, struct tp_err *err)
{
    struct tp_window pane;
    tp_time end;

    if (read_bound(&slot[part->slot[START]], "window_start", &part->start, err) < 0 ||
        read_bound(&slot[part->slot[END]], "window_end", &end, err) < 0 ||
        tp_window_pane(part->spec, time, &pane, err) < 0)
        return -1;
    if (part->spec->kind == TP_WINDOW_ALL && end != time)
        return tp_err_set(err, TP_FAULT_RECORD, "-w all merges only parts of -w all");
    if (part->start < pane.start || part->start > time || end < time || end > pane.end)
        return tp_err_set(err, TP_FAULT_RECORD, "its window is within none of -w");
    return 0;
}

int
tp_part_read(struct tp_part *part, const struct tp_slot *slot, tp_time time, bool has_time,
             struct tp_err *err)
{
    const struct tp_slot *acc = &slot[part->slot[ACC]];

    tp_aggs_clear(part->aggs, part->acc);
    if (check_list(part, &slot[part->slot[OF]], err) < 0 ||
        (has_time && check_bounds(part, slot, time, err) < 0))
        return -1;
    return tp_aggs_load(part->aggs, part->acc, tp_slot_json(acc), err);
}

int
tp_part_merge(const struct tp_part *part, void *acc, struct tp_err *err)
{
    return tp_aggs_merge(part->aggs, acc, part->acc, err);
}

tp_time
tp_part_start(const struct tp_part *part)
{
    return part->start;
}
