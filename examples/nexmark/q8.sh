#!/bin/bash
# q8: who opened an auction in the ten seconds in which they joined?
sjoin --within 0,0 -k id=seller \
    <(swindow -t date_time -d 5s -w 10s -k 'id, name' person.ndjson) \
    <(swindow -t date_time -d 5s -w 10s -k seller auction.ndjson) |
    smap 'id, name, window_start AS stime'
