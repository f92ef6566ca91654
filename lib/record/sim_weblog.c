#include "record/sim_weblog.h"

#include "record/sim_write.h"

#define VISITORS 4000
#define PRODUCTS 500

struct page {
    unsigned weight;
    bool product; /* a product's number follows the path */
    const char *method, *path;
    unsigned bytes;    /* the middle of its sizes */
    unsigned duration; /* and of the time it takes, in ms */
};

static const struct page pages[] = {
    {18, false, "GET", "/", 18000, 35},
    {14, true, "GET", "/products/", 24000, 60},
    {12, false, "GET", "/static/app.js", 90000, 8},
    {12, false, "GET", "/static/style.css", 22000, 6},
    {10, true, "GET", "/images/products/", 60000, 8},
    {8, true, "GET", "/search?q=lamp&page=", 30000, 190},
    {7, true, "GET", "/api/v1/stock/", 700, 40},
    {5, false, "GET", "/favicon.ico", 1150, 4},
    {4, false, "POST", "/api/v1/cart", 420, 90},
    {4, false, "GET", "/categories/garden?sort=price&order=desc", 31000, 110},
    {3, false, "HEAD", "/health", 60, 2},
    {2, false, "POST", "/checkout", 900, 400},
    {1, false, "PUT", "/api/v1/account/address", 350, 120},
};

static const struct tp_sim_choice statuses[] = {
    {860, "200"}, {60, "304"}, {32, "404"}, {16, "301"},
    {12, "500"},  {8, "403"},  {7, "503"},  {5, "400"},
};

static const struct tp_sim_choice referers[] = {
    {45, "-"},
    {25, "https://shop.example/"},
    {15, "https://shop.example/categories/garden"},
    {10, "https://www.search.example/?q=garden+lamp"},
    {5, "https://news.example/2026/01/best-lamps"},
};

