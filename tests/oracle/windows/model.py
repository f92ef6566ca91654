"""What becomes of each record: bounded watermarks and the drop rule of DESIGN section 3, in Python.

Everything in microseconds. NEVER is a watermark before all times.
"""
from collections import namedtuple

NEVER = -(2**62)
MILLISECOND = 1000

Window = namedtuple("Window", "kind size slide offset")


def arrivals(records, delay, step=1_000_000):
    """(record, the watermark before it); without a delay the watermark never moves."""
    watermark = largest = NEVER
    for record in records:
        yield record, watermark
        if delay is not None and record.time > largest:
            largest = record.time
            bound = largest - delay
            watermark = max(watermark, bound - bound % step)


def fixed_windows(window, time):
    """The starts of the windows that hold TIME, earliest first."""
    last = time - (time - window.offset) % window.slide
    first = last - (window.size - (time - last) - 1) // window.slide * window.slide
    return range(first, last + 1, window.slide)


def assign_fixed(records, window, delay):
    """Rows (sequence, start, end) of the records that count, and how many were late."""
    placed, late = [], 0
    for record, watermark in arrivals(records, delay):
        starts = [s for s in fixed_windows(window, record.time) if s + window.size > watermark]
        placed += [(record.sequence, start, start + window.size) for start in starts]
        late += not starts
    return placed, late


def keep_in_time(records, windows, delay):
    """Likewise, where the (start, end) of a record's windows are known by its sequence."""
    placed, late = [], 0
    for record, watermark in arrivals(records, delay):
        open_ones = [w for w in windows[record.sequence] if w[1] > watermark]
        placed += [(record.sequence, *w) for w in open_ones]
        late += not open_ones
    return placed, late


class Session:
    def __init__(self, start, end):
        self.start, self.end, self.members = start, end, []


def assign_sessions(records, gap, delay, key_of):
    """Likewise, by key: a session is judged late as a whole, and is gone once it was printed."""
    live, done, late = {}, [], 0
    for record, watermark in arrivals(records, delay):
        mine = live.setdefault(key_of(record), [])
        done += [s for s in mine if s.end <= watermark]
        mine[:] = [s for s in mine if s.end > watermark]
        start = record.time - record.time % MILLISECOND
        merged = Session(start, start + gap)
        met = [s for s in mine if s.start <= merged.end and s.end >= merged.start]
        for session in met:
            merged.start = min(merged.start, session.start)
            merged.end = max(merged.end, session.end)
            merged.members += session.members
        if merged.end <= watermark:
            late += 1
            continue
        merged.members.append(record.sequence)
        mine[:] = [s for s in mine if s not in met] + [merged]
    done += [session for mine in live.values() for session in mine]
    return [(n, s.start, s.end) for s in done for n in s.members], late


def assign_all(records):
    first = min(record.time for record in records)
    last = max(record.time for record in records)
    return [(record.sequence, first, last) for record in records]
