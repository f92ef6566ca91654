"""The rows of rows.toml and of nexmark.py as objects; rows.toml says what its words mean."""
import dataclasses
import fnmatch
import json
import pathlib
import re
import shlex
import tomllib

import nexmark

HERE = pathlib.Path(__file__).resolve().parent
OURS = "ours"
WORDS = {"about", "data", "input", "asked", "by", "feed", "part"}
QUICK = 20  # QUICK=1 takes this part of all records


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    version: str = ""
    run: str = ""
    share: float = 1
    rounds: int = 1_000_000


@dataclasses.dataclass(frozen=True)
class Data:
    name: str
    n: int
    make: str
    input: tuple = ("*",)
    tables: dict = dataclasses.field(default_factory=dict)

    def count(self, share, quick):
        """How many records for a peer that gets SHARE of them; windows need some thousands."""
        return max(min(self.n, 10_000), int(self.n * share / (QUICK if quick else 1)))


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    about: str
    data: str
    commands: dict  # by who: ours or a peer
    asked: tuple
    by: int
    input: tuple
    feed: str
    part: dict  # the share of the records by who, where it is not the peer's

    def against(self):
        """The names of other rows that something asked compares this one with."""
        return {match[1] for asked in self.asked if (match := re.search(r"@(\S+)", asked))}


class Table:
    """All there is: peers, data and rows by their names."""

    def __init__(self):
        with open(HERE / "rows.toml", "rb") as file:
            table = tomllib.load(file)
        for part in ("data", "row"):
            table[part] |= getattr(nexmark, part)()
        self.peers = {OURS: Peer(OURS)} | {name: Peer(name, **said) for name, said in table["peer"].items()}
        self.data = {name: Data(name, **said) for name, said in table["data"].items()}
        self.rows = {name: self.row(name, said) for name, said in table["row"].items()}

    def row(self, name, said):
        commands = {who: command for who, command in said.items() if who not in WORDS}
        unknown = set(commands) - set(self.peers)
        if unknown or said["data"] not in self.data:
            raise ValueError(f"rows.toml, row {name}: no such peer or data: {unknown or said['data']}")
        asked = tuple(filter(None, said.get("asked", "").split(", ")))
        own = self.data[said["data"]].input
        return Row(name, said["about"], said["data"], commands, asked, said.get("by", 0),
                   tuple(said.get("input", own)), said.get("feed", ""), said.get("part", {}))

    def chosen(self, patterns):
        """The rows that one of the patterns means, and those they are compared with."""
        if not patterns:
            return list(self.rows.values())
        names = {name for name in self.rows if any(fnmatch.fnmatch(name, p) for p in patterns)}
        names |= {other for name in names for other in self.rows[name].against()}
        return [row for name, row in self.rows.items() if name in names]

    def command(self, row, who):
        """What the shell runs."""
        command, peer = row.commands[who], self.peers[who]
        if row.feed:
            return f"python3 $BENCH/latency.py {shlex.quote(row.feed)} {shlex.quote(command)}"
        return f"{peer.run} {shlex.quote(command)}" if peer.run else command

    def environment(self, row):
        return {"BENCH": str(HERE), "TABLES": json.dumps(self.data[row.data].tables)}
