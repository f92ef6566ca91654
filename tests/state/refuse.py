"""What must be refused is, with the reason and the way out."""
import shutil

from common import check, fresh_directory, refused, shell, write_input
from inputs import records


def refuse(rng):
    write_input(records, rng)
    fresh_directory()
    pipe = "export TIDEPIPE_STATE=state TIDEPIPE_LOCK_WAIT=0; tsource --until 9 ../in | swatermark -t t -d 3s %s | tsink out"
    shell(pipe % "--per k", cwd="run")
    refused("option changed", pipe % "--per n", 3, "was saved with per", "--fresh")
    refused("cut snapshot", "truncate -s -1 state/swatermark.[1-9]*; " + pipe % "--per k", 3, "cut off", "--fresh")
    refused("damaged COMMIT", "sed -i 's/previous/Previous/' state/COMMIT; " + pipe % "--per k", 3, "COMMIT: damaged")
    shutil.rmtree("run/state")
    shell(pipe % "--per k", cwd="run")
    refused("missing snapshot", "rm state/swatermark.[1-9]*; " + pipe % "--per k", 3, "no snapshot of swatermark", "--fresh")
    refused("COMMIT removed", "rm state/COMMIT state/*.0.ndjson; " + pipe % "--per k", 3, "has no snapshot of tsource for commit 0")
    pipe = ("export TIDEPIPE_STATE=windows TIDEPIPE_LOCK_WAIT=0; tsource --until 90 ../in | "
            "swindow -t t -d 3s -w %s -k %s -a %s %s | tsink out")
    shell(pipe % ("5s", "k", "count", "--forget 1m --empty=key"), cwd="run")
    refused("window changed", pipe % ("6s", "k", "count", "--empty=key"), 3, 'was saved with window "5s"', "--fresh")
    refused("key changed", pipe % ("5s", "n", "count", "--empty=key"), 3, 'was saved with key "k"')
    refused("aggregates changed", pipe % ("5s", "k", "'sum(n)'", "--empty=key"), 3, 'was saved with agg "count"')
    refused("lateness added", pipe % ("5s", "k", "count", "--empty=key --lateness 1m"), 3, "was saved with lateness none")
    done = shell(pipe.replace("90", "200") % ("5s", "k", "count", "--forget 2m --empty=key"), cwd="run")
    check("other forget accepted", done.returncode == 0, done.stderr)
    pipe = ("export TIDEPIPE_STATE=joins TIDEPIPE_LOCK_WAIT=0; tsource --until 90 ../in | "
            "sjoin -t t -d 9s --within -2s,0s -k k %s - ../in2 | tsink out")
    shell(pipe % "", cwd="run")
    refused("join changed", pipe % "-j left", 3, 'was saved with join "inner"', "--fresh")
    refused("updates added", pipe % "--updates", 3, "was saved with updates none")
    done = shell(pipe.replace("90", "200") % "--nest l,r --max-memory 1M", cwd="run")
    check("other rows accepted", done.returncode == 0, done.stderr)
    refused("no restore line", "cat ../in | sfilter -S state true", 3, "restore line")
    refused("no pipe", "swatermark -S state -d 3s -t t ../in", 2, "there is none")
    refused("stateful without -S", "tsource -S other --until 3 ../in | swatermark -t t -d 3s", 2, "-S DIR")
    refused("a file without -S", "tsource -S other --until 3 ../in | sunion - ../in", 2, "needs -S")
    refused("name", "sfilter --name a/b -S state true </dev/null", 2, "--name")
    refused("two of a name", "export TIDEPIPE_STATE=third TIDEPIPE_LOCK_WAIT=0.2; tsource --pause 100ms ../in | sfilter true | "
            "sfilter true | tsink out", 3, "held by process", "--name")


JOBS = [refuse]
