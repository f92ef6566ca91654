#!/bin/sh
# Which sensors fell silent for more than five minutes, and where was it too warm for three minutes?
#
# Some clocks are wrong: a time from far ahead would make all other readings late, so it is refused
# (--max-ahead, here as of a day in 2026), and a reading from 1970 is not used.

ssim sensors --count 30000 |
    sfilter -t time "time >= '2026-01-01'" |
    swatermark -t time -d 30s --max-ahead 1d --now 2026-01-02 --rejects ahead.ndjson >readings.ndjson \
        --control=always

echo "silent:"
sgap -k sensor --after 5m readings.ndjson |
    sfilter "gap = 'end'" | smap 'sensor, gap_start, gap_end, gap_ms / 1000 AS seconds' | sto table

echo
echo "too warm:"
sstep -k sensor -a 'alarm(celsius > 13.4, clear celsius < 13.2, for 3m) AS alarm' readings.ndjson |
    sstep -k sensor -a 'changed(alarm) AS changed' |
    sfilter 'alarm AND changed' | smap 'time, sensor, site, celsius' | sto table

echo
echo "refused, their clock being ahead: $(wc -l <ahead.ndjson)"
