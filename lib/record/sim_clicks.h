/*
 * sim_clicks: what visitors do in a shop, session by session.
 *
 * At any time 50 visitors are there; event N is a click of visitor N mod 50. Sessions have 2 to 14
 * clicks and go some way from the first page towards a purchase. Half of the visitors come back
 * later, 30 sessions or more after.
 */
#ifndef TP_RECORD_SIM_CLICKS_H
#define TP_RECORD_SIM_CLICKS_H

#include "record/sim_write.h"

/* Appends the event's line, with its newline. */
void tp_sim_clicks(const struct tp_sim_event *event, struct tp_buf *to);

#endif
