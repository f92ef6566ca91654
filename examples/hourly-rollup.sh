#!/bin/sh
# How much was sold each hour? By cron: every hour the closed log of the hour before becomes one row a
# shop, appended to a small file; days come from that file, not from the logs.

# The hour's file gets its name when the watermark proves that it is whole.
ssim orders --only order --count 40000 --start 2026-01-01T00:00:05Z --disorder 5s |
    swrite -t time -d 5s --roll 1h orders.ndjson

for hour in orders.*.ndjson; do # each of them would be one run of cron
    swindow -t time -w 1h -k shop -a 'count AS orders, sum(eur) AS eur, max(eur) AS largest' "$hour"
done >>rollup.ndjson
echo "hours: $(ls orders.*.ndjson | wc -l)   rows: $(wc -l <rollup.ndjson)"
head -n 4 rollup.ndjson | smap 'window_start, shop, orders, eur, largest' | sto table

echo
swindow -w 1d -k shop -a 'sum(orders) AS orders, sum(eur) AS eur, max(largest) AS largest' rollup.ndjson |
    smap 'window_start, shop, orders, eur, largest' | sto table
