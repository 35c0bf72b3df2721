# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG text, drawn by matplotlib; none where that is not installed."""

import io
import re

COLOURS = {"foundation": "#1f5fa8", "go": "#00a0b0", "beam": "#a02860", "caf": "#8a7d20", "boost_fiber": "#6a6a6a"}


def available():
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def ratios(results, peers):
    """How many times as long, or as large, each peer is than ours: a group of bars for each row."""
    rows = [r for r in results if any(r.ratio(peer) for peer in peers)]
    if not rows:
        return None
    figure, axes = _figure(9, 0.9 + 0.22 * len(rows) * max(1, len(peers)))
    height = 0.8 / max(1, len(peers))
    for number, peer in enumerate(peers):
        places, values = [], []
        for place, result in enumerate(rows):
            if result.ratio(peer):
                places.append(place + number * height)
                values.append(1 / result.ratio(peer))
        axes.barh(places, values, height=height, label=peer, color=COLOURS.get(peer))
        for place, value in zip(places, values):
            axes.annotate(f" {value:.3g}", (value, place), va="center", fontsize=7)
    axes.axvline(1, color=COLOURS["foundation"], label="foundation = 1")
    axes.set_xscale("log")
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(rows))])
    axes.set_yticklabels([f"{r.row.id}, {r.schedulers}" for r in rows])
    axes.invert_yaxis()
    axes.set_xlabel("times foundation's figure (more than 1: foundation takes less)")
    axes.legend(fontsize=8)
    return _svg(figure)


def scaling(results, program_row, schedulers):
    """One kind of work at growing sizes, a line for each program; none with fewer than two sizes."""
    series = [r for r in results if r.row.x and r.row.name == program_row and r.schedulers == schedulers]
    if len(series) < 2:
        return None
    series.sort(key=lambda r: r.row.sizes[r.row.x])
    figure, axes = _figure(7, 4)
    for program in COLOURS:
        points = [(r.row.sizes[r.row.x], r.figures[program]) for r in series if program in r.figures]
        if points:
            axes.errorbar([x for x, _ in points], [f.value for _, f in points], yerr=[f.mad for _, f in points],
                          marker="o", markersize=4, capsize=2, label=program, color=COLOURS[program])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(series[0].row.x)
    axes.set_ylabel(series[0].row.unit)
    axes.set_title(f"{program_row}, schedulers: {schedulers}", fontsize=10)
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(fontsize=8)
    return _svg(figure)


def _figure(width, height):
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width, height), layout="constrained")


def _svg(figure):
    from matplotlib import pyplot

    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    return re.sub(r"^.*?(?=<svg)", "", out.getvalue(), flags=re.DOTALL)  # HTML wants the element alone
