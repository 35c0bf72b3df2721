# SPDX-License-Identifier: Apache-2.0
"""The rows: what is measured, how large, what the right answer is, and what is to be reached.

Every program gets a row's sizes on its command line, so they are here alone; and every program says what it has counted,
which is compared with what is computed here."""

from dataclasses import dataclass, field, replace
from typing import Callable, Mapping, Optional

SIZE = Mapping[str, int]


@dataclass(frozen=True)
class Goal:
    """At most `factor` times what the peer takes; without a peer, at most `factor` units. Of all scheduler counts or one."""

    factor: float
    peer: Optional[str] = None
    schedulers: Optional[int] = None

    def text(self, unit):
        if self.peer is None:
            return f"≤ {self.factor:g} {unit}"
        return f"≤ {self.factor:g} {self.peer}"


@dataclass(frozen=True)
class Row:
    id: str
    what: str
    unit: str
    sizes: SIZE
    check: Callable[[SIZE], int]
    measure: str = "ns"  # the name a program prints it under
    divide_by: Callable[[SIZE], float] = lambda sizes: 1  # what was measured in all, by this, is the figure in `unit`
    goals: tuple = ()
    runs: Optional[int] = None  # at most so many rounds
    latency: bool = False  # programs print p50, p99, p999 too, in ns
    program_row: str = ""  # the name programs know it by, where several rows share one
    x: Optional[str] = None  # in the suite `scale`: the size that grows
    not_for: tuple = field(default=())  # programs for which this size is too large

    @property
    def name(self):
        return self.program_row or self.id

    def goals_at(self, schedulers):
        return [goal for goal in self.goals if goal.schedulers in (None, schedulers)]


def sum_to(n):
    return n * (n + 1) // 2


def per(size):
    return lambda sizes: sizes[size]


ROWS = (
    Row("server_hop", "two servers play ping-pong, a hop", "ns", {"hops": 1_000_000}, lambda s: s["hops"],
        divide_by=per("hops"), goals=(Goal(0.18, "go"), Goal(0.08, "beam"))),
    Row("process_hop", "two blocking receive loops play ping-pong, a hop", "ns", {"hops": 1_000_000}, lambda s: s["hops"],
        divide_by=per("hops"), goals=(Goal(0.4, "go"), Goal(0.2, "beam"))),
    Row("flood", "one sender, one receiver, an unbounded queue, a message", "ns", {"messages": 5_000_000},
        lambda s: sum_to(s["messages"]), divide_by=per("messages"),
        goals=(Goal(0.6, "go", schedulers=1), Goal(1.0, "go", schedulers=2))),
    Row("flood_bounded", "the same, at most 1,024 messages under way, a message", "ns",
        {"messages": 2_000_000, "window": 1024}, lambda s: sum_to(s["messages"]), divide_by=per("messages"),
        goals=(Goal(0.6, "go", schedulers=1), Goal(1.0, "go", schedulers=2))),
    Row("fan_in", "sixteen senders, one receiver, a message", "ns", {"senders": 16, "messages": 1_600_000},
        lambda s: s["senders"] * sum_to(s["messages"] // s["senders"]), divide_by=per("messages"), goals=(Goal(0.6, "go"),)),
    Row("ring", "a token round a ring of 1,000, a hop", "ns", {"processes": 1_000, "hops": 1_000_000}, lambda s: s["hops"],
        divide_by=per("hops"), goals=(Goal(0.25, "go"),)),
    Row("spawn_exit", "spawn a process, it sends one message and ends, a life", "ns", {"lives": 500_000, "at_once": 1},
        lambda s: sum_to(s["lives"] - 1), divide_by=per("lives"), goals=(Goal(0.15, "go"), Goal(0.1, "beam"))),
    Row("skynet", "a tree of a million leaves, ten children each, in all", "ms", {"leaves": 1_000_000},
        lambda s: sum_to(s["leaves"] - 1), divide_by=lambda s: 1e6, goals=(Goal(0.15, "go"),)),
    Row("idle_server", "an idle server, resident memory each, of a million", "bytes", {"processes": 1_000_000},
        lambda s: s["processes"], measure="bytes", divide_by=per("processes"), goals=(Goal(400),), runs=3),
    Row("idle_process", "a process in a blocking receive, resident memory each, of a million", "bytes",
        {"processes": 1_000_000}, lambda s: s["processes"], measure="bytes", divide_by=per("processes"),
        goals=(Goal(4_710),), runs=3),  # 4.6 KiB
    Row("timer", "start a timer and cancel it", "ns", {"timers": 1_000_000}, lambda s: s["timers"],
        divide_by=per("timers"), goals=(Goal(0.5, "go"),)),
    Row("down_storm", "100,000 monitored processes end, in all", "ms", {"processes": 100_000}, lambda s: s["processes"],
        divide_by=lambda s: 1e6, goals=(Goal(0.5, "beam"),)),
    Row("idle_cpu", "100,000 idle processes for ten seconds, of one CPU", "%", {"processes": 100_000, "seconds": 10},
        lambda s: s["processes"], measure="cpu_ns", divide_by=lambda s: s["seconds"] * 1e7, goals=(Goal(0.1),), runs=1),
    Row("request", "a plain thread asks a process and has its answer", "ns", {"requests": 100_000},
        lambda s: sum_to(s["requests"]) + s["requests"], divide_by=per("requests"), goals=(Goal(1.0, "go"),), latency=True),
)


def _scaled():
    """The same work at growing sizes, for plots. Sizes at which a peer needs more memory than 24 GiB, as ten million
    goroutines or BEAM processes do, or minutes, as ten million actors of CAF, are not for it."""
    for exponent in range(2, 8):
        processes = 10**exponent
        heavy = ("go", "beam", "caf", "boost_fiber") if exponent > 6 else ()
        yield Row(f"ring_{processes}", f"a token round a ring of {processes:,}, a hop", "ns",
                  {"processes": processes, "hops": max(2_000_000, processes)}, lambda s: s["hops"], divide_by=per("hops"),
                  program_row="ring", x="processes", runs=3, not_for=heavy)
        yield Row(f"idle_server_{processes}", f"an idle server, resident memory each, of {processes:,}", "bytes",
                  {"processes": processes}, lambda s: s["processes"], measure="bytes", divide_by=per("processes"),
                  program_row="idle_server", x="processes", runs=3, not_for=heavy)
        if exponent > 6:
            continue  # nobody's processes would fit
        yield Row(f"idle_process_{processes}", f"a process in a blocking receive, resident memory each, of {processes:,}",
                  "bytes", {"processes": processes}, lambda s: s["processes"], measure="bytes",
                  divide_by=per("processes"), program_row="idle_process", x="processes", runs=3, not_for=heavy)
    for exponent in range(3, 8):
        messages = 10**exponent
        yield Row(f"flood_{messages}", f"one sender, one receiver, {messages:,} messages, a message", "ns",
                  {"messages": messages}, lambda s: sum_to(s["messages"]), divide_by=per("messages"),
                  program_row="flood", x="messages", runs=3)


def small(row):
    """The same with a thousandth of the work: to see whether it works."""
    kept = {"senders", "window", "at_once"}
    sizes = {name: size if name in kept else 1 if name == "seconds" else max(10, size // 1000)
             for name, size in row.sizes.items()}
    return replace(row, sizes=sizes, goals=(), not_for=())


SUITES = {"rows": ROWS, "scale": tuple(_scaled())}
