#!/bin/sh
# Did the copy get everything? What differs between the log of a primary and that of its replica?
#
# The replica here loses some orders and rounds some amounts, and its log is in another order.

ssim orders --only order --count 3000 >primary.ndjson
sfilter 'hash(order) % 200 > 0' primary.ndjson |
    smap --set 'eur = CASE WHEN hash(order) % 200 = 1 THEN round(eur) ELSE eur END' |
    sort -t, -k3 >replica.ndjson

sjoin -t time --within 0,0 -k order -j full --nest a,b primary.ndjson replica.ndjson |
    sfilter 'a IS NULL OR b IS NULL OR a.eur <> b.eur OR a.items <> b.items' |
    smap "COALESCE(a.order, b.order) AS order,
          CASE WHEN b IS NULL THEN 'missing' WHEN a IS NULL THEN 'surplus' ELSE 'different' END AS what,
          a.eur AS eur, b.eur AS copied" |
    sto csv | sort -n
