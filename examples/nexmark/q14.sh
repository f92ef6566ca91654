#!/bin/sh
# q14: bids of some prices in euros, with the part of the day and how often their text has a c.
sfilter '0.908 * price > 1000000 AND 0.908 * price < 50000000' bid.ndjson |
    smap -t date_time "auction, bidder, 0.908 * price AS price,
         CASE WHEN EXTRACT(HOUR FROM date_time) BETWEEN 8 AND 18 THEN 'dayTime'
              WHEN EXTRACT(HOUR FROM date_time) <= 6 OR EXTRACT(HOUR FROM date_time) >= 20 THEN 'nightTime'
              ELSE 'otherTime' END AS bid_time_type,
         date_time, extra, length(extra) - length(replace(extra, 'c', '')) AS c_counts"
