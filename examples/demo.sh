#!/bin/sh
# demo.sh [LOG]: counts a web log by minute and status, although its lines are out of order, some are
# late and some are broken. Without LOG it makes a log of 200,000 lines, the same every time.
set -u
for tool in sfrom swatermark swindow sto; do
    command -v $tool >/dev/null || { echo "demo: $tool is not in PATH: run it by \`make demo\`" >&2; exit 2; }
done
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ $# -gt 0 ]; then
    log=$1
    [ -r "$log" ] || { echo "demo: cannot read $log" >&2; exit 2; }
else
    log=$scratch/access.log
    make_log='ssim weblog --seed 1 --count 200000 --disorder 5s --late 0.1% --broken 0.05% --format combined'
    echo "\$ $make_log >access.log"
    $make_log >"$log" || exit
fi
echo "\$ sfrom combined ${log##*/} | swatermark -d 60s |"
echo "      swindow -w 1m -k status -a 'count, avg(bytes), p99(bytes)' | sto table"
echo

# Each stage's last words are kept: they hold the counts of broken and of late lines.
{ sfrom combined "$log" 2>"$scratch/1.sfrom" |
    swatermark -d 60s 2>"$scratch/2.swatermark" |
    swindow -w 1m -k status -a 'count, avg(bytes), p99(bytes)' 2>"$scratch/3.swindow"
} | sto table >"$scratch/table" 2>"$scratch/4.sto"
status=$?

lines=$(wc -l <"$scratch/table")
if [ "$lines" -gt 30 ]; then
    head -n 14 "$scratch/table"
    echo "... $((lines - 26)) lines not shown; the table has $lines ..."
    tail -n 12 "$scratch/table"
else
    cat "$scratch/table"
fi

echo
for words in "$scratch"/[1-4].*; do
    tail -n 1 "$words" | sed 's/^/    /'
done
# 1 says that some lines were broken or late, and that is what the demo is about.
[ "$status" -le 1 ] || exit "$status"
echo "Exit status of the pipe: $status (0: every line was used; 1: some were broken or late, as said above)"
