#include "given.h"

#include <string.h>

#include "filter/operator.h"
#include "value/num.h"

#define SEGMENT (UINT64_C(64) << 20) /* bytes of a log's segment, without --roll */
#define WEEK (7 * TP_DAY)

static int
take_roll(struct given *given, struct tp_err *err)
{
    if (!given->roll_text)
        return 0;
    if (tp_amount_parse("--roll", given->roll_text, &given->roll_size, &given->roll_time, err) < 0)
        return -1;
    if (given->roll_time > 0 && given->roll_time % WEEK == 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--roll: weeks would begin on Thursdays; {@timestamp|week} in the TARGET "
                          "has those of ISO 8601");
    return 0;
}

int
given_take(struct given *given, struct tp_err *err)
{
    if (given->max_open < 1)
        return tp_err_set(err, TP_FAULT_USAGE, "--max-open: at least 1");
    if (take_roll(given, err) < 0 || tp_files_parse_sync(given->fsync, &given->sync, err) < 0)
        return -1;
    /* What a barrier says is there must be on the disk. */
    if (given->kept && given->sync == TP_SYNC_NEVER)
        given->sync = TP_SYNC_END;
    return 0;
}

int
given_take_packing(struct given *given, struct tp_str target, struct tp_err *err)
{
    if (!given->compress)
        given->packing = tp_pack_of_name(target);
    else if (strcmp(given->compress, "gzip") == 0)
        given->packing = TP_PACK_GZIP;
    else if (strcmp(given->compress, "zstd") == 0)
        given->packing = TP_PACK_ZSTD;
    else if (strcmp(given->compress, "none") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--compress: gzip, zstd or none, not \"%s\"",
                          given->compress);
    return 0;
}

struct tp_parts_settings
given_parts(const struct given *given, struct tp_template *name)
{
    bool appends = !given->roll_text && given->packing == TP_PACK_NONE;

    return (struct tp_parts_settings){
        .name = name,
        .roll_time = given->roll_time,
        .roll_size = given->roll_size,
        .files =
            {
                .max_open = (size_t)given->max_open,
                .built = !appends,
                .kept = given->kept,
                .in_place = appends && (tp_template_is_fixed(name) || !given->kept),
                .packing = given->packing,
                .sync = given->sync,
            },
    };
}

int
given_log(const struct given *given, struct tp_log_settings *settings, struct tp_err *err)
{
    if (given->roll_time > 0 || given->compress)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--log: segments are rolled by size, not packed, and hold records alone");
    *settings = (struct tp_log_settings){
        .segment = given->roll_size > 0 ? given->roll_size : SEGMENT,
        .sync = given->sync,
        .kept = given->kept,
    };
    if (!given->keep_text)
        return 0;
    return tp_amount_parse("--keep", given->keep_text, &settings->keep_size, &settings->keep_time,
                           err);
}

int
given_check_pipe(const struct given *given, struct tp_err *err)
{
    if (given->roll_text || given->compress || given->fsync)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--roll, --compress and --fsync are for files, not for pipes");
    return 0;
}

void
given_identify(const struct given *given, struct tp_emit *to)
{
    if (given->is_log)
        tp_emit_json(to, TP_STR("log"), TP_STR("true"));
    if (given->roll_text)
        tp_emit_text(to, TP_STR("roll"), tp_str_of(given->roll_text));
    if (given->packing != TP_PACK_NONE)
        tp_emit_text(to, TP_STR("compress"), tp_str_of(tp_pack_ending(given->packing)));
}
