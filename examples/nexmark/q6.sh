#!/bin/sh
# q6: the average price of a seller's last auctions, as each one is won: over it and the ten before, in
# the order of the winning bids' times (nexmark-flink's frame; Flink itself cannot run it).
sjoin -t date_time -d 5s --within -1d,0 -k auction=id --on 'l.date_time <= r.expires' \
      --each r --by 'l.price DESC' --select 'r.seller, l.price, l.date_time' bid.ndjson auction.ndjson |
    sstep -t date_time -k seller -a 'avg(price) OVER (ROWS 10 PRECEDING) AS avg_price' |
    smap 'seller, avg_price'
