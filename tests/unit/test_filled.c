#include "record/filled.h"

#include "unit.h"
#include "value/time.h"

/* Fills behind LINE, whose time is TIME, at AT, halfway to BEHIND. */
static bool
fills(enum tp_fill how, const char *line, const char *time, tp_time at, const char *behind,
      const char *expected)
{
    struct tp_buf scratch = TP_BUF_INIT, to = TP_BUF_INIT;
    struct tp_fillable before = {.line = tp_str_of(line)};
    struct tp_fill_place place = {.at = at, .share = 0.5, .behind = tp_str_of(behind)};
    bool same;

    before.time = (struct tp_span){(uint32_t)(strstr(line, time) - line), (uint32_t)strlen(time)};
    tp_fill_write(how, &before, &place, &scratch, &to);
    same = strcmp(tp_buf_text(&to), expected) == 0;
    if (!same)
        printf("got %s", tp_buf_text(&to));
    tp_buf_release(&scratch);
    tp_buf_release(&to);
    return same;
}

static void
writes_times_as_they_were(void)
{
    CHECK(fills(TP_FILL_PREVIOUS, "{\"t\":-5}", "-5", -1500 * TP_MILLISECOND, "",
                "{\"t\":-1.5,\"@fill\":\"previous\"}\n"));
    CHECK(fills(TP_FILL_PREVIOUS, "{\"t\":0.5,\"a\":1}", "0.5", 1, "",
                "{\"t\":0.000000001,\"a\":1,\"@fill\":\"previous\"}\n"));
    CHECK(fills(TP_FILL_PREVIOUS, "{\"t\":1763712000000000}", "1763712000000000", TP_SECOND, "",
                "{\"t\":1000000,\"@fill\":\"previous\"}\n"));
    CHECK(fills(TP_FILL_PREVIOUS, "{\"t\":1763712000000000000}", "1763712000000000000", TP_TIME_MIN,
                "", "{\"t\":-9223372036854775807,\"@fill\":\"previous\"}\n"));
    CHECK(fills(TP_FILL_PREVIOUS, "{\"t\":1E9}", "1E9", 0, "",
                "{\"t\":\"1970-01-01T00:00:00.000Z\",\"@fill\":\"previous\"}\n"));
}

static void
goes_halfway(void)
{
    CHECK(fills(TP_FILL_LINEAR, "{\"t\":0,\"a\":1,\"b\":-3,\"c\":1.10,\"d\":2}", "0", 0,
                "{\"d\":\"x\",\"c\":1.10,\"b\":3,\"a\":7,\"a\":2}",
                "{\"t\":0,\"a\":1.5,\"b\":0,\"c\":1.10,\"d\":null,\"@fill\":\"linear\"}\n"));
}

int
main(void)
{
    RUN(writes_times_as_they_were);
    RUN(goes_halfway);
    return unit_end();
}
