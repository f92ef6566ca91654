/*
 * sim_*: the proportions, ratios and sizes that nexmark-flink's generator documents; what the other
 * kinds promise; and for all of them that an event depends on nothing but the seed and its number.
 */
#include <stdlib.h>

#include "record/sim_clicks.h"
#include "record/sim_nexmark.h"
#include "record/sim_orders.h"
#include "record/sim_sensors.h"
#include "unit.h"

#define EVENTS 100000

static struct tp_buf out = TP_BUF_INIT;

static struct tp_sim_event
event_of(uint64_t number)
{
    return (struct tp_sim_event){
        .seed = 7,
        .number = number,
        .time = INT64_C(1767225600) * TP_SECOND + (tp_time)number * 100 * TP_MICROSECOND,
        .every = 100 * TP_MICROSECOND,
        .only = TP_SIM_ALL,
    };
}

static const char *
nexmark(uint64_t number)
{
    struct tp_sim_event event = event_of(number);

    tp_buf_clear(&out);
    CHECK(tp_sim_nexmark(&event, &out));
    return tp_buf_text(&out);
}

static bool
is_sort(const char *line, const char *sort)
{
    return strncmp(line + strlen("{\"event\":\""), sort, strlen(sort)) == 0;
}

/* The integer behind NAME, a member in quotes. */
static int64_t
integer(const char *line, const char *name)
{
    const char *at = strstr(line, name);

    return at ? atoll(at + strlen(name) + 1) : -1;
}

/* Bytes of the string behind NAME. */
static size_t
text_len(const char *line, const char *name)
{
    const char *at = strstr(line, name);

    return at ? strcspn(at + strlen(name) + 2, "\"") : 0;
}

static void
proportions_are_1_3_46(void)
{
    unsigned persons = 0, auctions = 0, bids = 0;

    for (uint64_t i = 0; i < 5000; i++) {
        const char *line = nexmark(i);

        persons += is_sort(line, "person");
        auctions += is_sort(line, "auction");
        bids += is_sort(line, "bid");
    }
    CHECK_THAT(persons == 100 && auctions == 300 && bids == 4600, "%u %u %u", persons, auctions,
               bids);
}

static void
ids_are_dense(void)
{
    int64_t person = 1000, auction = 1000;

    for (uint64_t i = 0; i < 5000; i++) {
        const char *line = nexmark(i);

        if (is_sort(line, "person"))
            CHECK(integer(line, "\"id\"") == person++);
        else if (is_sort(line, "auction"))
            CHECK(integer(line, "\"id\"") == auction++);
    }
}

/* Half of the bids go to the hot auction, and a few more by chance; likewise the others. */
static void
hot_ones_are_as_hot_as_documented(void)
{
    double bids = 0, hot_auction = 0, hot_bidder = 0, auctions = 0, hot_seller = 0, channels = 0;

    for (uint64_t i = 50000; i < 50000 + EVENTS; i++) {
        const char *line = nexmark(i);
        int64_t batch = (int64_t)(i / 50) / 100 * 100 + 1000;

        if (is_sort(line, "auction")) {
            auctions++;
            hot_seller += integer(line, "\"seller\"") == batch;
        } else if (is_sort(line, "bid")) {
            bids++;
            hot_auction += integer(line, "\"auction\"") % 100 == 0;
            hot_bidder += integer(line, "\"bidder\"") == batch + 1;
            channels += !strstr(line, "\"channel-");
        }
    }
    CHECK_THAT(hot_auction / bids > 0.495 && hot_auction / bids < 0.515, "%f", hot_auction / bids);
    CHECK_THAT(hot_bidder / bids > 0.745 && hot_bidder / bids < 0.76, "%f", hot_bidder / bids);
    CHECK_THAT(hot_seller / auctions > 0.73 && hot_seller / auctions < 0.77, "%f",
               hot_seller / auctions);
    CHECK_THAT(channels / bids > 0.49 && channels / bids < 0.51, "%f", channels / bids);
}

/* Bids are for the last 100 auctions and ten that are to come, but for the hot one of the batch;
 * bidders are of the last 1000 persons and ten to come. */
static void
bids_are_for_auctions_in_flight(void)
{
    for (uint64_t i = 200000; i < 205000; i++) {
        const char *line = nexmark(i);
        int64_t auction = integer(line, "\"auction\""), bidder = integer(line, "\"bidder\"");
        int64_t last = (int64_t)(i / 50) * 3 + 2 + 1000, person = (int64_t)(i / 50) + 1000;

        if (!is_sort(line, "bid"))
            continue;
        CHECK(auction >= last - 100 && auction <= last + 10);
        CHECK(bidder > person - 1000 && bidder <= person + 10);
    }
}

