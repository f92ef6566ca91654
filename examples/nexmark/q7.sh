#!/bin/sh
# q7: the highest bids of each ten seconds, with all that tie. Windows are half-open: the SQL also takes
# a bid at the very end of a window if its price is that of the window.
srank -t date_time -d 5s -w 10s -n 1 --by 'price DESC' --ties keep bid.ndjson |
    smap 'auction, price, bidder, date_time, extra'
