/*
 * table and grid: what a reader of the table sees, byte for byte.
 */
#include "record/table.h"

#include <stdlib.h>

#include "unit.h"

static struct tp_err why;

struct page {
    struct tp_grid *grid;
    struct tp_table *table;
    struct tp_buf text;
};

static struct page
page_new(void)
{
    struct page page = {.grid = tp_grid_new()};

    page.table = tp_table_new(page.grid);
    return page;
}

static void
page_add(struct page *page, const char *line)
{
    CHECK(tp_grid_read(page->grid, tp_str_of(line), &why) == 0);
    CHECK(tp_table_row(page->table, &page->text, &why) == 0);
}

/* Settles, compares everything written since the last check. */
static void
page_check(struct page *page, const char *expected)
{
    CHECK(tp_table_settle(page->table, &page->text, &why) == 0);
    CHECK_THAT(strcmp(tp_buf_text(&page->text), expected) == 0, "got\n%s\nexpected\n%s\n",
               tp_buf_text(&page->text), expected);
    tp_buf_clear(&page->text);
}

static void
page_free(struct page *page)
{
    tp_table_free(page->table);
    tp_grid_free(page->grid);
    tp_buf_release(&page->text);
}

static void
aligned(void)
{
    struct page page = page_new();

    page_check(&page, "");
    page_add(&page, "{\"@timestamp\":\"x\",\"name\":\"a\",\"n\":1,\"last\":\"text\"}");
    page_add(&page, "{\"name\":\"longer\",\"n\":-12.5,\"last\":\"\"}");
    page_add(&page, "{\"name\":null,\"n\":null,\"last\":null}");
    page_add(&page, "{\"n\":\"no number\"}");
    CHECK(tp_table_held(page.table) == 4 && page.text.len == 0);
    page_check(&page, "name            n  last\n"
                      "a               1  text\n"
                      "longer      -12.5\n"
                      "-               -  -\n"
                      "        no number\n");
    CHECK(tp_table_is_settled(page.table));
    page_add(&page, "{\"name\":\"much too long\",\"n\":1,\"last\":true}");
    page_add(&page, "{\"last\":[1, 2],\"n\":2,\"name\":\"b\"}");
    page_check(&page, "much too long          1  true\n"
                      "b               2  [1, 2]\n");
    page_free(&page);
}

static void
new_columns(void)
{
    struct page page = page_new();

    page_add(&page, "{\"a\":1}");
    page_add(&page, "{\"a\":1,\"b\":{\"c\":2,\"d\":{}}}");
    page_check(&page, "a  b.c  b.d\n"
                      "1\n"
                      "1    2  {}\n");
    page_add(&page, "{\"a\":10,\"e\":\"x\"}");
    page_add(&page, "{\"a\":10}");
    page_check(&page, "\na  b.c  b.d  e\n"
                      "10            x\n"
                      "10\n");
    page_free(&page);
}

static void
fixed_columns(void)
{
    struct page page = page_new();

    CHECK(tp_grid_fix(page.grid, TP_STR("b.c,@timestamp,a,obj"), &why) == 0);
    page_add(&page,
             "{\"@timestamp\":\"t\",\"a\":1,\"z\":1,\"b\":{\"c\":2,\"d\":3},\"obj\":{\"x\":1}}");
    page_check(&page, "b.c  @timestamp  a  obj\n"
                      "  2  t           1  {\"x\":1}\n");
    page_free(&page);
    page = page_new();
    CHECK(tp_grid_fix(page.grid, TP_STR("a,a"), &why) < 0);
    CHECK(tp_grid_fix(page.grid, TP_STR("b,,c"), &why) < 0);
    page_free(&page);
}

static void
wide_and_hostile_text(void)
{
    struct page page = page_new();

    page_add(&page, "{\"a\":\"日本\",\"b\":1}");
    page_add(&page, "{\"a\":\"e\\u0301t\\u00e9\",\"b\":2}");
    page_add(&page, "{\"a\":\"\\u001b[2J\",\"b\":3}");
    page_add(&page, "{\"a\":\"x\\ny\\t\\u009b\",\"b\":4}");
    page_check(&page, "a             b\n"
                      "日本          1\n"
                      "e\xcc\x81t\xc3\xa9           2\n"
                      "\\u001b[2J     3\n"
                      "x\\ny\\t\\u009b  4\n");
    page_free(&page);
}

static void
cut_to_the_terminal(void)
{
    struct page page = page_new();

    tp_table_set_limit(page.table, 10);
    page_add(&page, "{\"name\":\"abcd\",\"more\":\"ef\",\"x\":\"\"}");
    page_add(&page, "{\"name\":\"abcd\",\"more\":\"efghijkl\"}");
    page_add(&page, "{\"name\":\"abcd\",\"more\":\"日本日本日本\"}");
    page_add(&page, "{\"name\":\"abcd\",\"more\":\"ef\",\"x\":\"end\"}");
    page_check(&page, "name  mor…\n"
                      "abcd  ef\n"
                      "abcd  efg…\n"
                      "abcd  日…\n"
                      "abcd  ef …\n");
    /* A row that just fits is not cut. */
    page_add(&page, "{\"name\":\"\",\"more\":\"efgh\"}");
    page_free(&page);
    page = page_new();
    tp_table_set_limit(page.table, 6);
    page_add(&page, "{\"a\":\"12\",\"b\":\"34\"}");
    page_add(&page, "{\"a\":\"12\",\"b\":\"345\"}");
    page_check(&page, "a   b\n"
                      "12  34\n"
                      "12  3…\n");
    page_free(&page);
}

static void
colours(void)
{
    struct page page = page_new();

    tp_table_set_colour(page.table, true);
    page_add(&page, "{\"a\":null,\"b\":\"x\"}");
    page_check(&page, "\033[2ma\033[0m  \033[2mb\033[0m\n"
                      "\033[2m-\033[0m  x\n");
    page_free(&page);
}

int
main(void)
{
    RUN(aligned);
    RUN(new_columns);
    RUN(fixed_columns);
    RUN(wide_and_hostile_text);
    RUN(cut_to_the_terminal);
    RUN(colours);
    return unit_end();
}