/* As the generators count: 8 bytes a number or time; a bid's channel and address do not count. */
static void
average_sizes_are_200_500_100(void)
{
    double size[3] = {0}, count[3] = {0};

    for (uint64_t i = 0; i < EVENTS; i++) {
        const char *line = nexmark(i);
        int sort = is_sort(line, "person") ? 0 : is_sort(line, "auction") ? 1 : 2;
        size_t bytes = text_len(line, "\"extra\"") + (size_t[]){8, 48, 32}[sort];

        bytes += text_len(line, "\"name\"") + text_len(line, "\"email_address\"") +
                 text_len(line, "\"credit_card\"") + text_len(line, "\"city\"") +
                 text_len(line, "\"state\"") + text_len(line, "\"item_name\"") +
                 text_len(line, "\"description\"");
        size[sort] += (double)bytes;
        count[sort]++;
    }
    CHECK_THAT(size[0] / count[0] > 197 && size[0] / count[0] < 203, "%f", size[0] / count[0]);
    CHECK_THAT(size[1] / count[1] > 495 && size[1] / count[1] < 505, "%f", size[1] / count[1]);
    CHECK_THAT(size[2] / count[2] > 98 && size[2] / count[2] < 102, "%f", size[2] / count[2]);
}

/* 10^(6u) in cents, u even: a sixth of the prices in each power of ten. */
static void
prices_are_even_over_powers_of_ten(void)
{
    double decade[6] = {0}, bids = 0;

    for (uint64_t i = 0; i < EVENTS; i++) {
        int64_t price = integer(nexmark(i), "\"price\"");
        int power = 0;

        if (price < 0)
            continue;
        CHECK(price >= 100 && price <= 100000000);
        for (int64_t limit = 1000; power < 5 && price >= limit; limit *= 10)
            power++;
        decade[power]++;
        bids++;
    }
    for (int i = 0; i < 6; i++)
        CHECK_THAT(decade[i] / bids > 0.16 && decade[i] / bids < 0.173, "%d: %f", i,
                   decade[i] / bids);
}

/* Nine in ten of the cold channels have an id in their address, always the same. */
static void
channels_keep_their_address(void)
{
    static char *address[10000];
    unsigned with_id = 0, seen = 0;

    for (uint64_t i = 0; i < EVENTS; i++) {
        const char *line = nexmark(i), *channel = strstr(line, "\"channel-");
        const char *url = strstr(line, "\"url\":\"");
        size_t number;

        if (!channel)
            continue;
        number = (size_t)atoi(channel + strlen("\"channel-"));
        CHECK(number < 10000);
        if (address[number]) {
            CHECK(strncmp(url, address[number], strlen(address[number])) == 0);
            continue;
        }
        address[number] = strndup(url, 8 + text_len(line, "\"url\""));
        seen++;
        with_id += strstr(address[number], "&channel_id=") != NULL;
    }
    CHECK_THAT(with_id > seen * 89 / 100 && with_id < seen * 91 / 100, "%u of %u", with_id, seen);
    for (size_t i = 0; i < 10000; i++)
        free(address[i]);
}

static void
auctions_last_as_long_as_others_are_in_flight(void)
{
    struct tp_sim_event event = event_of(1);

    /* An event a second: 1666 events, on average, and at most twice that; beyond all times: none.
     */
    event.every = TP_SECOND;
    event.time = TP_TIME_MAX - TP_SECOND;
    tp_buf_clear(&out);
    CHECK(!tp_sim_nexmark(&event, &out));
    event.every = INT64_MAX / 2;
    event.time = 0;
    CHECK(!tp_sim_nexmark(&event, &out));
    CHECK(out.len == 0);
}

/* --- the other kinds ---------------------------------------------------------------------------*/

static void
half_of_the_users_come_back_and_sessions_are_short(void)
{
    unsigned purchases = 0, first_is_view = 0, firsts = 0;

    for (uint64_t i = 0; i < 50 * 1600; i++) {
        struct tp_sim_event event = event_of(i);

        tp_buf_clear(&out);
        tp_sim_clicks(&event, &out);
        purchases += strstr(tp_buf_text(&out), "\"eur\":") != NULL;
        if (i / 50 % 16 == 0) {
            firsts++;
            first_is_view += strstr(tp_buf_text(&out), "\"step\":\"view\"") != NULL;
        }
    }
    CHECK(first_is_view == firsts);
    CHECK_THAT(purchases > 1000 && purchases < 16000, "%u", purchases);
}

