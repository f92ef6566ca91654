#include "judge.h"

#include <string.h>

#include "base/digests.h"
#include "base/hash.h"
#include "event/pieces.h"

/* --- opening -----------------------------------------------------------------------------------*/

/* --approx and --on-change are ways of their own. */
int
judge_check(const struct judge *j, struct tp_err *err)
{
    const char *own = j->change_text ? "--on-change" : j->approx >= 0 ? "--approx" : NULL;
    bool arrival = strcmp(j->keep, "arrival") == 0;

    if (j->within == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--within: 0 would find no repeats");
    if (j->approx == 0 || j->approx >= 100)
        return tp_err_set(err, TP_FAULT_USAGE, "--approx: more than 0%% and less than 100%%");
    if (own && (j->within > 0 || !arrival))
        return tp_err_set(err, TP_FAULT_USAGE, "%s goes neither with --within nor with --keep",
                          own);
    if (j->approx >= 0 && (j->verify || j->change_text))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--approx goes neither with --verify nor with --on-change");
    if (!arrival && strcmp(j->keep, "first") != 0 && strcmp(j->keep, "last") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--keep: arrival, first or last, not \"%s\"",
                          j->keep);
    return 0;
}

int
judge_open(struct judge *j, struct tp_err *err)
{
    const void *way;

    j->seed = tp_hash_seed();
    j->seen = tp_recent_new(j->within < 0 ? 0 : j->within, j->verify);
    if (j->approx >= 0)
        way = j->bloom = tp_bloom_new(j->approx / 100);
    else if (j->change_text)
        way = j->changed = tp_changed_new(j->verify);
    else if (strcmp(j->keep, "last") == 0)
        way = j->elect = tp_elect_last(j->within);
    else if (strcmp(j->keep, "first") == 0)
        way = j->elect = tp_elect_first(j->seen);
    else if (!j->verify)
        way = j->soon = tp_soon_new(j->seen);
    else
        way = j->seen;
    return j->seen && way ? 0 : tp_err_memory(err);
}

void
judge_release(struct judge *j)
{
    tp_elect_free(j->elect);
    tp_soon_free(j->soon);
    tp_recent_free(j->seen);
    tp_bloom_free(j->bloom);
    tp_changed_free(j->changed);
}

/* --- judging -----------------------------------------------------------------------------------*/

int
judge_see(struct judge *j, struct tp_str key, struct tp_str values, tp_time time,
          struct tp_err *err)
{
    int is_new;

    if (j->changed)
        return tp_changed_see(j->changed, j->seed, key, values, err);
    if (!j->bloom)
        return tp_recent_see(j->seen, key, time, err);
    is_new = tp_bloom_see(j->bloom, tp_digest_of(j->seed, key));
    return is_new < 0 ? tp_err_memory(err) : is_new;
}

size_t
judge_keys(const struct judge *j)
{
    if (j->bloom)
        return tp_bloom_count(j->bloom);
    return j->changed ? tp_changed_count(j->changed) : tp_recent_count(j->seen);
}

size_t
judge_held(const struct judge *j)
{
    return j->elect ? tp_elect_count(j->elect) : 0;
}

size_t
judge_size(const struct judge *j)
{
    size_t size = tp_recent_size(j->seen);

    if (j->bloom)
        size += tp_bloom_size(j->bloom);
    if (j->changed)
        size += tp_changed_size(j->changed);
    if (j->elect)
        size += tp_elect_size(j->elect);
    return size;
}

/* --- saved state -------------------------------------------------------------------------------*/

int
judge_save(const struct judge *j, struct tp_save *save, struct tp_err *err)
{
    if ((j->bloom && tp_pieces_save(j->bloom, save, err) < 0) ||
        (j->changed && tp_changed_save(j->changed, save, err) < 0) ||
        tp_recent_save(j->seen, save, err) < 0)
        return -1;
    return j->elect ? tp_elect_save(j->elect, save, err) : 0;
}

int
judge_load(struct judge *j, struct tp_str line, struct tp_err *err)
{
    if (j->bloom && tp_pieces_is_saved(line))
        return tp_pieces_load(j->bloom, line, err);
    if (j->changed && tp_changed_is_saved(line))
        return tp_changed_load(j->changed, line, err);
    if (j->elect && tp_elect_is_saved(line))
        return tp_elect_load(j->elect, line, err);
    return tp_recent_load(j->seen, line, err); /* refuses what it does not know */
}

void
judge_identify(const struct judge *j, struct tp_emit *to)
{
    char text[TP_TIME_TEXT];

    if (j->within >= 0)
        tp_emit_text(to, TP_STR("within"),
                     (struct tp_str){text, tp_duration_write(text, j->within)});
    tp_emit_text(to, TP_STR("keep"), tp_str_of(j->keep));
    if (j->change_text)
        tp_emit_text(to, TP_STR("on-change"), tp_str_of(j->change_text));
    if (j->approx >= 0)
        tp_emit_real(to, TP_STR("approx"), j->approx);
    if (j->verify)
        tp_emit_json(to, TP_STR("verify"), TP_STR("true"));
}
