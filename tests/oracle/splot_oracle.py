#!/usr/bin/env python3
"""Histograms and lines of splot --svg against counts and means made here, on seeded random values."""
import json
import os
import pathlib
import random
import re
import subprocess
import sys

BUILD = pathlib.Path(os.environ.get("BUILD", "build")).resolve()


def svg(arguments, records):
    lines = "".join(json.dumps(record) + "\n" for record in records)
    done = subprocess.run([BUILD / "bin/splot", *arguments, "--svg", "-"], input=lines.encode(),
                          capture_output=True, check=True)
    return done.stdout.decode()


def number(text, name):
    return float(re.search(r'%s="([-0-9.]+)"' % name, text)[1])


def check_hist(rng):
    """Integers and a step of 1: each bar is as high as its count says."""
    values = [rng.randrange(-9, 12) for _ in range(rng.randrange(50, 900))] + [-9, 11]
    boxes = re.findall(r"<rect x[^>]*>", svg(["hist", "v"], [{"v": v} for v in values]))
    counts = [values.count(v) for v in range(-9, 12) if v in values]
    heights = [number(box, "height") for box in boxes]
    assert len(heights) == len(counts), (len(heights), len(counts))
    scale = max(heights) / max(counts)
    assert all(abs(h - c * scale) < 0.2 for h, c in zip(heights, counts))


def check_line(rng):
    """One value a place, in any order: the line goes through them."""
    values = [rng.uniform(-50, 50) for _ in range(40)]
    records = [{"@timestamp": 1767225600 + 60 * i, "v": v} for i, v in enumerate(values)]
    rng.shuffle(records)
    path = re.findall(r'stroke-width="1.6" points="([^"]*)"', svg(["v"], records))[0]
    points = [tuple(map(float, point.split(","))) for point in path.split()]
    assert len(points) == 40
    low, high = min(values), max(values)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    for (x, y), v in zip(points, values):
        assert abs(y - (top + (high - v) / (high - low) * (bottom - top))) < 0.2
    left, right = points[0][0], points[-1][0]
    step = (right - left) / 39
    assert all(abs(x - left - i * step) < 1.5 for i, (x, _) in enumerate(points))


def check_bars(rng):
    """Sums and means of keys."""
    records = [{"k": rng.choice("abcdef"), "v": rng.randrange(1, 100)} for _ in range(500)]
    for show in ("sum", "mean", "min", "max", "count", "last"):
        groups = {}
        for record in records:
            groups.setdefault(record["k"], []).append(record["v"])
        want = [{"sum": sum(g), "mean": sum(g) / len(g), "min": min(g), "max": max(g),
                 "count": len(g), "last": g[-1]}[show] for g in groups.values()]
        boxes = re.findall(r"<rect x[^>]*>", svg(["bar", "v", "-k", "k", "--show", show], records))
        widths = [number(box, "width") for box in boxes]
        assert len(widths) == len(want)
        assert all(abs(w / max(widths) - v / max(want)) < 0.002 for w, v in zip(widths, want)), show


def main():
    passed = failed = 0
    for seed in range(20):
        for check in (check_hist, check_line, check_bars):
            try:
                check(random.Random(seed))
                passed += 1
            except AssertionError as why:
                failed += 1
                print("FAILED %s seed %d: %s" % (check.__name__, seed, why))
    print("splot: %d passed, %d failed" % (passed, failed))
    sys.exit(failed > 0)


main()