/* Each order is paid once or never, after it was made, and at the latest 255 events after. */
static void
orders_are_paid_later_and_once(void)
{
    static unsigned char paid[10000];
    unsigned unpaid = 0;

    for (uint64_t i = 0; i < 20000; i++) {
        struct tp_sim_event event = event_of(i);
        int64_t order;

        tp_buf_clear(&out);
        tp_sim_orders(&event, &out);
        if (out.len == 0 || i % 2 == 0)
            continue;
        order = integer(tp_buf_text(&out), "\"order\"") - 1000;
        CHECK(order >= 0 && (int64_t)i - 2 * order >= 3 && (int64_t)i - 2 * order <= 255);
        CHECK(!paid[order]++);
    }
    for (size_t i = 0; i < 9800; i++)
        unpaid += !paid[i];
    CHECK_THAT(unpaid > 400 && unpaid < 580, "%u", unpaid);
}

static void
sensors_have_gaps_and_bad_clocks(void)
{
    unsigned silent = 0, begun_again = 0, ahead = 0;

    for (uint64_t i = 0; i < EVENTS; i++) {
        struct tp_sim_event event = event_of(i);

        tp_buf_clear(&out);
        CHECK(tp_sim_sensors(&event, &out));
        silent += out.len == 0;
        begun_again += strstr(tp_buf_text(&out), "\"1970-") != NULL;
        ahead += strstr(tp_buf_text(&out), "\"2045-") != NULL;
    }
    CHECK_THAT(silent > EVENTS / 40 && silent < EVENTS / 15, "%u", silent);
    CHECK_THAT(begun_again > EVENTS / 400 && begun_again < EVENTS / 40, "%u", begun_again);
    CHECK_THAT(ahead > EVENTS / 400 && ahead < EVENTS / 40, "%u", ahead);
}

/* Whatever was made before, and whatever else is written beside it. */
static void
an_event_depends_on_its_number_alone(void)
{
    struct tp_buf whole = TP_BUF_INIT;
    struct tp_sim_event event;

    for (uint64_t i = 300; i < 400; i++) {
        event = event_of(i);
        tp_sim_nexmark(&event, &whole);
        tp_sim_sensors(&event, &whole);
        tp_sim_clicks(&event, &whole);
        tp_sim_orders(&event, &whole);
    }
    for (uint64_t i = 400; i-- > 300;) {
        event = event_of(i);
        tp_buf_clear(&out);
        tp_sim_nexmark(&event, &out);
        tp_sim_sensors(&event, &out);
        tp_sim_clicks(&event, &out);
        tp_sim_orders(&event, &out);
        CHECK(out.len <= whole.len);
        whole.len -= out.len;
        CHECK(memcmp(whole.ptr + whole.len, out.ptr, out.len) == 0);
    }
    CHECK(whole.len == 0);
    tp_buf_release(&whole);
}

static void
one_sort_alone_has_no_tag(void)
{
    struct tp_sim_event event = event_of(0);

    event.only = TP_NEXMARK_PERSON;
    tp_buf_clear(&out);
    tp_sim_nexmark(&event, &out);
    CHECK(strncmp(tp_buf_text(&out), "{\"id\":1000,", 11) == 0);
    event.number = 1;
    tp_buf_clear(&out);
    tp_sim_nexmark(&event, &out);
    CHECK(out.len == 0);
}

int
main(void)
{
    RUN(proportions_are_1_3_46);
    RUN(ids_are_dense);
    RUN(hot_ones_are_as_hot_as_documented);
    RUN(bids_are_for_auctions_in_flight);
    RUN(average_sizes_are_200_500_100);
    RUN(prices_are_even_over_powers_of_ten);
    RUN(channels_keep_their_address);
    RUN(auctions_last_as_long_as_others_are_in_flight);
    RUN(half_of_the_users_come_back_and_sessions_are_short);
    RUN(orders_are_paid_later_and_once);
    RUN(sensors_have_gaps_and_bad_clocks);
    RUN(an_event_depends_on_its_number_alone);
    RUN(one_sort_alone_has_no_tag);
    tp_buf_release(&out);
    return unit_end();
}
