#!/bin/sh
# q21: bids with the id of their channel: known by name, or from the address.
smap "auction, bidder, price, channel,
         CASE lower(channel) WHEN 'apple' THEN '0' WHEN 'google' THEN '1'
                             WHEN 'facebook' THEN '2' WHEN 'baidu' THEN '3'
                             ELSE regexp_extract(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id" bid.ndjson |
    sfilter 'channel_id IS NOT NULL'
