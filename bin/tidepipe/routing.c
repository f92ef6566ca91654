#include "routing.h"

#include <stdlib.h>
#include <string.h>

#include "query/expr.h"
#include "query/select.h"
#include "record/key.h"

struct routing {
    size_t keys;
    struct tp_scan *key_scan, *hash_scan; /* give slots their numbers; no line is scanned */
    struct tp_select *list;
    struct tp_expr *hash; /* NULL: the only key */
    size_t *key_of;       /* of each slot of HASH */
    struct tp_slot *slot;
    struct tp_slot *value; /* of each key, of the line at hand */
    struct tp_buf text, scratch, array;
};

/* --- opening -----------------------------------------------------------------------------------*/

/* The key that MEMBER names; -1: none. */
static long
find_key(const struct routing *r, const struct tp_path *member)
{
    for (size_t i = 0; i < r->keys; i++) {
        const struct tp_item *item = &r->list->item[i];
        const struct tp_path *path = tp_expr_path(item->expr, NULL);

        if (path && tp_path_equal(path, member))
            return (long)i;
        if (member->count == 1 && !member->step[0].is_index &&
            tp_str_equal(member->step[0].name, item->name))
            return (long)i;
    }
    return -1;
}

static int
refuse_member(const struct routing *r, const struct tp_path *member, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;

    tp_path_write(member, &text);
    TP_BUF_PUT(&text, " is none of the keys: ");
    for (size_t i = 0; i < r->keys; i++) {
        tp_buf_put_str(&text, i > 0 ? TP_STR(", ") : TP_STR(""));
        tp_buf_put_str(&text, r->list->item[i].name);
    }
    tp_err_set(err, TP_FAULT_USAGE, "--hash: %s", tp_buf_text(&text));
    tp_buf_release(&text);
    return -1;
}

static int
find_keys(struct routing *r, struct tp_err *err)
{
    size_t count;
    const struct tp_expr_member *member = tp_expr_members(r->hash, &count);

    r->key_of = calloc(tp_scan_slots(r->hash_scan) + 1, sizeof *r->key_of);
    r->slot = calloc(tp_scan_slots(r->hash_scan) + 1, sizeof *r->slot);
    if (!r->key_of || !r->slot)
        return tp_err_memory(err);
    if (count == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--hash: it names no key");
    for (size_t i = 0; i < count; i++) {
        long key = find_key(r, &member[i].path);

        if (key < 0)
            return refuse_member(r, &member[i].path, err);
        r->key_of[member[i].slot] = (size_t)key;
    }
    return 0;
}

static int
compile(struct routing *r, struct tp_str keys, const char *hash, struct tp_err *err)
{
    struct tp_expr_context of_keys = {.scan = r->key_scan}, of_hash = {.scan = r->hash_scan};
    struct tp_err why;

    r->list = tp_select_parse(keys, 0, &of_keys, err);
    if (!r->list)
        return -1;
    r->keys = r->list->count;
    r->value = calloc(r->keys, sizeof *r->value);
    if (!r->value)
        return tp_err_memory(err);
    if (!hash && r->keys == 1)
        return 0;
    if (!hash)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "there are %zu keys: --hash EXPR says which of them sroute goes by",
                          r->keys);
    r->hash = tp_expr_compile(tp_str_of(hash), &of_hash, &why);
    return r->hash ? find_keys(r, err) : tp_err_set(err, why.fault, "--hash: %s", why.text);
}

struct routing *
routing_new(struct tp_str keys, const char *hash, struct tp_err *err)
{
    struct routing *r = calloc(1, sizeof *r);

    if (r) {
        r->key_scan = tp_scan_new();
        r->hash_scan = tp_scan_new();
    }
    if (!r || !r->key_scan || !r->hash_scan)
        tp_err_memory(err);
    else if (compile(r, keys, hash, err) == 0)
        return r;
    routing_free(r);
    return NULL;
}

