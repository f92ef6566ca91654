#!/bin/sh
# Some numbers of last week were wrong: which rows change when the week is counted again?
#
# The week was counted as its records came, and late ones were left out; meanwhile they are all there.
# Only rows that differ are written, as a changelog that a table of the old ones can take.

ssim weblog --format json --count 20000 --every 30s --start 2026-01-05 \
    --disorder 1h --late 1% --late-by 8h >week.ndjson

count() { swindow -q -t time -w 1d -k status -a 'count, sum(bytes)' "$@" week.ndjson; }
count -d 1h --late-to late.ndjson >published.ndjson
count >restated.ndjson
echo "published: $(wc -l <published.ndjson) rows without $(wc -l <late.ndjson) late records; changed:"

sjoin --within 0,0 -k 'window_start, status' -j right --lp old_ --rp '' published.ndjson restated.ndjson |
    sfilter 'old_count IS DISTINCT FROM count OR old_sum_bytes IS DISTINCT FROM sum_bytes' |
    smap "left(window_start, 10) AS day, status, count, old_count, sum_bytes, old_sum_bytes" |
    sto csv | { read -r head; echo "$head"; sort; }
