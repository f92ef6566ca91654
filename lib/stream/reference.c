#include "stream/reference.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "stream/reference_read.h"

/* --- the table ---------------------------------------------------------------------------------*/

static int
read_table(struct reference *r, struct tp_err *err)
{
    struct tp_lookup *old = r->table;
    struct tp_reference_facts facts = r->facts;

    r->facts = (struct tp_reference_facts){0};
    r->table = tp_lookup_new();
    if (!r->table)
        tp_err_memory(err);
    else if (tp_reference_read(r, err) == 0 && tp_lookup_ready(r->table, err) == 0) {
        tp_lookup_free(old);
        return 0;
    }
    tp_lookup_free(r->table);
    r->table = old;
    r->facts = facts;
    return -1;
}

/* --- changes -----------------------------------------------------------------------------------*/

static int
look(const struct reference *r, struct version *now, struct tp_err *err)
{
    struct stat file;

    if (stat(r->options->path, &file) < 0)
        return tp_err_system(err, r->options->path);
    *now = (struct version){file.st_dev, file.st_ino, file.st_size, file.st_mtim};
    return 0;
}

static bool
is_same(const struct version *a, const struct version *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->time.tv_sec == b->time.tv_sec && a->time.tv_nsec == b->time.tv_nsec;
}

int
tp_reference_refresh(struct tp_match *match, struct tp_err *err)
{
    struct reference *r = (struct reference *)match;
    struct version now = {0};
    struct tp_err gone;
    int there;

    if (!r->regular)
        return 0;
    there = look(r, &now, &gone);
    if (is_same(&now, &r->seen))
        return 0;
    r->seen = now;
    if (there < 0) {
        *err = gone;
        return -1;
    }
    /* Emptied to be written again, most likely: what comes then is a change of its own. */
    if (now.size == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: is empty", r->options->path);
    return read_table(r, err) < 0 ? -1 : 1;
}

/* --- the way -----------------------------------------------------------------------------------*/

/* A record that does not go on, although one of its key may have: an upsert then deletes (as in
 * sfilter). */
static int
drop(struct reference *r, const struct tp_match_record *record, struct tp_err *err)
{
    if (record->op != TP_MATCH_UPSERT)
        return 0;
    return tp_match_alone(&r->match, TP_JOIN_LEFT, TP_TIME_BEFORE_ALL, TP_MATCH_DELETE,
                          record->line, err);
}

static int
pass(struct reference *r, const struct tp_match_record *record, struct tp_err *err)
{
    return tp_match_alone(&r->match, TP_JOIN_LEFT, TP_TIME_BEFORE_ALL, TP_MATCH_INSERT,
                          record->line, err);
}

/* Says all pairs; *MET: there was one. */
static int
say_pairs(struct reference *r, const struct tp_match_record *record, uint32_t hash, bool *met,
          struct tp_err *err)
{
    struct tp_match_row row = {.time = TP_TIME_BEFORE_ALL, .left = record->line};
    struct tp_lookup_found found = tp_lookup_find_hashed(r->table, record->key, hash);
    struct tp_lookup_row right;

    while (tp_lookup_next(&found, &right)) {
        int meets = tp_match_meets(&r->match, record->line, right.line, err);

        if (meets < 0)
            return -1;
        if (!meets)
            continue;
        *met = true;
        r->match.met++;
        if (tp_match_is_left_only(r->match.type))
            return 0;
        row.right = right.line;
        row.added = (struct tp_str){NULL, 0};
        if (record->apart && !r->too_many)
            row.added = (struct tp_str){right.line.ptr + 1, right.mark};
        if (r->match.sink.row(r->match.sink.context, &row, err) < 0)
            return -1;
    }
    return 0;
}

static int
answer(struct tp_match *match, const struct tp_match_record *record, uint32_t hash,
       struct tp_err *err)
{
    struct reference *r = (struct reference *)match;
    enum tp_match_type type = match->type;
    bool met = false;

    if (record->key.ptr && say_pairs(r, record, hash, &met, err) < 0)
        return -1;
    if (met && !tp_match_is_left_only(type))
        return 0;
    if (met == (type == TP_MATCH_SEMI) && type != TP_MATCH_INNER)
        return pass(r, record, err);
    return drop(r, record, err);
}

static uint32_t
hash_of(struct tp_match *match, struct tp_str key)
{
    return tp_lookup_hash(((struct reference *)match)->table, key);
}

static void
fetch(struct tp_match *match, uint32_t hash)
{
    tp_lookup_fetch(((struct reference *)match)->table, hash);
}

static int
settle(struct tp_match *match, struct tp_err *err)
{
    return tp_asked_flush(&((struct reference *)match)->asked, err);
}

static int
add(struct tp_match *match, const struct tp_match_record *record, tp_time *limit,
    struct tp_err *err)
{
    (void)limit;
    return tp_asked_put(&((struct reference *)match)->asked, record, err) < 0 ? -1 : 1;
}

static int
advance(struct tp_match *match, tp_time watermark, struct tp_err *err)
{
    (void)watermark;
    return settle(match, err);
}

static size_t
held(const struct tp_match *match, enum tp_join_side side)
{
    return side == TP_JOIN_LEFT ? 0 : tp_lookup_count(((const struct reference *)match)->table);
}

static size_t
size(const struct tp_match *match)
{
    return tp_lookup_size(((const struct reference *)match)->table);
}

static void
reference_free(struct tp_match *match)
{
    struct reference *r = (struct reference *)match;

    tp_lookup_free(r->table);
    tp_keys_release(&r->keys);
    tp_scan_free(r->scan);
    free(r->slot);
    free(r->same);
    free(r->name);
    free(r->name_slot);
    tp_arena_release(&r->name_memory);
    for (size_t i = 0; i < TP_REFERENCE_EXPECTED; i++)
        tp_buf_release(&r->expected[i].lead);
    tp_asked_release(&r->asked);
    tp_buf_release(&r->key);
    tp_buf_release(&r->row);
    tp_buf_release(&r->text);
    tp_buf_release(&r->tail);
    free(r);
}

int
tp_reference_watch(struct tp_match *match, struct tp_scan *scan, struct tp_err *err)
{
    struct reference *r = (struct reference *)match;

    r->name_slot = calloc(r->names + 1, sizeof *r->name_slot);
    if (!r->name_slot)
        return tp_err_memory(err);
    for (size_t i = 0; i < r->names; i++) {
        r->name_slot[i] = tp_scan_want_name(scan, r->name[i], err);
        if (r->name_slot[i] < 0)
            return -1;
    }
    return 0;
}

const struct tp_str *
tp_reference_names(const struct tp_match *match, size_t *count)
{
    const struct reference *r = (const struct reference *)match;

    *count = r->names;
    return r->name;
}

bool
tp_reference_apart(const struct tp_match *match, const struct tp_slot *slot)
{
    const struct reference *r = (const struct reference *)match;

    for (size_t i = 0; i < r->names; i++)
        if (slot[r->name_slot[i]].kind != TP_SLOT_MISSING)
            return false;
    return true;
}

const struct tp_keys *
tp_reference_keys(const struct tp_match *match)
{
    return &((const struct reference *)match)->keys;
}

struct tp_reference_facts
tp_reference_facts(const struct tp_match *match)
{
    return ((const struct reference *)match)->facts;
}

/* --- making ------------------------------------------------------------------------------------*/

static bool
ends_with(struct tp_str text, const char *end)
{
    size_t len = strlen(end);

    return text.len >= len && memcmp(text.ptr + text.len - len, end, len) == 0;
}

/* By --lookup-format, or by the end of the name, before .gz or .zst. */
static int
find_format(struct reference *r, struct tp_err *err)
{
    struct tp_str format = tp_str_of(r->options->format ? r->options->format : r->options->path);

    if (r->options->format && strcmp(format.ptr, "csv") && strcmp(format.ptr, "tsv") &&
        strcmp(format.ptr, "ndjson"))
        return tp_err_set(err, TP_FAULT_USAGE, "--lookup-format: ndjson, csv or tsv, not \"%s\"",
                          format.ptr);
    if (!r->options->format && ends_with(format, ".gz"))
        format.len -= 3;
    else if (!r->options->format && ends_with(format, ".zst"))
        format.len -= 4;
    if (ends_with(format, r->options->format ? "csv" : ".csv"))
        r->separator = ',';
    else if (ends_with(format, r->options->format ? "tsv" : ".tsv"))
        r->separator = '\t';
    return 0;
}

static int
make_keys(struct reference *r, struct tp_err *err)
{
    struct tp_expr_context context = {.scan = r->scan};
    struct tp_select *select = tp_select_parse(tp_str_of(r->options->keys), 0, &context, err);

    if (!select)
        return -1;
    tp_keys_init(&r->keys, select);
    r->slot = calloc(tp_scan_slots(r->scan) + 1, sizeof *r->slot);
    r->same = calloc(r->options->left->count + 1, sizeof *r->same);
    if (!r->slot || !r->same)
        return tp_err_memory(err);
    r->sames = tp_keys_shared(r->options->left, &r->keys, r->same);
    return 0;
}

static int
make(struct reference *r, struct tp_err *err)
{
    r->scan = tp_scan_new();
    r->name = calloc(TP_REFERENCE_NAMES, sizeof *r->name);
    if (!r->scan || !r->name)
        return tp_err_memory(err);
    err->at = -1;
    if (make_keys(r, err) < 0)
        return -1;
    err->at = -1;
    if (find_format(r, err) < 0 || look(r, &r->seen, err) < 0 || read_table(r, err) < 0) {
        err->fault = TP_FAULT_USAGE; /* a wrong operand: said before anything was read */
        return -1;
    }
    r->names_fixed = true;
    return 0;
}

static const struct tp_match_way way = {
    .add = add,
    .settle = settle,
    .advance = advance,
    .held = held,
    .size = size,
    .free = reference_free,
};

struct tp_match *
tp_reference_new(const struct tp_reference_options *options, struct tp_err *err)
{
    struct reference *r = calloc(1, sizeof *r);

    if (!r) {
        tp_err_memory(err);
        return NULL;
    }
    r->match.way = &way;
    r->match.type = options->type;
    r->options = options;
    r->asked.table = (struct tp_asked_table){&r->match, hash_of, fetch, answer};
    if (make(r, err) == 0)
        return &r->match;
    reference_free(&r->match);
    return NULL;
}
