#!/bin/sh
# q4: the average of the winning prices of each category. An auction lasts a day at most; the answer is
# the one at the end.
sjoin -t date_time -d 5s --within -1d,0 -k auction=id --on 'l.date_time <= r.expires' \
      --select 'r.id, r.category, l.price' bid.ndjson auction.ndjson |
    swindow -w all -k 'id, category' -a 'max(price) AS final' |
    swindow -w all -k category -a 'avg(final) AS final'
