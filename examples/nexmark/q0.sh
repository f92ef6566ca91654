#!/bin/sh
# q0: bids as they are, which measures what reading and writing costs.
smap 'auction, bidder, price, date_time, extra' bid.ndjson
