/* ranking: what stands around a record, and what it loses for that. */
#include "event/ranking.h"

#include "unit.h"

struct fixture {
    struct tp_scan *scan;
    struct tp_ranking ranking;
    struct tp_slot slot[8];
    char block[256];
    struct tp_str line;
    size_t members;
    struct tp_err err;
};

static void
begin(struct fixture *f, bool named, bool changes, const char *line)
{
    const char *end;

    *f = (struct fixture){.scan = tp_scan_new(), .line = {f->block, strlen(line)}};
    CHECK(tp_ranking_open(&f->ranking, f->scan, "rank", named, changes, &f->err) == 0);
    CHECK(f->line.len + 1 + TP_SCAN_PADDING <= sizeof f->block);
    memcpy(f->block, line, f->line.len);
    f->block[f->line.len] = '\n';
    end = f->block + f->line.len + 1;
    CHECK(tp_scan_line(f->scan, f->block, end, f->slot, &f->members, &f->err) == end);
}

static void
end(struct fixture *f)
{
    tp_ranking_release(&f->ranking);
    tp_scan_free(f->scan);
}

/* The row of the record as the first, in a window that may be NULL. */
static void
row_is(struct fixture *f, const struct tp_window *bounds, enum tp_top_change change,
       const char *wanted)
{
    struct tp_ranked record = {.members = f->members};
    struct tp_buf bare = TP_BUF_INIT, row = TP_BUF_INIT;

    tp_buf_put_str(&bare,
                   tp_ranking_bare(&f->ranking, f->slot, f->ranking.slot[TP_RANKING_TIMESTAMP],
                                   f->line, &record.members));
    record.line = tp_buf_str(&bare);
    tp_ranking_front(&f->ranking, bounds, bounds ? bounds->end - TP_MILLISECOND : 0);
    CHECK(tp_ranking_write(&f->ranking, change, &record, 1, &row, &f->err) == 0);
    CHECK_THAT(strcmp(tp_buf_text(&row), wanted) == 0, "%s", tp_buf_text(&row));
    tp_buf_release(&bare);
    tp_buf_release(&row);
}

static void
windows_stand_in_front(void)
{
    const struct tp_window minute = {0, 60 * TP_SECOND};
    struct fixture f;

    begin(&f, false, false, "{\"@timestamp\":\"1970-01-01T00:00:05Z\",\"a\":1,\"rank\":7}");
    row_is(&f, &minute, TP_TOP_INSERT,
           "{\"@timestamp\":\"1970-01-01T00:00:59.999Z\",\"window_start\":\"1970-01-01T00:00:00."
           "000Z\","
           "\"window_end\":\"1970-01-01T00:01:00.000Z\",\"event_time\":\"1970-01-01T00:00:05Z\","
           "\"a\":1,\"rank\":1}\n");
    end(&f);
}

static void
records_that_name_their_window_keep_it(void)
{
    struct tp_window bounds;
    struct fixture f;

    begin(&f, true, false,
          "{\"window_start\":\"1970-01-01T00:00:00Z\",\"window_end\":\"1970-01-01T00:00:01Z\"}");
    CHECK(tp_ranking_bounds(&f.ranking, f.slot, &bounds, &f.err) == 0);
    CHECK(bounds.start == 0 && bounds.end == TP_SECOND);
    row_is(&f, NULL, TP_TOP_INSERT,
           "{\"window_start\":\"1970-01-01T00:00:00Z\",\"window_end\":\"1970-01-01T00:00:01Z\","
           "\"rank\":1}\n");
    end(&f);
    begin(&f, true, false, "{\"window_start\":\"1970-01-01T00:00:00Z\",\"window_end\":5}");
    CHECK(tp_ranking_bounds(&f.ranking, f.slot, &bounds, &f.err) < 0);
    CHECK_THAT(strcmp(f.err.text, "\"window_end\" is not a time") == 0, "%s", f.err.text);
    end(&f);
}

static void
changes_are_said(void)
{
    struct fixture f;

    begin(&f, true, true, "{\"a\":1,\"@op\":\"upsert\"}");
    row_is(&f, NULL, TP_TOP_RETRACT, "{\"a\":1,\"rank\":1,\"@op\":\"retract\"}\n");
    row_is(&f, NULL, TP_TOP_DELETE, "{\"a\":1,\"rank\":1,\"@op\":\"delete\"}\n");
    end(&f);
}

static void
a_rank_needs_a_name_of_its_own(void)
{
    struct tp_ranking ranking = {.named = false};
    struct tp_scan *scan = tp_scan_new();
    struct tp_err err;

    CHECK(tp_ranking_open(&ranking, scan, "window_end", true, false, &err) < 0);
    CHECK(err.fault == TP_FAULT_USAGE && strstr(err.text, "--as"));
    tp_ranking_release(&ranking);
    tp_scan_free(scan);
}

int
main(void)
{
    RUN(windows_stand_in_front);
    RUN(records_that_name_their_window_keep_it);
    RUN(changes_are_said);
    RUN(a_rank_needs_a_name_of_its_own);
    return unit_end();
}
