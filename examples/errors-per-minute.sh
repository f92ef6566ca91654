#!/bin/sh
# How many errors a minute had each host, the late ones counted, too?
#
# Two web servers write their own logs; lines are up to ten seconds out of order, and one in twenty
# comes minutes late. A minute is written once both hosts are past it, and again ("upsert": it replaces
# the row before) when a late line changes it; what is later than two minutes is kept aside.

ssim weblog --format json --seed 1 --count 3000 --every 100ms --disorder 10s --late 5% --late-by 90s >web1
ssim weblog --format json --seed 2 --count 3000 --every 100ms --disorder 10s --late 5% --late-by 150s >web2

sunion --source host web1 web2 |
    swatermark -t time -d 10s --per host --partitions web1,web2 |
    sfilter 'status >= 500' |
    swindow -q -w 1m -k host -a 'count AS errors' --lateness 2m --late-to late.ndjson |
    smap 'window_start AS minute, host, errors' | sto table --columns minute,host,errors,@op

echo
echo "later than that:"
smap 'host, time, path, @late.by AS by' late.ndjson | sto table
