#!/bin/sh
# q10: bids into files by day and minute, under log/.
mkdir -p log
smap -t date_time "auction, bidder, price, date_time, extra,
                   format_time(date_time, '%Y-%m-%d') AS dt, format_time(date_time, '%H:%M') AS hm" bid.ndjson |
    swrite 'log/dt={dt}/hm={hm}.ndjson'
