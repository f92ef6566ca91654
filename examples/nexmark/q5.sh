#!/bin/sh
# q5: which auctions had the most bids in the last ten seconds? Every two seconds, with all that tie.
swindow -t date_time -d 5s -w hop:10s,2s -k auction -a 'count AS num' bid.ndjson |
    srank -n 1 --by 'num DESC' --ties keep |
    smap 'auction, num'
