# SPDX-License-Identifier: Apache-2.0
"""The results as one HTML file that needs nothing else: it can be mailed."""

from html import escape

from . import plots, table
from .measure import OURS

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap }
th:first-child, td:first-child, td:nth-last-child(2) { text-align: left }
.met { background: #e6f4e6 } .missed { background: #fbe9e7 }
dt { font-weight: 600 } dd { margin: 0 0 .4rem 1rem }
svg { max-width: 100%; height: auto }
"""


def html(results, peers, machine, failures):
    parts = ["<!doctype html><html lang='en'><head><meta charset='utf-8'><title>foundation: benchmarks</title>",
             f"<style>{STYLE}</style></head><body><h1>foundation beside its peers</h1>",
             "<p>Medians ± median absolute deviation; less is better everywhere. In brackets: foundation's figure by the "
             "peer's. All programs ran in turn, on one machine, in one run.</p>",
             _table(results, peers), _latencies(results), _resources(results, peers), _failures(failures), _plots(results, peers),
             "<h2>What the rows are</h2>", _definitions((r.row.id, _what(r.row)) for r in _one_each(results)),
             "<h2>Machine and versions</h2>", _definitions(_flat(machine)), "</body></html>\n"]
    return "\n".join(part for part in parts if part)


def _table(results, peers):
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in table.header(peers)) + "</tr>"]
    for result in results:
        kind = {True: " class='met'", False: " class='missed'", None: ""}[result.met]
        lines.append(f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in table.cells(result, peers)) + "</tr>")
    return "<table>" + "\n".join(lines) + "</table>"


def _latencies(results):
    lines = []
    for result in results:
        for program, figure in result.figures.items():
            if figure.latencies:
                cells = [result.row.id, str(result.schedulers), program, *(f"{v:,.0f}" for v in figure.latencies.values())]
                lines.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    if not lines:
        return ""
    head = "<tr><th>row</th><th>schedulers</th><th>program</th><th>p50 ns</th><th>p99 ns</th><th>p99.9 ns</th></tr>"
    return "<h2>Latencies</h2><table>" + head + "\n".join(lines) + "</table>"


def _resources(results, peers):
    """What the whole process took, its start and its warm-up included."""
    programs = [OURS, *peers]
    head = "".join(f"<th>{escape(program)}</th>" for program in programs)
    lines = [f"<tr><th>row</th><th>schedulers</th>{head}</tr>"]
    for result in results:
        taken = [result.figures.get(program) for program in programs]
        cells = [f"{f.rss_bytes / 2**20:,.0f} MiB, {f.cpu_ns / 1e9:.2f} s" if f else "-" for f in taken]
        lines.append("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in [result.row.id, str(result.schedulers), *cells]) + "</tr>")
    return "<h2>Resident memory at its peak, and CPU time</h2><table>" + "\n".join(lines) + "</table>"


def _failures(failures):
    if not failures:
        return ""
    return "<h2>Failures</h2><ul>" + "".join(f"<li>{escape(failure)}</li>" for failure in failures) + "</ul>"


def _plots(results, peers):
    if not plots.available():
        return "<p>No plots: gnuplot is not installed (package gnuplot-nox).</p>"
    counts = sorted({r.schedulers for r in results})
    grown = list(dict.fromkeys(r.row.name for r in results if r.row.x))
    drawn = [plots.ratios([r for r in results if not r.row.x], peers)]
    drawn += [plots.scaling(results, name, count) for name in grown for count in counts]
    drawn = [svg for svg in drawn if svg]
    return "<h2>Plots</h2>" + "\n".join(drawn) if drawn else ""


def _what(row):
    return f"{row.what} ({', '.join(f'{name}={value:,}' for name, value in row.sizes.items())})"


def _one_each(results):
    return {result.row.id: result for result in results}.values()


def _flat(machine):
    for name, value in machine.items():
        if isinstance(value, dict):
            yield from ((f"{name}: {key}", text) for key, text in value.items())
        else:
            yield name, value


def _definitions(pairs):
    return "<dl>" + "".join(f"<dt>{escape(str(name))}</dt><dd>{escape(str(text))}</dd>" for name, text in pairs) + "</dl>"
