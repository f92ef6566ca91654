#!/bin/sh
# q20: bids with their auction, where that is of category 10. The join has no bounds in time; here a bid
# and an auction may lie a year apart.
sfilter 'category = 10' auction.ndjson |
    sjoin -t date_time --within -365d,365d -k auction=id --lp bid_ --rp auction_ bid.ndjson - |
    smap 'auction, bidder, price, channel, url, bid_date_time, bid_extra, item_name, description,
          initial_bid, reserve, auction_date_time, expires, seller, category, auction_extra'
