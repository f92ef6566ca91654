#!/bin/sh
# q9: the winning bid of each auction, that is the highest, and of those the earliest.
sjoin -t date_time -d 5s --within -1d,0 -k auction=id --rp auction_ bid.ndjson auction.ndjson |
    sfilter 'date_time <= expires' |
    srank -w all -n 1 --by 'price DESC, date_time' -k id |
    smap 'id, item_name, description, initial_bid, reserve, auction_date_time AS date_time, expires,
          seller, category, auction_extra AS extra,
          auction, bidder, price, date_time AS bid_date_time, extra AS bid_extra'
