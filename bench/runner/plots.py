# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG text, drawn by gnuplot; none where that is not installed."""

import re
import shutil
import subprocess

COLOURS = {"foundation": "#1f5fa8", "go": "#00a0b0", "beam": "#a02860", "caf": "#8a7d20", "boost_fiber": "#6a6a6a"}


def available():
    return shutil.which("gnuplot") is not None


def ratios(results, peers):
    """How many times as long, or as large, each peer is than ours: a bar for each. None if there is nothing to compare."""
    bars = [(f"{r.row.id}, {r.schedulers}: {peer}", 1 / r.ratio(peer), peer) for r in results for peer in peers
            if r.ratio(peer)]
    if not bars:
        return None
    lines = ["$bars << END"]
    for place, (label, value, peer) in enumerate(bars):
        lines.append(f"{place} {value} {int(COLOURS[peer][1:], 16)} {_quoted(f'{value:.3g}')} {_quoted(label)}")
    lines += [
        "END", _terminal(900, 60 + 15 * len(bars)), "set logscale x", f"set yrange [{len(bars)}:-1]",
        "set ytics out nomirror", "set xtics out", "set style fill solid noborder", "set boxwidth 0.7",
        "set xlabel 'times what foundation takes (beyond the line: foundation takes less)'", "unset key",
        "set arrow from 1, graph 0 to 1, graph 1 nohead lw 1.5 lc rgb '#1f5fa8'",
        "plot $bars using (1):0:(1):2:($0-0.35):($0+0.35):3:ytic(5) with boxxyerror lc rgb variable, "
        "'' using 2:0:4 with labels left offset 0.5,0 font ',9'",
    ]
    return _drawn(lines)


def scaling(results, program_row, schedulers):
    """One kind of work at growing sizes, a line for each program; none with fewer than two sizes."""
    series = [r for r in results if r.row.x and r.row.name == program_row and r.schedulers == schedulers]
    if len(series) < 2:
        return None
    series.sort(key=lambda r: r.row.sizes[r.row.x])
    lines, drawn = [], []
    for program, colour in COLOURS.items():
        points = [(r.row.sizes[r.row.x], r.figures[program]) for r in series if program in r.figures]
        if points:
            lines += [f"${program} << END", *(f"{x} {f.value} {f.mad}" for x, f in points), "END"]
            drawn.append(f"${program} using 1:2:3 with yerrorlines pt 7 ps 0.5 lw 1.5 lc rgb '{colour}' title {_quoted(program)}")
    lines += [
        _terminal(700, 400), "set logscale xy", "set format x '10^{%L}'", "set grid lc rgb '#dddddd'", "set key outside",
        f"set xlabel {_quoted(series[0].row.x)}", f"set ylabel {_quoted(series[0].row.unit)}",
        f"set title {_quoted(f'{program_row}, schedulers: {schedulers}')}", "plot " + ", ".join(drawn),
    ]
    return _drawn(lines)


def _terminal(width, height):
    return f"set terminal svg size {width},{height} enhanced font 'sans-serif,11' background '#ffffff'"


def _quoted(text):
    """For gnuplot, in which an underscore would lower what follows."""
    return '"' + text.replace("_", r"\\_").replace('"', "'") + '"'


def _drawn(lines):
    """gnuplot's drawing, as an element to be put into HTML."""
    svg = subprocess.run(["gnuplot"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True).stdout
    return re.sub(r"^.*?(?=<svg)", "", svg, flags=re.DOTALL)
