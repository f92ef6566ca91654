#!/bin/sh
# What is going on right now? A table by status, drawn again as the stream goes on; into a file, as here,
# each row is written as it comes.
#
# "--early" gives the minute that is still running every ten seconds; its last row is the whole minute.

ssim weblog --rate 8000 --every 20ms --count 8000 --seed 8 |
    sfrom combined |
    swindow -d 1s -w 1m -k status -a 'count, p99(bytes)' --early 10s |
    smap 'window_start AS minute, status, count, p99_bytes' |
    sto table --live -k 'status'
