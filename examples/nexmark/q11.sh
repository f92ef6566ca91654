#!/bin/sh
# q11: how many bids did a bidder make in each session, a pause of ten seconds being its end?
swindow -t date_time -d 5s -w session:10s -k bidder -a 'count AS bid_count' bid.ndjson |
    smap 'bidder, bid_count, window_start AS starttime, window_end AS endtime'
