#include "record/sim_nexmark.h"

/* What follows is the default configuration of nexmark-flink (NexmarkConfiguration), which took it
 * from Beam. A hot ratio of R means: 1 - 1/R of the draws go to the hot one. */
#define PERSONS 1
#define AUCTIONS 3
#define EPOCH 50 /* events in which there are so many persons and auctions; the rest are bids */
#define HOT_AUCTION 2
#define HOT_SELLER 4
#define HOT_BIDDER 4
#define HOT_CHANNEL 2
#define HOT_BATCH 100 /* the hot one changes every so many persons or auctions */
#define IN_FLIGHT_AUCTIONS 100
#define ACTIVE_PEOPLE 1000
#define LEAD 10 /* so many ids ahead of the last are drawn, too: events that overtook others */
#define FIRST_ID 1000
#define FIRST_CATEGORY 10
#define CATEGORIES 5
#define CHANNELS 10000
#define PERSON_SIZE 200 /* average bytes of an event, as the generators count them: */
#define AUCTION_SIZE 500
#define BID_SIZE 100 /* numbers and times are 8, and a bid's channel and address do not count */

/* The last person, and the last auction, that there is at event NUMBER; from 0. Before the first
 * auction of all it is -1. */
static int64_t
last_person(uint64_t number)
{
    uint64_t offset = number % EPOCH;

    return (int64_t)(number / EPOCH * PERSONS + (offset < PERSONS ? offset : PERSONS - 1));
}

static int64_t
last_auction(uint64_t number)
{
    int64_t before = (int64_t)(number / EPOCH * AUCTIONS), offset = (int64_t)(number % EPOCH);

    if (offset < PERSONS)
        return before - 1;
    offset -= PERSONS;
    return before + (offset < AUCTIONS ? offset : AUCTIONS - 1);
}

static int64_t
any_person(struct tp_draw *draw, uint64_t number)
{
    int64_t people = last_person(number) + 1;
    int64_t active = people < ACTIVE_PEOPLE ? people : ACTIVE_PEOPLE;

    return people - active + (int64_t)tp_draw_below(draw, (uint64_t)active + LEAD);
}

static int64_t
any_auction(struct tp_draw *draw, uint64_t number)
{
    int64_t last = last_auction(number);
    int64_t first = last > IN_FLIGHT_AUCTIONS ? last - IN_FLIGHT_AUCTIONS : 0;

    return first + (int64_t)tp_draw_below(draw, (uint64_t)(last - first + 1 + LEAD));
}

static bool
is_hot(struct tp_draw *draw, uint64_t ratio)
{
    return tp_draw_below(draw, ratio) > 0;
}

static int64_t
batch_of(int64_t last)
{
    return last / HOT_BATCH * HOT_BATCH;
}

/*
 * Prices are 10 to the power of 0 .. 6, evenly, in cents. In integers, so that all machines agree:
 * 10^6u = 2^x, whose binary places stand for roots of 2.
 */
static int64_t
draw_price(struct tp_draw *draw)
{
    /* (2^(1/2^k) - 1) * 2^32 for k = 1 .. 20 */
    static const uint32_t roots[] = {
        1779033704, 812638371, 388727752, 190154448, 94047537, 46769127, 23321248,
        11644838,   5818478,   2908254,   1453881,   726879,   363424,   181708,
        90853,      45426,     22713,     11357,     5678,     2839,
    };
    /* 6 log2(10), 32 binary places */
    uint64_t range = UINT64_C(85605435163);
    uint64_t x = tp_draw_below(draw, range), power = UINT64_C(1) << 32;
    unsigned whole = (unsigned)(x >> 32);

    for (unsigned k = 0; k < sizeof roots / sizeof *roots; k++)
        if (x >> (31 - k) & 1)
            power += (uint64_t)((unsigned __int128)power * roots[k] >> 32);
    return (int64_t)(((unsigned __int128)(power << whole) * 100 + (UINT64_C(1) << 31)) >> 32);
}

/* 3 .. MAX - 1 letters, one in 13 of them SPECIAL; none of those at either end when TRIM. */
static void
put_string(struct tp_draw *draw, size_t max, char special, struct tp_buf *to)
{
    size_t len = 3 + tp_draw_below(draw, max - 3), from = to->len;
    uint64_t bits = 0;
    char *text;

    tp_sim_put_letters(draw, len, to);
    if (tp_buf_failed(to))
        return;
    text = to->ptr + from;
    for (size_t i = 0; i < len; i++, bits >>= 8) {
        if (i % 8 == 0)
            bits = tp_draw_next(draw);
        if ((bits & 255) * 13 < 256)
            text[i] = special;
    }
    if (special != ' ')
        return;
    while (to->len > from && to->ptr[to->len - 1] == ' ')
        to->len--;
    for (size_t lead = 0; from + lead < to->len; lead++) {
        if (text[lead] == ' ')
            continue;
        memmove(text, text + lead, to->len - from - lead);
        to->len -= lead;
        return;
    }
}

