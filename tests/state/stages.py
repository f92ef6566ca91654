"""The table of stages whose state is shown to be whole: tests/state/resume.py cuts the input of each."""
import shlex

from inputs import broken, changes, documents, events, left, messy, records, rows, seldom, syslog, versions, wide

# The maker of the input, the stages between source and sink; ../in2 is another of the same kind.
STAGES = [
    (records, "sfilter 'n % 3 = 0'"),
    (records, "swatermark -t t -d 3s"),
    (records, "swatermark -t t -d 2s --per k"),
    (records, "swatermark --arrival --now 2026-01-01T10:00:00Z | swindow -w 1s -k k -a 'count, sum(n)'"),
    (records, "swatermark -t t -d 2s --per k --partitions 4 | smap 'k, n'"),
    (records, "sunion"),
    (broken, "sfilter -t t --rejects side 'n > 5'"),
    (broken, "swatermark -t t -d 3s --rejects side"),
    (messy, "swatermark -t t -d 3s | sstep --late-to side -k k -a 'lag(s, 2), delta(x), rate(r), row_number(), "
            "changed(s), first_value(s), last_value(k), alarm(n > 9, clear n < 5, for 2s) AS hot'"),
    (messy, "sstep --late-to side -t t -d 2s -k 'k, g' -a 'sum(x), sum(r) OVER (RANGE 30s) AS sr, "
            "avg(r) OVER (ROWS 4) AS ar, min(x) OVER (RANGE 20s) AS lo, max(r) AS hi, count(x), twa(r, 20s), "
            "ewma(x, 10s), lag(n, 9s) AS before'"),
    (seldom, "swatermark -t t -d 2s | sstep --late-to side --ttl 6s -a 'lead(s) WITHIN 8s AS next, count(*)' -k k"),
    (messy, "sstep --arrival -k k -a 'delta(n), sum(r) OVER (ROWS 3) AS s3, changed(k) AS new'"),
    (messy, "swatermark -t t -d 3s | srank --late-to side -n 3 --by 'r DESC, s' -w hop:20s,5s -k k"),
    (messy, "srank --late-to side -t t -d 2s -n 2 --by 'n DESC' -w 10s -k 'k, g' --ties keep"),
    (messy, "srank -t t -n 2 --by 'x' --running -k k"),
    (messy, "srank -t t -n 3 --by 'n DESC' --running --retract --ties keep -k g"),
    (messy, "srank -t t -n 9 --by 's NULLS LAST, r' -w all"),
    (seldom, "swatermark -t t -d 3s | sgap --late-to side --after 3s -k k"),
    (seldom, "sgap --late-to side -t t -d 2s --after 2s --ttl 9s -k 'k, g'"),
    (seldom, "sgap --late-to side -t t -d 2s --fill 700ms -k k"),
    (seldom, "sgap --late-to side -t t -d 3s --fill 1s --fill-with linear --ttl 5s --after 2s -k 'k, g'"),
    (seldom, "swatermark -t t -d 1s | sgap --late-to side --fill 500ms --fill-with null --ttl 4s -k 'g, k'"),
    (messy, "swatermark -t t -d 2s | ssort --late-to side"),
    (messy, "ssort --late-to side -t t -d 3s"),
    (messy, "ssort --by 's NULLS LAST, r DESC'"),
    (wide, "ssort --late-to side -t t -d 200s --max-memory 1M"),
    (wide, "ssort --by 'k, n DESC' --max-memory 1M"),
    (messy, "sdedup -k 'k, n' --dups side"),
    (messy, "sdedup -k n --verify --dups side"),
    (messy, "smap 'g, n' | sdedup --dups side"),
    (messy, "sdedup --late-to side -t t -d 2s -k 'k, g' --within 4s"),
    (messy, "swatermark -t t -d 2s | sdedup --late-to side -k k --within 3s --verify"),
    (messy, "swatermark -t t -d 2s | sdedup -k 'k, g' --within 5s --keep first --dups side"),
    (messy, "sdedup --dups side -t t -d 3s -k k --within 6s --keep last"),
    (messy, "sdedup -t t -k 'n, k' --keep last"),
    (messy, "sdedup -k k --on-change 'g, s' --dups side"),
    (messy, "sdedup -k n --approx 0.001%"),
    (rows, "sfrom csv -t when"),
    (rows, "sfrom csv | swatermark -t when -d 5s"),
    (syslog, "sfrom syslog --year 2023"),
    (documents, "sfrom json"),
]

