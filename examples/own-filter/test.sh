#!/bin/sh
# test.sh DIR: runs the filter built in DIR; exit status 0 when its output is right.
[ "$(printf '{"a":1}\n{"a":2}\n{"a":3}\n{"a":4}\n' | "$1/snth" 2)" = '{"a":2}
{"a":4}' ]
