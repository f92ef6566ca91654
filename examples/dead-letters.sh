#!/bin/sh
# What became of the lines that could not be read? Nothing is lost: they are kept with the reason,
# looked at, repaired where they can be, and replayed.

# One line in twenty has its time in the wrong brackets, and one in a hundred is broken.
ssim weblog --seed 4 --count 2000 --broken 1% | sed '7~20s/\[\(.*\)\]/(\1)/' >access.log

sfrom combined --rejects dead.ndjson access.log >visits.ndjson
echo "visits: $(wc -l <visits.ndjson)   dead letters: $(wc -l <dead.ndjson), because"
smap '@reject.reason AS reason' dead.ndjson |
    swindow -w all -k reason | smap 'count, reason' | sto table

jq -r '.line // empty' dead.ndjson | sed 's/(\([^)]*+0000\))/[\1]/' |
    sfrom -q combined --rejects hopeless.ndjson >repaired.ndjson
echo
echo "repaired: $(wc -l <repaired.ndjson)   hopeless: $(wc -l <hopeless.ndjson)"

# The replayed ones stand behind all others: the files are whole, so nothing in them is late.
echo
swindow -w 10s -a 'count, sum(bytes)' visits.ndjson repaired.ndjson |
    smap 'window_start, count, sum_bytes' | sto table
