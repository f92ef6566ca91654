/*
 * sim_nexmark: the auction site of NEXMark (Tucker, Tufte, Papadimos, Maier: "NEXMark: A Benchmark
 * for Queries over Data Streams", 2002), with the proportions and ratios of the generators of
 * Apache Beam and nexmark-flink in their default configuration.
 *
 * Of 50 events in a row the first is a person, the next 3 are auctions, and 46 are bids. Which
 * persons and auctions there are at an event follows from its number, so every event is a pure
 * function of the seed and that number.
 */
#ifndef TP_RECORD_SIM_NEXMARK_H
#define TP_RECORD_SIM_NEXMARK_H

#include "record/sim_write.h"

enum tp_nexmark_sort { TP_NEXMARK_PERSON, TP_NEXMARK_AUCTION, TP_NEXMARK_BID };

/* Appends the event's line, with its newline. False: an auction would end beyond all times. */
bool tp_sim_nexmark(const struct tp_sim_event *event, struct tp_buf *to);

#endif
