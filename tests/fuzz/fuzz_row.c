/*
 * fuzz_row: what smap makes of a record: lists and assignments (query/project), --drop
 * (record/omit), --flatten and --unflatten (record/nest).
 *
 * The first line of the input is a list, a set of assignments or a path; the second is a record
 * (one of our own when the scanner refuses it). Required:
 *
 *   - every row is one valid JSON object, or there is a reason;
 *   - what was dropped is not there, and dropping again changes nothing;
 *   - flattened twice is flattened once, and the way back and forth makes no member out of nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/project.h"
#include "record/nest.h"
#include "record/omit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLOTS = 512, ROWS = 1000 };

static const char own_record[] =
    "{\"@timestamp\":\"2026-11-21T10:20:30.5Z\",\"a\":1,\"b\":{\"c\":[1,{\"d\":2}],\"e\":{}},"
    "\"b.f\":\"\\u00e9\",\"g\":\"text\",\"@op\":\"insert\"}\n";

static void
die(const char *what, struct tp_str text)
{
    fprintf(stderr, "fuzz_row: %s: %.*s\n", what, (int)text.len, text.ptr);
    abort();
}

static void
require(bool condition, const char *what, struct tp_str text)
{
    if (!condition)
        die(what, text);
}

/* How many members ROW has; dies when it is no object. */
static size_t
members_of(struct tp_str row)
{
    struct tp_scan *scan = tp_scan_new();
    char *block = calloc(1, row.len + 1 + TP_SCAN_PADDING);
    struct tp_err err;
    size_t members;

    memcpy(block, row.ptr, row.len);
    block[row.len] = '\n';
    require(tp_scan_line(scan, block, block + row.len + 1, NULL, &members, &err) != NULL,
            "a row is no record", row);
    free(block);
    tp_scan_free(scan);
    return members;
}

/* --- lists and assignments --------------------------------------------------------------------*/

static void
write_rows(struct tp_project *project, struct tp_str line, size_t members,
           const struct tp_slot *slots)
{
    struct tp_buf row = TP_BUF_INIT;
    struct tp_err err = {0};

    if (tp_project_begin(project, line, members, slots, &err) < 0) {
        require(err.text[0] != 0, "fails without a reason", line);
        return;
    }
    for (int i = 0; i < ROWS && tp_project_next(project, &row); i++) {
        members_of(tp_buf_str(&row));
        tp_buf_clear(&row);
    }
    tp_buf_release(&row);
}

static void
check_project(struct tp_str text, struct tp_str record, bool set)
{
    static struct tp_slot slots[SLOTS];
    struct tp_scan *scan = tp_scan_new();
    struct tp_expr_context context = {.scan = scan};
    struct tp_err err = {0};
    struct tp_project *project = NULL;
    struct tp_select *select =
        set ? tp_select_parse_set(text, &context, &err)
            : tp_select_parse(text, TP_SELECT_ALL | TP_SELECT_UNNEST, &context, &err);
    size_t members;

    if (select)
        project = (set ? tp_project_set : tp_project_list)(select, scan, &err);
    require(project || err.text[0], "refused without a reason", text);
    if (project && tp_scan_slots(scan) <= SLOTS &&
        tp_scan_line(scan, record.ptr, record.ptr + record.len + 1, slots, &members, &err))
        write_rows(project, record, members, slots);
    tp_project_free(project);
    tp_scan_free(scan);
}

/* --- --drop -----------------------------------------------------------------------------------*/

/* Is there a member PATH in ROW? */
static bool
has_member(struct tp_str row, const struct tp_path *path)
{
    struct tp_scan *scan = tp_scan_new();
    char *block = calloc(1, row.len + 1 + TP_SCAN_PADDING);
    struct tp_slot slot;
    struct tp_err err;

    memcpy(block, row.ptr, row.len);
    block[row.len] = '\n';
    tp_scan_want(scan, path, &err);
    require(tp_scan_line(scan, block, block + row.len + 1, &slot, NULL, &err) != NULL,
            "what is left is no record", row);
    free(block);
    tp_scan_free(scan);
    return slot.kind != TP_SLOT_MISSING;
}

static void
check_omitted(struct tp_omit *omit, const struct tp_path *path, struct tp_str record)
{
    struct tp_buf once = TP_BUF_INIT, twice = TP_BUF_INIT;

    tp_omit_copy(omit, record, &once);
    require(!has_member(tp_buf_str(&once), path), "dropped, and there", record);
    tp_omit_copy(omit, tp_buf_str(&once), &twice);
    require(tp_str_equal(tp_buf_str(&once), tp_buf_str(&twice)), "drops more again", record);
    tp_buf_release(&once);
    tp_buf_release(&twice);
}

static void
check_omit(struct tp_str text, struct tp_str record)
{
    struct tp_omit omit = {0};
    struct tp_path path;
    struct tp_err err = {0};

    if (tp_path_parse(&path, text, &err) < 0)
        return;
    if (tp_omit_path(&omit, &path, &err) == 0)
        check_omitted(&omit, &path, record);
    tp_omit_release(&omit);
    tp_path_release(&path);
}

/* --- --flatten and --unflatten ----------------------------------------------------------------*/

static void
check_nest(struct tp_str record)
{
    struct tp_nest *nest = tp_nest_new();
    struct tp_buf flat = TP_BUF_INIT, deep = TP_BUF_INIT, again = TP_BUF_INIT;
    struct tp_err err = {0};

    if (tp_nest_flatten(nest, record, &flat, &err) == 0) {
        size_t members = members_of(tp_buf_str(&flat));

        require(tp_nest_flatten(nest, tp_buf_str(&flat), &again, &err) == 0 &&
                    tp_str_equal(tp_buf_str(&flat), tp_buf_str(&again)),
                "flattened twice is something else", record);
        if (tp_nest_unflatten(nest, tp_buf_str(&flat), &deep, &err) == 0) {
            members_of(tp_buf_str(&deep));
            tp_buf_clear(&again);
            require(tp_nest_flatten(nest, tp_buf_str(&deep), &again, &err) == 0 &&
                        members_of(tp_buf_str(&again)) <= members,
                    "there and back makes members", record);
        }
    }
    require(err.fault == 0 || err.text[0], "refused without a reason", record);
    tp_buf_release(&flat);
    tp_buf_release(&deep);
    tp_buf_release(&again);
    tp_nest_free(nest);
}

/* --- all --------------------------------------------------------------------------------------*/

static bool
is_record(struct tp_str line)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_err err;
    bool good = tp_scan_line(scan, line.ptr, line.ptr + line.len + 1, NULL, NULL, &err) != NULL;

    tp_scan_free(scan);
    return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *start = (const char *)data;
    const char *newline = size ? memchr(start, '\n', size) : NULL;
    size_t len = newline ? (size_t)(newline - start) : size;
    size_t rest = newline ? size - len - 1 : 0;
    const char *stop = rest ? memchr(newline + 1, '\n', rest) : NULL;
    size_t given = stop ? (size_t)(stop - newline - 1) : rest;
    size_t own = sizeof own_record - 2;
    char *block = calloc(1, (given > own ? given : own) + 1 + TP_SCAN_PADDING);
    struct tp_str text = {start, len}, record = {block, given};

    if (rest)
        memcpy(block, newline + 1, given);
    block[given] = '\n';
    if (!is_record(record)) {
        memcpy(block, own_record, own + 1);
        record.len = own;
    }
    check_project(text, record, false);
    check_project(text, record, true);
    check_omit(text, record);
    check_nest(record);
    free(block);
    return 0;
}
