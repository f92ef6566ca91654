#!/bin/sh
# q16: the same for each channel and day, with the minute of the last bid.
swindow -t date_time -d 5s -w 1d -k channel bid.ndjson -a "
         max(substr(date_time, 12, 5)) AS minute,
         count AS total_bids,
         count FILTER (WHERE price < 10000) AS rank1_bids,
         count FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
         count FILTER (WHERE price >= 1000000) AS rank3_bids,
         count(DISTINCT bidder) AS total_bidders,
         count(DISTINCT bidder) FILTER (WHERE price < 10000) AS rank1_bidders,
         count(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bidders,
         count(DISTINCT bidder) FILTER (WHERE price >= 1000000) AS rank3_bidders,
         count(DISTINCT auction) AS total_auctions,
         count(DISTINCT auction) FILTER (WHERE price < 10000) AS rank1_auctions,
         count(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_auctions,
         count(DISTINCT auction) FILTER (WHERE price >= 1000000) AS rank3_auctions"
