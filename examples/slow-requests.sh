#!/bin/sh
# Which requests were the slowest of each five minutes, and which paths are slow as a rule?

ssim weblog --format json --count 9000 --every 100ms >log.ndjson

srank -t time -d 5s -w 5m -n 3 --by 'latency DESC' log.ndjson |
    smap 'window_start, rank, latency, method, path, status' | sto table

echo
smap --set "path = regexp_replace(path, '[0-9]+', 'N')" log.ndjson |
    swindow -t time -d 5s -w 5m -k 'method, path' -a 'count, p50(latency) AS p50, p99(latency) AS p99' |
    srank -n 3 --by 'p99 DESC' | smap 'window_start, method, path, count, p50, p99' | sto table