static const struct tp_sim_choice agents[] = {
    {30, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0"},
    {25, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0"},
    {20, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Mobile/15E148"},
    {12, "curl/8.5.0"},
    {8, "ExampleBot/2.1 (+https://bot.example)"},
    {5, "python-requests/2.32"},
};

static const struct page *
pick_page(struct tp_draw *draw)
{
    uint64_t at = tp_draw_below(draw, 100);
    size_t i = 0;

    for (; at >= pages[i].weight; i++)
        at -= pages[i].weight;
    return &pages[i];
}

/* --- one visit ---------------------------------------------------------------------------------*/

struct visit {
    uint64_t visitor;
    const struct page *page;
    uint64_t product, bytes, duration; /* ms */
    const char *status, *referer, *agent;
};

static struct visit
make_visit(uint64_t seed, uint64_t number)
{
    struct tp_draw draw = tp_draw_of(seed, number), visitor;
    struct visit visit = {.visitor = tp_draw_popular(&draw, VISITORS)};

    visit.page = pick_page(&draw);
    visit.product = 1 + tp_draw_popular(&draw, PRODUCTS);
    visit.status = TP_SIM_PICK(&draw, statuses);
    visit.referer = TP_SIM_PICK(&draw, referers);
    visit.bytes = tp_draw_size(&draw, visit.page->bytes);
    visit.duration = tp_draw_size(&draw, visit.page->duration);
    /* A visitor keeps the browser. */
    visitor = tp_draw_of(seed ^ 0xa9e7, visit.visitor);
    visit.agent = TP_SIM_PICK(&visitor, agents);
    return visit;
}

/* --- writing -----------------------------------------------------------------------------------*/

static void
put_hex(unsigned value, struct tp_buf *to)
{
    static const char digits[] = "0123456789abcdef";
    bool any = false;

    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;

        any |= digit || shift == 0;
        if (any)
            tp_buf_put_char(to, digits[digit]);
    }
}

/* One visitor in 16 comes by IPv6 (from 2001:db8::/32, kept for documents by RFC 3849). */
static void
put_address(uint64_t seed, uint64_t visitor, struct tp_buf *to)
{
    struct tp_draw draw = tp_draw_of(seed ^ 0xadd4e55, visitor);
    uint64_t bits = tp_draw_next(&draw);

    if ((bits & 15) == 0) {
        TP_BUF_PUT(to, "2001:db8:");
        put_hex(bits >> 4 & 0xfff, to);
        TP_BUF_PUT(to, "::");
        put_hex(bits >> 16 & 0xffff, to);
        return;
    }
    tp_sim_put_int(11 + (bits >> 8 & 0xff) % 116, to); /* 11 .. 126: neither private nor loopback */
    for (int shift = 16; shift <= 32; shift += 8) {
        TP_BUF_PUT(to, ".");
        tp_sim_put_int(bits >> shift & 0xff, to);
    }
}

static void
put_path(const struct visit *visit, struct tp_buf *to)
{
    tp_sim_put_text(visit->page->path, to);
    if (visit->page->product)
        tp_sim_put_int(visit->product, to);
}

/* Bytes of the answer's body. */
static uint64_t
body(const struct visit *visit)
{
    if (strcmp(visit->status, "304") == 0 || strcmp(visit->page->method, "HEAD") == 0)
        return 0;
    return visit->status[0] == '2' ? visit->bytes : 150 + visit->bytes % 32;
}

/* [17/May/2015:10:05:03 +0000] */
static void
put_stamp(tp_time time, struct tp_buf *to)
{
    static const char months[] = "/Jan/Feb/Mar/Apr/May/Jun/Jul/Aug/Sep/Oct/Nov/Dec";
    struct tp_civil civil = tp_civil_of_time(time);

    TP_BUF_PUT(to, "[");
    tp_sim_put_padded((uint64_t)civil.day, 2, to);
    tp_buf_put(to, months + 4 * (size_t)(civil.month - 1), 4);
    TP_BUF_PUT(to, "/");
    tp_sim_put_int((uint64_t)civil.year, to);
    TP_BUF_PUT(to, ":");
    tp_sim_put_padded((uint64_t)civil.hour, 2, to);
    TP_BUF_PUT(to, ":");
    tp_sim_put_padded((uint64_t)civil.minute, 2, to);
    TP_BUF_PUT(to, ":");
    tp_sim_put_padded((uint64_t)civil.second, 2, to);
    TP_BUF_PUT(to, " +0000]");
}

static void
put_combined(const struct visit *visit, uint64_t seed, tp_time time, struct tp_buf *to)
{
    put_address(seed, visit->visitor, to);
    TP_BUF_PUT(to, " - - ");
    put_stamp(time, to);
    TP_BUF_PUT(to, " \"");
    tp_sim_put_text(visit->page->method, to);
    TP_BUF_PUT(to, " ");
    put_path(visit, to);
    TP_BUF_PUT(to, " HTTP/1.1\" ");
    tp_sim_put_text(visit->status, to);
    TP_BUF_PUT(to, " ");
    if (body(visit))
        tp_sim_put_int(body(visit), to);
    else
        TP_BUF_PUT(to, "-");
    TP_BUF_PUT(to, " \"");
    tp_sim_put_text(visit->referer, to);
    TP_BUF_PUT(to, "\" \"");
    tp_sim_put_text(visit->agent, to);
    TP_BUF_PUT(to, "\"\n");
}

/* Seconds with 3 digits. */
static void
put_latency(uint64_t ms, struct tp_buf *to)
{
    tp_sim_put_int(ms / 1000, to);
    TP_BUF_PUT(to, ".");
    tp_sim_put_padded(ms % 1000, 3, to);
}

static void
put_json(const struct visit *visit, uint64_t seed, tp_time time, struct tp_buf *to)
{
    TP_BUF_PUT(to, "{\"time\":\"");
    tp_sim_put_time(time, to);
    TP_BUF_PUT(to, "\",\"ip\":\"");
    put_address(seed, visit->visitor, to);
    TP_BUF_PUT(to, "\",\"method\":\"");
    tp_sim_put_text(visit->page->method, to);
    TP_BUF_PUT(to, "\",\"path\":\"");
    put_path(visit, to);
    TP_BUF_PUT(to, "\",\"status\":");
    tp_sim_put_text(visit->status, to);
    TP_BUF_PUT(to, ",\"bytes\":");
    tp_sim_put_int(body(visit), to);
    TP_BUF_PUT(to, ",\"latency\":");
    put_latency(visit->duration, to);
    TP_BUF_PUT(to, ",\"referer\":");
    if (visit->referer[0] == '-') {
        TP_BUF_PUT(to, "null");
    } else {
        TP_BUF_PUT(to, "\"");
        tp_sim_put_text(visit->referer, to);
        TP_BUF_PUT(to, "\"");
    }
    TP_BUF_PUT(to, ",\"agent\":\"");
    tp_sim_put_text(visit->agent, to);
    TP_BUF_PUT(to, "\"}\n");
}

void
tp_sim_weblog(enum tp_sim_format format, const struct tp_sim_event *event, struct tp_buf *to)
{
    struct visit visit = make_visit(event->seed, event->number);

    if (format == TP_SIM_COMBINED)
        put_combined(&visit, event->seed, event->time, to);
    else
        put_json(&visit, event->seed, event->time, to);
}