/* Fills an event of USED bytes up to SIZE, by a fifth more or less. */
static void
put_extra(struct tp_draw *draw, size_t used, size_t size, struct tp_buf *to)
{
    size_t left = used < size ? size - used : 0, fifth = (2 * left + 5) / 10;

    TP_BUF_PUT(to, ",\"extra\":\"");
    tp_sim_put_letters(draw, left - fifth + (fifth ? tp_draw_below(draw, 2 * fifth) : 0), to);
    TP_BUF_PUT(to, "\"}\n");
}

static void
put_member(const char *name, int64_t integer, struct tp_buf *to)
{
    tp_sim_put_text(name, to);
    tp_sim_put_int((uint64_t)integer, to);
}

/* --- person ------------------------------------------------------------------------------------*/

static void
put_person(const struct tp_sim_event *event, struct tp_buf *to)
{
    static const char *const first_names[] = {"peter", "paul",  "luke",  "john",   "saul",  "vicky",
                                              "kate",  "julie", "sarah", "deiter", "walter"};
    static const char *const last_names[] = {"shultz", "abrams", "spencer", "white", "bartels",
                                             "walton", "smith",  "jones",   "noris"};
    static const char *const cities[] = {"phoenix",  "los angeles", "san francisco", "boise",
                                         "portland", "bend",        "redmond",       "seattle",
                                         "kent",     "cheyenne"};
    static const char *const states[] = {"az", "ca", "id", "or", "wa", "wy"};
    struct tp_draw draw = tp_draw_of(event->seed, event->number);
    size_t from, names;

    tp_sim_begin(event, "person", to);
    put_member("\"id\":", last_person(event->number) + FIRST_ID, to);
    TP_BUF_PUT(to, ",\"name\":\"");
    from = to->len;
    tp_sim_put_text(TP_SIM_ANY(&draw, first_names), to);
    TP_BUF_PUT(to, " ");
    tp_sim_put_text(TP_SIM_ANY(&draw, last_names), to);
    TP_BUF_PUT(to, "\",\"email_address\":\"");
    put_string(&draw, 7, ' ', to);
    TP_BUF_PUT(to, "@");
    put_string(&draw, 5, ' ', to);
    TP_BUF_PUT(to, ".com\",\"credit_card\":\"");
    for (int i = 0; i < 4; i++) {
        if (i)
            TP_BUF_PUT(to, " ");
        tp_sim_put_padded(tp_draw_below(&draw, 10000), 4, to);
    }
    TP_BUF_PUT(to, "\",\"city\":\"");
    tp_sim_put_text(TP_SIM_ANY(&draw, cities), to);
    TP_BUF_PUT(to, "\",\"state\":\"");
    tp_sim_put_text(TP_SIM_ANY(&draw, states), to);
    names = sizeof "\",\"email_address\":\"\",\"credit_card\":\"\",\"city\":\"\",\"state\":\"" - 1;
    names = to->len - from - names;
    TP_BUF_PUT(to, "\",\"date_time\":\"");
    tp_sim_put_time(event->time, to);
    TP_BUF_PUT(to, "\"");
    put_extra(&draw, 8 + names, PERSON_SIZE, to);
}

/* --- auction -----------------------------------------------------------------------------------*/

/* On average as long as it takes until there are so many new auctions as are in flight. False:
 * there is no such time. */
static bool
draw_expiry(struct tp_draw *draw, const struct tp_sim_event *event, tp_time *expires)
{
    tp_duration length, most;

    if (__builtin_mul_overflow(event->every, 2 * IN_FLIGHT_AUCTIONS * EPOCH / AUCTIONS, &most))
        return false;
    most /= TP_MILLISECOND;
    length = 1 + (tp_duration)tp_draw_below(draw, most > 1 ? (uint64_t)most : 1);
    return tp_time_add(event->time, length * TP_MILLISECOND, expires);
}