struct routing *
routing_of_records(const char *hash, struct tp_err *err)
{
    struct routing *r = calloc(1, sizeof *r);
    struct tp_expr_context context = {0};
    struct tp_err why;

    if (r)
        r->hash_scan = context.scan = tp_scan_new();
    if (!r || !r->hash_scan)
        tp_err_memory(err);
    else if (!hash)
        tp_err_set(err, TP_FAULT_USAGE, "it has no keys: --hash EXPR says what sroute goes by");
    else if (!(r->hash = tp_expr_compile(tp_str_of(hash), &context, &why)))
        tp_err_set(err, why.fault, "--hash: %s", why.text);
    else if (!(r->slot = calloc(tp_scan_slots(r->hash_scan) + 1, sizeof *r->slot)))
        tp_err_memory(err);
    else
        return r;
    routing_free(r);
    return NULL;
}

void
routing_free(struct routing *r)
{
    if (!r)
        return;
    tp_expr_free(r->hash);
    tp_select_free(r->list);
    tp_scan_free(r->key_scan);
    tp_scan_free(r->hash_scan);
    tp_buf_release(&r->text);
    tp_buf_release(&r->scratch);
    tp_buf_release(&r->array);
    free(r->key_of);
    free(r->slot);
    free(r->value);
    free(r);
}

/* --- keys --------------------------------------------------------------------------------------*/

static void
keep_value(void *self, size_t number, const struct tp_slot *value)
{
    struct routing *r = self;

    r->value[number] = *value;
}

/* As sroute does. */
static int
part_of(struct routing *r, struct tp_value value, uint64_t parts, uint64_t *part,
        struct tp_err *err)
{
    int64_t hash = tp_expr_hash(value, &r->scratch);

    if (tp_buf_failed(&r->text) || tp_buf_failed(&r->scratch))
        return tp_err_memory(err);
    *part = hash < 0 ? 0 : (uint64_t)hash % parts;
    return 0;
}

int
routing_part(struct routing *r, struct tp_str key, uint64_t parts, uint64_t *part,
             struct tp_err *err)
{
    struct tp_value value;

    tp_buf_clear(&r->text);
    if (tp_key_walk(key, r->keys, keep_value, r, err) < 0)
        return -1;
    for (size_t i = 0; r->hash && i < tp_scan_slots(r->hash_scan); i++)
        r->slot[i] = r->value[r->key_of[i]];
    if (!r->hash)
        value = tp_slot_value(&r->value[0], &r->text);
    else if (tp_expr_eval(r->hash, r->slot, &value, err) < 0)
        return -1;
    return part_of(r, value, parts, part, err);
}

int
routing_record_part(struct routing *r, struct tp_buf *record, uint64_t parts, uint64_t *part,
                    struct tp_err *err)
{
    struct tp_value value;
    struct tp_err why;

    if (record->len == 0 || record->ptr[record->len - 1] != '\n')
        tp_buf_put_char(record, '\n');
    if (tp_buf_failed(record) || !tp_buf_reserve(record, TP_SCAN_PADDING))
        return tp_err_memory(err);
    memset(record->ptr + record->len, 0, TP_SCAN_PADDING);
    if (!tp_scan_line(r->hash_scan, record->ptr, record->ptr + record->len, r->slot, NULL, &why))
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved record is none: %.200s", why.text);
    if (tp_expr_eval(r->hash, r->slot, &value, err) < 0)
        return -1;
    return part_of(r, value, parts, part, err);
}

/* The inside of a part may be anything: so the array is looked at before somebody walks it. */
int
routing_key(struct routing *r, struct tp_str bytes, struct tp_str *key, struct tp_err *err)
{
    struct tp_err why;

    if (!tp_key_is_framed(bytes, r->keys))
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved key is not as it is written");
    tp_buf_clear(&r->array);
    tp_key_save(&r->array, bytes, r->keys);
    if (!tp_buf_reserve(&r->array, TP_SCAN_PADDING)) /* an expression will look at it */
        return tp_err_memory(err);
    *key = tp_buf_str(&r->array);
    if (tp_scan_validate(*key, &why) < 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved key is no JSON: %.200s", why.text);
    return 0;
}
