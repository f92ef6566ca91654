# tidepipe.jq: lets jq and gojq programs stand in a tidepipe pipe.
#
#     jq -c --unbuffered -L DIR 'include "tidepipe"; data(select(.status >= 500))'
#
# Control lines are objects whose first member is "@watermark" or "@barrier". gojq sorts the members
# of what it reads, and "@" sorts before letters, so the first member is the first there, too; but a
# record that has one of the two names behind others is data for jq and would be a control line
# behind gojq. keys_unsorted would say it shorter, and gojq has no such function.

# Is the input a control line?
def is_control:
  type == "object" and (has("@watermark") or has("@barrier"))
  and (to_entries[0].key | . == "@watermark" or . == "@barrier");

# Control lines as they are, f of everything else.
def data(f): if is_control then . else f end;