static bool
put_auction(const struct tp_sim_event *event, struct tp_buf *to)
{
    struct tp_draw draw = tp_draw_of(event->seed, event->number);
    int64_t seller = is_hot(&draw, HOT_SELLER) ? batch_of(last_person(event->number))
                                               : any_person(&draw, event->number);
    int64_t category = (int64_t)tp_draw_below(&draw, CATEGORIES), first = draw_price(&draw);
    size_t from, texts;
    tp_time expires;

    if (!draw_expiry(&draw, event, &expires))
        return false;
    tp_sim_begin(event, "auction", to);
    put_member("\"id\":", last_auction(event->number) + FIRST_ID, to);
    TP_BUF_PUT(to, ",\"item_name\":\"");
    from = to->len;
    put_string(&draw, 20, ' ', to);
    TP_BUF_PUT(to, "\",\"description\":\"");
    put_string(&draw, 100, ' ', to);
    texts = to->len - from - (sizeof "\",\"description\":\"" - 1);
    put_member("\",\"initial_bid\":", first, to);
    put_member(",\"reserve\":", first + draw_price(&draw), to);
    TP_BUF_PUT(to, ",\"date_time\":\"");
    tp_sim_put_time(event->time, to);
    TP_BUF_PUT(to, "\",\"expires\":\"");
    tp_sim_put_time(expires, to);
    put_member("\",\"seller\":", seller + FIRST_ID, to);
    put_member(",\"category\":", category + FIRST_CATEGORY, to);
    put_extra(&draw, 6 * 8 + texts, AUCTION_SIZE, to);
    return true;
}

/* --- bid ---------------------------------------------------------------------------------------*/

static void
put_address(struct tp_draw *draw, struct tp_buf *to)
{
    TP_BUF_PUT(to, "https://www.nexmark.com/");
    for (int i = 0; i < 3; i++) {
        put_string(draw, 5, '_', to);
        TP_BUF_PUT(to, "/");
    }
    TP_BUF_PUT(to, "item.htm?query=1");
}

static uint32_t
reverse_bits(uint32_t x)
{
    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    return __builtin_bswap32(x);
}

/* Each channel has its own address, nine in ten of them with its id: the number's bits reversed, as
 * the size of a signed number. */
static void
put_cold_channel(uint64_t seed, uint64_t channel, struct tp_buf *to)
{
    struct tp_draw draw = tp_draw_of(seed ^ 0xc4a77e1, channel);
    uint32_t id = reverse_bits((uint32_t)channel);

    put_member("\"channel-", (int64_t)channel, to);
    TP_BUF_PUT(to, "\",\"url\":\"");
    put_address(&draw, to);
    if (tp_draw_below(&draw, 10) > 0)
        put_member("&channel_id=", id >> 31 ? 0 - (int64_t)(int32_t)id : (int64_t)id, to);
}

static void
put_hot_channel(uint64_t seed, uint64_t channel, struct tp_buf *to)
{
    static const char *const names[] = {"Google", "Facebook", "Baidu", "Apple"};
    struct tp_draw draw = tp_draw_of(seed ^ 0xc4a77e1, CHANNELS + channel);

    TP_BUF_PUT(to, "\"");
    tp_sim_put_text(names[channel], to);
    TP_BUF_PUT(to, "\",\"url\":\"");
    put_address(&draw, to);
}

static void
put_bid(const struct tp_sim_event *event, struct tp_buf *to)
{
    struct tp_draw draw = tp_draw_of(event->seed, event->number);
    int64_t auction = is_hot(&draw, HOT_AUCTION) ? batch_of(last_auction(event->number))
                                                 : any_auction(&draw, event->number);
    /* The second of the batch, so that hot bidders are no hot sellers. (nexmark-flink adds the
     * first id twice to bidders, so that theirs begin at 2000 and bid for nothing they know; not so
     * here.) */
    int64_t bidder = is_hot(&draw, HOT_BIDDER) ? batch_of(last_person(event->number)) + 1
                                               : any_person(&draw, event->number);

    tp_sim_begin(event, "bid", to);
    put_member("\"auction\":", auction + FIRST_ID, to);
    put_member(",\"bidder\":", bidder + FIRST_ID, to);
    put_member(",\"price\":", draw_price(&draw), to);
    TP_BUF_PUT(to, ",\"channel\":");
    if (is_hot(&draw, HOT_CHANNEL))
        put_hot_channel(event->seed, tp_draw_below(&draw, 4), to);
    else
        put_cold_channel(event->seed, tp_draw_below(&draw, CHANNELS), to);
    TP_BUF_PUT(to, "\",\"date_time\":\"");
    tp_sim_put_time(event->time, to);
    TP_BUF_PUT(to, "\"");
    put_extra(&draw, 4 * 8, BID_SIZE, to);
}

bool
tp_sim_nexmark(const struct tp_sim_event *event, struct tp_buf *to)
{
    uint64_t offset = event->number % EPOCH;
    int sort = offset < PERSONS              ? TP_NEXMARK_PERSON
               : offset < PERSONS + AUCTIONS ? TP_NEXMARK_AUCTION
                                             : TP_NEXMARK_BID;

    if (event->only != TP_SIM_ALL && event->only != sort)
        return true;
    if (sort == TP_NEXMARK_AUCTION)
        return put_auction(event, to);
    if (sort == TP_NEXMARK_PERSON)
        put_person(event, to);
    else
        put_bid(event, to);
    return true;
}
