#!/bin/sh
# q9: the winning bid of each auction, that is the highest, and of those the earliest: first the bids
# that came while their auction was open, of them the best, then their auctions.
sjoin -t date_time -d 5s --within -1d,0 -k auction=id -j semi --on 'l.date_time <= r.expires' \
      bid.ndjson auction.ndjson |
    srank -w all -n 1 --by 'price DESC, date_time' -k auction |
    sjoin -t date_time --within -1d,0 -k auction=id --select '
          r.id, r.item_name, r.description, r.initial_bid, r.reserve, r.date_time, r.expires,
          r.seller, r.category, r.extra,
          l.auction, l.bidder, l.price, l.date_time AS bid_date_time, l.extra AS bid_extra' - auction.ndjson
