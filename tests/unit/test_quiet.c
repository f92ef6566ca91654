#include "event/quiet.h"

#include "unit.h"

#define SECONDS(n) ((n)*TP_SECOND)

struct heard {
    char text[256];
    int skipped;
};

static int
hear(void *self, const struct tp_window *window, struct tp_str key, struct tp_err *err)
{
    struct heard *heard = self;
    size_t used = strlen(heard->text);

    (void)err;
    snprintf(heard->text + used, sizeof heard->text - used, "%.*s%d ", (int)key.len, key.ptr,
             (int)(window->end / TP_SECOND));
    return 0;
}

static void
hear_skipped(void *self, const struct tp_err *why)
{
    ((struct heard *)self)->skipped++;
    CHECK(why->fault == TP_FAULT_RECORD);
}

static struct tp_window_spec ten_seconds;

static struct tp_quiet *
new_quiet(bool by_key, tp_duration forget, struct heard *heard)
{
    return tp_quiet_new(&ten_seconds, by_key, forget, TP_STR("-"),
                        (struct tp_quiet_to){hear, hear_skipped, heard});
}

/* A window in which these keys, a letter each, have records. */
static void
have(struct tp_quiet *quiet, int end, const char *keys)
{
    const struct tp_window window = {SECONDS(end - 10), SECONDS(end)};
    struct tp_err err;

    CHECK(tp_quiet_before(quiet, window.end, &err) == 0);
    for (; *keys; keys++)
        CHECK(tp_quiet_seen(quiet, &window, (struct tp_str){keys, 1}, &err) == 0);
    CHECK(tp_quiet_rest(quiet, &window, &err) == 0);
}

static void
heard_is(struct heard *heard, const char *wanted)
{
    CHECK_THAT(strcmp(heard->text, wanted) == 0, "%s", heard->text);
    *heard->text = '\0';
}

static void
fills_between_windows(void)
{
    struct heard heard = {0};
    struct tp_quiet *quiet = new_quiet(false, 0, &heard);
    struct tp_err err;

    CHECK(tp_quiet_until(quiet, SECONDS(500), &err) == 0); /* before the first there is none */
    have(quiet, 20, "a");
    have(quiet, 30, "b");
    have(quiet, 60, "a");
    heard_is(&heard, "-40 -50 ");
    CHECK(tp_quiet_until(quiet, SECONDS(80) - 1, &err) == 0);
    heard_is(&heard, "-70 ");
    CHECK(tp_quiet_until(quiet, SECONDS(80), &err) == 0);
    heard_is(&heard, "-80 ");
    tp_quiet_free(quiet);
}

static void
fills_by_key_until_it_is_forgotten(void)
{
    struct heard heard = {0};
    struct tp_quiet *quiet = new_quiet(true, SECONDS(20), &heard);
    struct tp_err err;

    have(quiet, 10, "ab");
    have(quiet, 20, "a");
    heard_is(&heard, "b20 ");
    have(quiet, 50, "c"); /* b is 40 s behind, a 30 */
    heard_is(&heard, "a30 b30 a40 ");
    CHECK(tp_quiet_until(quiet, SECONDS(1000), &err) == 0);
    heard_is(&heard, "c60 c70 ");
    tp_quiet_free(quiet);
}

static void
skips_what_is_too_long(void)
{
    struct heard heard = {0};
    struct tp_quiet *quiet = new_quiet(false, 0, &heard);
    struct tp_err err;

    have(quiet, 10, "a");
    CHECK(tp_quiet_until(quiet, SECONDS(10) + (TP_QUIET_MOST + 1) * SECONDS(10), &err) == 0);
    CHECK(heard.skipped == 1);
    heard_is(&heard, "");
    CHECK(tp_quiet_until(quiet, SECONDS(20) + (TP_QUIET_MOST + 1) * SECONDS(10), &err) == 0);
    CHECK(heard.skipped == 1 && *heard.text); /* and goes on behind it */
    tp_quiet_free(quiet);
}

int
main(void)
{
    struct tp_err err;

    CHECK(tp_window_parse(TP_STR("10s"), &ten_seconds, &err) == 0);
    RUN(fills_between_windows);
    RUN(fills_by_key_until_it_is_forgotten);
    RUN(skips_what_is_too_long);
    tp_window_release(&ten_seconds);
    return unit_end();
}
