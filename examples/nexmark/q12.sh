#!/bin/sh
# q12: bids of each bidder in ten seconds of the clock, not of event time: each bid is stamped with the
# time of its arrival. What comes out depends on how fast the bids come. Only the bidder goes on: what
# nobody will look at need not be read twice.
smap bidder bid.ndjson |
    swatermark --arrival |
    swindow -w 10s -k bidder -a 'count AS bid_count' |
    smap 'bidder, bid_count, window_start AS starttime, window_end AS endtime'
