#!/bin/sh
# q1: prices from dollars to euros.
smap 'auction, bidder, 0.908 * price AS price, date_time, extra' bid.ndjson
