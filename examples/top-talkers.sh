#!/bin/sh
# Who asks most, and did anyone hammer the site?
#
# A burst is more than 50 requests of one address in the ten seconds before any of them.

ssim weblog --count 50000 --every 20ms --disorder 2s | sfrom combined >visits.ndjson

swindow -d 2s -w 5m -k ip -a 'count, sum(bytes)' visits.ndjson |
    srank -n 3 --by 'count DESC, ip' | smap 'window_start, ip, count, sum_bytes' | sto table

echo
echo "more than 50 requests in ten seconds:"
sstep -d 2s -k ip -a 'count(*) OVER (RANGE 10s) AS burst' visits.ndjson |
    sfilter 'burst > 50' | swindow -w session:1m -k ip -a 'count, max(burst) AS most' |
    smap 'window_start AS since, window_end AS until, ip, most' | sto table
