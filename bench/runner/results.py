# SPDX-License-Identifier: Apache-2.0
"""The results as JSON, for programs: rows as documented in docs/benchmarks.md."""

import json

from . import table


def to_json(results, peers, machine, failures):
    return json.dumps({"rows": [_row(result, peers) for result in results], "machine": machine, "failures": failures},
                      indent=1, ensure_ascii=False) + "\n"


def _row(result, peers):
    return {
        "id": result.row.id,
        "schedulers": result.schedulers,
        "unit": result.row.unit,
        "ours": result.ours.value if result.ours else None,
        "peers": {peer: result.figures[peer].value if peer in result.figures else None for peer in peers},
        "goal": table.goals(result) or None,
        "met": result.met,
        "what": result.row.what,
        "sizes": dict(result.row.sizes),
        "details": {program: _details(f) for program, f in result.figures.items()},
    }


def _details(f):
    return {"median": f.value, "mad": f.mad, "runs": f.runs, "rss_bytes": f.rss_bytes, "cpu_ns": f.cpu_ns, **f.latencies}
