#!/bin/sh
# q18: the last bid of each bidder on each auction; of several at one time the first by its text.
srank -w all -n 1 --by 'date_time DESC, extra' -k 'bidder, auction' bid.ndjson |
    smap 'auction, bidder, price, channel, url, date_time, extra'
