#!/bin/sh
# q17: for each auction and day, bids by level of price, and what the prices were.
swindow -t date_time -d 5s -w 1d -k auction bid.ndjson -a '
         count AS total_bids,
         count FILTER (WHERE price < 10000) AS rank1_bids,
         count FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
         count FILTER (WHERE price >= 1000000) AS rank3_bids,
         min(price), max(price), avg(price), sum(price)'
