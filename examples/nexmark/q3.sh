#!/bin/sh
# q3: who sells in Oregon, Idaho or California in category 10? The join has no bounds in time; here a
# person and an auction may lie a year apart.
sfilter 'category = 10' auction.ndjson |
    sjoin -t date_time --within -365d,365d -k seller=id - person.ndjson |
    sfilter "state IN ('or', 'id', 'ca')" |
    smap 'name, city, state, id'
