#!/bin/sh
# q4: the average of the winning prices of each category. The winning bid of an auction is the highest
# that came while it was open. An auction has one record and lasts a day at most; the answer is the
# one at the end.
sjoin -t date_time -d 5s --within -1d,0 -k auction=id --on 'l.date_time <= r.expires' \
      --each r --by 'l.price DESC' --select 'r.category, l.price AS final' bid.ndjson auction.ndjson |
    swindow -w all -k category -a 'avg(final) AS final'
