#!/bin/sh
# q9: the winning bid of each auction, that is the highest, and of those the earliest, of all that came
# while it was open.
sjoin -t date_time -d 5s --within -1d,0 -k auction=id --on 'l.date_time <= r.expires' \
      --each r --by 'l.price DESC' --select '
          r.id, r.item_name, r.description, r.initial_bid, r.reserve, r.date_time, r.expires,
          r.seller, r.category, r.extra,
          l.auction, l.bidder, l.price, l.date_time AS bid_date_time, l.extra AS bid_extra' bid.ndjson auction.ndjson
