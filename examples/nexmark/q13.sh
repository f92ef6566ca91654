#!/bin/sh
# q13: bids with the value that a side table has for their auction.
[ -e side_input.csv ] || { echo key,value; seq 0 9999 | sed 's/.*/&,side &/'; } >side_input.csv
sjoin --lookup -k 'mod(auction, 10000)=key' bid.ndjson side_input.csv |
    smap 'auction, bidder, price, date_time, value'
