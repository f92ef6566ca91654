#!/bin/sh
# q12: bids of each bidder in ten seconds of the clock, not of event time: the time of arrival becomes
# the event time. What comes out depends on how fast the bids come.
jq -c --unbuffered '.arrived = now' bid.ndjson |
    swindow -t arrived -d 0 -w 10s -k bidder -a 'count AS bid_count' |
    smap 'bidder, bid_count, window_start AS starttime, window_end AS endtime'
