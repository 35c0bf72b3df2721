# SPDX-License-Identifier: Apache-2.0
"""What memory strategies bring and what limits cost, as tables of Markdown:

    python3 bench/memory/strategies.py build/bench [ROUNDS [PART...]]

Each measurement is a process of its own. Those that are compared take turns, round after round; figures are medians.
The program looks whether what it did was right, and fails if it was not."""

import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from runner.programs import Failed, _parse, _run  # noqa: E402

STRATEGIES = ["standard", "isolated_heaps", "shared_binaries", "frequent_gc", "low_latency"]
GC = {2: "every(1)", 3: "every(10)", 4: "when_idle()", 5: "never()"}


class Measurer:
    def __init__(self, program, rounds):
        self.program, self.rounds = program, rounds

    def once(self, row, sizes):
        command = [self.program, row, "1"] + [f"{name}={value}" for name, value in sizes.items()]
        output, usage = _run(command, {})
        return _parse(" ".join(command), output) | {"cpu": round((usage.ru_utime + usage.ru_stime) * 1e9)}

    def turns(self, variants):
        """{name: (row, sizes)} -> {name: [what one round printed, ...]}"""
        found = {name: [] for name in variants}
        for number in range(self.rounds):
            order = list(variants)
            for name in order if number % 2 == 0 else reversed(order):
                found[name].append(self.once(*variants[name]))
        return found


def table(title, columns, lines):
    print(f"\n{title}\n")
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for line in lines:
        print("| " + " | ".join(line) + " |")


def medians(title, found, names):
    """One line for each variant, one column for each of `names`: {what was printed: what it is called}."""
    lines = [[f"`{variant}`"] + [f"{median(each[name] for each in rounds):,.0f}" for name in names]
             for variant, rounds in found.items()]
    table(title, [""] + list(names.values()), lines)


def by_strategy(row, **sizes):
    return {name: (row, {"strategy": number, **sizes}) for number, name in enumerate(STRATEGIES, 1)}


def footprint(m):
    def variants(blocks):
        gc = {f"standard, {name}": ("footprint", {"strategy": 1, "gc": number, "blocks": blocks})
              for number, name in GC.items()}
        return by_strategy("footprint", gc=1, blocks=blocks) | gc

    names = {"one": "after one block", "peak": "in the burst", "next_turn": "in the next turn", "idle": "idle"}
    medians("Bytes held by an arena, a burst of 10,000 blocks of 256 bytes", m.turns(variants(10_000)), names)
    medians("The same, a burst of 16 blocks", m.turns(variants(16)), names)
    many = m.turns(by_strategy("footprint_of_many", gc=1, processes=1000, blocks=1000))
    medians("A thousand processes, idle after a burst of 1,000 blocks each: bytes each", many,
            {"held_each": "held", "resident_each": "resident"})


def allocation(m):
    found = m.turns(by_strategy("first_allocations", processes=500, allocations=200))
    medians("The first 200 allocations of 64 bytes in each of 500 new processes, ns, with a look at the clock", found,
            {"p50": "p50", "p99": "p99", "p999": "p99.9", "spawn": "its spawn, p50", "clock": "the clock alone"})


def end(m):
    found = m.turns(by_strategy("after_the_end", processes=16, blocks=16_000))
    medians("Sixteen processes with 4 MiB each: resident bytes above those before", found,
            {"alive": "alive", "gone": "when they are gone", "a_second_later": "a second later",
             "end_ns": "their ends, ns"})


def neighbour(m):
    variants = {name: ("neighbour", {"beside": number, "rounds": 2000})
                for number, name in enumerate(["nobody"] + STRATEGIES, 1)}
    medians("A server on the same scheduler as one with bursts of 2 MB, by the strategy of that one: ns",
            m.turns(variants),
            {"p50": "allocation, p50", "p99": "p99", "p999": "p99.9", "wait_p50": "wait for its turn, p50",
             "wait_p99": "p99", "burst_p50": "the burst itself, p50"})


def limits(m):
    lines = []
    for row in ("server_hop", "process_hop"):
        sizes = {"hops": 2_000_000}
        found = m.turns({"without": (row, sizes), "with": (f"{row}_limited", sizes)})
        pairs = list(zip(found["without"], found["with"]))
        for one in (each for pair in pairs for each in pair):
            if one["check"] != sizes["hops"]:
                raise Failed(f"{row}: {one['check']} hops")
        each = [median(one["ns"] for one in found[name]) / sizes["hops"] for name in ("without", "with")]
        ratios = [median(limited[by] / free[by] for free, limited in pairs) for by in ("ns", "cpu")]
        lines.append([f"`{row}`", f"{each[0]:.1f}", f"{each[1]:.1f}"] + [f"{ratio:.3f}" for ratio in ratios])
    table("A hop with `max_memory` set and never reached, ns; ratios are medians of pairs",
          ["", "without", "with", "ratio", "ratio of CPU time"], lines)


def analysis(m):
    variants = {"1,000,000 servers": ("analysis", {"servers": 1_000_000, "waiting": 1}),
                "100,000 that wait in a receive": ("analysis", {"servers": 1, "waiting": 100_000})}
    medians("A look at the memory of all, and giving it back: ns", m.turns(variants),
            {"again_ns": "`analyze_memory_usage`", "trim_ns": "`optimize_memory`, `trim`", "compact_ns": "`compact`"})


PARTS = {"analysis": analysis, "footprint": footprint, "allocation": allocation, "end": end, "neighbour": neighbour, "limits": limits}


def main(build, rounds="5", *parts):
    program = Path(build) / "bench" / "memory"
    if not program.exists():
        raise Failed(f"no program {program}: build the preset 'bench' first")
    if int(rounds) < 1:
        raise Failed(f"{rounds} rounds, allowed: 1 or more")
    for part in parts:
        if part not in PARTS:
            raise Failed(f"no part '{part}'; there are: {' '.join(PARTS)}")
    for part in parts or PARTS:
        PARTS[part](Measurer(str(program), int(rounds)))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Failed, TypeError, ValueError) as e:
        sys.exit(f"{e}\nusage: strategies.py BUILD_DIRECTORY [ROUNDS [{'|'.join(PARTS)}]...]")