# Two inputs are read in the order of their watermarks, and no two of these are equal.
SJOIN = "sjoin -t t -d 3s --step 1ms --max-drift 0s --late-to side"
for how, kinds in (("--within -2s,1s", "inner left right full semi anti"), ("--within -2s,1s --updates", "left right full anti"),
                   ("--within 0,9s --lateness 2s", "full"), ("--within -9s,0s --on 'l.n > r.n'", "semi anti"),
                   ("-w hop:9s,3s", "inner left right full semi anti"), ("-w session:500ms", "full anti"),
                   ("-w cumulate:20s,5s --on 'l.n > r.n'", "full"), ("--as-of --on 'l.n > r.n'", "inner left")):
    for kind in kinds.split():
        STAGES.append((left(events), f"{SJOIN} -k k {how} -j {kind} - ../in2"))
STAGES += [
    (left(messy), f"{SJOIN} -k 'k, g' --within -4s,4s -j full --nest l,r - ../in2"),
    (left(messy), f"{SJOIN} -k 'k, g' --within -4s,4s -j full --select 'l.n, r.n AS m, l.k' --on 'l.n > r.n' - ../in2"),
    (left(events), f"{SJOIN} -k k --within -9s,9s --each l -j left --by 'abs(l.n - r.n)' - ../in2"),
    (left(messy), f"{SJOIN} -k k --within -9s,4s --each r --by 'l.n DESC' --select 'l.n, r.n AS m, l.k' --on 'l.n > r.n' - ../in2"),
    (left(versions), f"{SJOIN} -k k --as-of -j left ../in2 -"),
    (records, "sjoin --lookup -k k,n -j left ../in2"),
    (messy, "sjoin --lookup -k g -j semi ../in2"),
    (messy, "sjoin --lookup -k 'k, g' -j anti --on 'l.n > r.n' ../in2"),
]

AGGS = ("count, sum(n), avg(n), min(n), max(n), stddev(n), p90(n), first(s), last(s), count(distinct s), mode(s), "
        "median(n), list(s), set(n), topk(s,2), approx_quantile(n,0.5), approx_count_distinct(s), approx_topk(s,2), rate(n), histogram(n), bool_or(b), arg_max(s, n)")
for window in ("1m", "hop:10s,4s", "hop:9s,3s --offset 1s", "cumulate:20s,5s", "1d@Europe/Berlin", "session:3s",
               "session:3s --max 8s", "session:4s --start \"s = 'x3'\" --end \"s = 'y1'\"", "count:7", "count:7,3", "all", "5s --lateness 10s", "hop:10s,5s --lateness 10s --retract", "5s --early 2s", "hop:6s,3s --early 3",
               "cumulate:20s,5s --early 2s --lateness 15s --mode discard", "5s --empty", "5s --empty=key --forget 1m",
               "hop:6s,3s --empty=key --lateness 5s", "session:3s --lateness 20s", "session:3s --lateness 20s --retract",
               "session:5s --early 1s --lateness 4s", "session:3s --early 2 --mode discard --lateness 20s"):
    STAGES.append((events, f"swatermark -t t -d 3s | swindow -t t -w {window} -k k --late-to side -a {shlex.quote(AGGS)}"))
for first, then in (("5s", "5s"), ("hop:10s,4s", "hop:10s,4s"), ("1s", "cumulate:20s,5s"), ("4s", "1d@Europe/Berlin"),
                    ("all", "all"), ("5s --lateness 9s", "5s --lateness 9s --retract"), ("2s", "6s --early 2s --mode discard")):
    STAGES.append((events, f"swatermark -t t -d 3s | swindow --name parts -t t -w {first} --partial -k k --late-to side "
                           f"-a {shlex.quote(AGGS)} | swindow -w {then} --merge -k k -a {shlex.quote(AGGS)}"))
STAGES += [
    (events, "swindow -t t -d 2s -w 5s"),
    (events, "swindow -t t -d 2s -w hop:6s,2s -k 'k, s' --partial --rejects side -a 'sum(n), count'"),
    (events, "swindow -t t -d 2s -w hop:6s,2s -k 'k, s' --rejects side -a 'sum(n), count'"),
    (changes, "swindow -t t -d 2s -w 5s -k k -a 'count, sum(n)'"),
    (changes, "swindow -t t -d 2s -w hop:6s,2s -k k --lateness 5s --retract -a 'count, sum(n)'"),
    (changes, "swindow -t t -d 2s -w all -k k -a 'count, avg(n)'"),
]
