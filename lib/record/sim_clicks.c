#include "record/sim_clicks.h"

#define PLACES 50 /* visitors at a time */
#define BLOCK 16  /* clicks in a place, which are two sessions */

enum step { STEP_VIEW, STEP_SEARCH, STEP_PRODUCT, STEP_CART, STEP_CHECKOUT, STEP_PURCHASE };

static const char *const step_names[] = {"view", "search",   "product",
                                         "cart", "checkout", "purchase"};

struct session {
    uint64_t place, ordinal; /* the ORDINALth session of its PLACE */
    uint64_t click;          /* the click at hand, from 0 */
    uint64_t user;
    const char *device;
    struct tp_draw draw; /* for what it does */
};

/* A number that no other session has; or that of one that was there before. */
static uint64_t
draw_user(struct tp_draw *draw, uint64_t place, uint64_t ordinal)
{
    uint64_t back = 30 + tp_draw_below(draw, 200);

    if (tp_draw_below(draw, 2) && back <= ordinal)
        ordinal -= back;
    return 1 + place + PLACES * ordinal;
}

static struct session
session_of(const struct tp_sim_event *event)
{
    static const struct tp_sim_choice devices[] = {{55, "phone"}, {35, "desktop"}, {10, "tablet"}};
    uint64_t place = event->number % PLACES, turn = event->number / PLACES;
    uint64_t block = turn / BLOCK, click = turn % BLOCK;
    struct tp_draw draw = tp_draw_of(event->seed ^ 0xc11c, place + PLACES * block);
    uint64_t cut = 2 + tp_draw_below(&draw, BLOCK - 3);
    bool second = click >= cut;
    struct session session = {
        .place = place,
        .ordinal = 2 * block + second,
        .click = second ? click - cut : click,
    };

    session.draw = tp_draw_of(event->seed ^ 0x5e55, place + PLACES * session.ordinal);
    session.user = draw_user(&session.draw, place, session.ordinal);
    draw = tp_draw_of(event->seed ^ 0xdef1ce, session.user); /* a visitor keeps the device */
    session.device = TP_SIM_PICK(&draw, devices);
    return session;
}

/* Where the session stands at its click at hand: each click may go one step on, or stay. */
static enum step
step_of(struct session *session)
{
    static const unsigned percent[] = {60, 65, 35, 50, 70, 0}; /* to go on from there */
    int step = STEP_VIEW;

    for (uint64_t i = 0; i < session->click; i++)
        if (tp_draw_below(&session->draw, 100) < percent[step])
            step++;
        else if (step == STEP_PURCHASE)
            step = STEP_VIEW;
    return (enum step)step;
}

static void
put_page(enum step step, uint64_t product, struct tp_buf *to)
{
    static const char *const pages[] = {
        "/", "/search?q=lamp&page=", "/products/", "/cart", "/checkout", "/thanks"};

    tp_sim_put_text(pages[step], to);
    if (step == STEP_SEARCH)
        tp_sim_put_int(1 + product % 9, to);
    else if (step == STEP_PRODUCT)
        tp_sim_put_int(product, to);
}

void
tp_sim_clicks(const struct tp_sim_event *event, struct tp_buf *to)
{
    struct session session = session_of(event);
    enum step step = step_of(&session);
    struct tp_draw draw = tp_draw_of(event->seed, event->number);
    uint64_t product = 1 + tp_draw_popular(&draw, 500);

    TP_BUF_PUT(to, "{\"time\":\"");
    tp_sim_put_time(event->time, to);
    TP_BUF_PUT(to, "\",\"user\":\"u");
    tp_sim_put_int(session.user, to);
    TP_BUF_PUT(to, "\",\"device\":\"");
    tp_sim_put_text(session.device, to);
    TP_BUF_PUT(to, "\",\"step\":\"");
    tp_sim_put_text(step_names[step], to);
    TP_BUF_PUT(to, "\",\"page\":\"");
    put_page(step, product, to);
    TP_BUF_PUT(to, "\"");
    if (step == STEP_PURCHASE) {
        TP_BUF_PUT(to, ",\"eur\":");
        tp_sim_put_cents((int64_t)tp_draw_size(&draw, 4500), to);
    }
    TP_BUF_PUT(to, "}\n");
}
