#!/bin/bash
# q3: who sells in Oregon, Idaho or California in category 10? The join has no bounds in time; here a
# person and an auction may lie a year apart.
sjoin -t date_time --within -365d,365d -k seller=id \
    <(sfilter 'category = 10' auction.ndjson) <(sfilter "state IN ('or', 'id', 'ca')" person.ndjson) |
    smap 'name, city, state, id'
