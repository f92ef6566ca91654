#!/bin/sh
# Which orders were not paid within five minutes, and who paid too little?
#
# An order counts as unpaid only when the watermarks of both streams prove that no payment can come
# any more: the answer is never taken back.

ssim orders --only order --count 2000 >orders.ndjson
ssim orders --only payment --count 2000 >payments.ndjson

echo "unpaid, by shop:"
sjoin -t time -d 10s --within 0,5m -k order -j anti orders.ndjson payments.ndjson |
    swindow -t time -w all -k shop -a 'count AS orders, sum(eur) AS eur, min(order) AS first' |
    smap 'shop, orders, eur, first' | sto table

echo
echo "short by more than ten euros:"
sjoin -t time -d 10s --within 0,5m -k order --rp paid_ orders.ndjson payments.ndjson |
    smap 'order, customer, shop, eur, paid_eur AS paid, eur - paid_eur AS missing' |
    sfilter 'missing > 10' | sto table
