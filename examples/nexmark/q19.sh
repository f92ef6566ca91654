#!/bin/sh
# q19: the ten highest bids of each auction; of equal prices the earlier one stands first.
srank -t date_time -w all -n 10 --by 'price DESC' -k auction --as rank_number bid.ndjson |
    smap 'auction, bidder, price, channel, url, date_time, extra, rank_number'
