# SPDX-License-Identifier: Apache-2.0
"""The results as text: one table, ours beside each peer."""


def figure(value, unit):
    """Three digits or a little more, which is more than most figures are worth."""
    if unit == "bytes" or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def goals(result):
    return ", ".join(goal.text(result.row.unit) for goal in result.row.goals_at(result.schedulers))


def met(result):
    return {True: "met", False: "not met", None: "-"}[result.met]


def cells(result, peers):
    """One line of the table: id, schedulers, unit, ours, then each peer's figure with ours by it, goal, met."""
    row = [result.row.id, str(result.schedulers), result.row.unit]
    row.append(_with_mad(result.ours, result.row.unit) if result.ours else "failed")
    for peer in peers:
        theirs = result.figures.get(peer)
        ratio = result.ratio(peer)
        if theirs is None:
            row.append("-")
        elif ratio is None:
            row.append(_with_mad(theirs, result.row.unit))
        else:
            row.append(f"{_with_mad(theirs, result.row.unit)} ({ratio:.2f})")
    return row + [goals(result) or "-", met(result)]


def header(peers):
    return ["row", "schedulers", "unit", "foundation", *(f"{peer} (ours by it)" for peer in peers), "goal", ""]


def text(results, peers):
    lines = [header(peers)] + [cells(result, peers) for result in results]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    return "\n".join(shown + _latencies(results))


def markdown(results, peers):
    lines = [header(peers), ["---"] * len(header(peers))] + [cells(result, peers) for result in results]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _with_mad(f, unit):
    return f"{figure(f.value, unit)} ±{figure(f.mad, unit)}"


def _latencies(results):
    lines = []
    for result in results:
        for program, f in result.figures.items():
            if f.latencies:
                shown = ", ".join(f"{name} {value:,.0f} ns" for name, value in f.latencies.items())
                lines.append(f"{result.row.id} schedulers={result.schedulers} {program}: {shown}")
    return ["", "Latencies:"] + lines if lines else []
