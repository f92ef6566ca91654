#!/bin/sh
# q2: bids on some auctions. Those of the original; nexmark-flink takes MOD(auction, 123) = 0.
sfilter 'auction IN (1007, 1020, 2001, 2019, 2087)' bid.ndjson | smap 'auction, price'
