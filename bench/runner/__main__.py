# SPDX-License-Identifier: Apache-2.0
"""`cmake/quickstart bench`: the command line."""

import argparse
import os
import signal
import sys
from pathlib import Path

from . import machine, programs, report, results, table
from .measure import measure
from .progress import Progress
from .rows import SUITES, small

ROOT = Path(__file__).resolve().parents[2]
MOST_RUNS = 1000
MOST_SCHEDULERS = 1024


def whole_numbers(option, most):
    """For argparse: `N,M`, each from 1 to `most`."""
    def parse(text):
        numbers = []
        for part in text.split(","):
            if not part.isdecimal() or not 1 <= int(part) <= most:
                raise argparse.ArgumentTypeError(f"'{part}' is no whole number from 1 to {most}")
            if int(part) not in numbers:
                numbers.append(int(part))
        return numbers

    parse.__name__ = option
    return parse


def one_number(option, most):
    def parse(text):
        numbers = whole_numbers(option, most)(text)
        if len(numbers) != 1:
            raise argparse.ArgumentTypeError(f"'{text}' is not one number")
        return numbers[0]

    return parse


def parser():
    p = argparse.ArgumentParser(prog="cmake/quickstart bench", allow_abbrev=False,
                                description="Measures foundation beside its peers, in turn, and prints one table.")
    p.add_argument("--suite", default="rows", choices=[*SUITES, "all"],
                   help="rows: the table with the goals (default); scale: the same work at growing sizes; all: both")
    p.add_argument("--only", action="append", metavar="ID", help="only this row; may be given again")
    p.add_argument("--schedulers", type=whole_numbers("schedulers", MOST_SCHEDULERS), default=[1, 2], metavar="N,M",
                   help="threads that run processes (default: 1,2)")
    p.add_argument("--runs", type=one_number("runs", MOST_RUNS), default=5, metavar="K",
                   help="rounds, whose medians are shown (default: 5)")
    p.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    p.add_argument("--html", type=Path, metavar="FILE", help="where the report goes (default: report.html in the build folder)")
    p.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there, for a document")
    p.add_argument("--smoke", action="store_true",
                   help="a thousandth of the work, once: whether everything works, not how fast")
    p.add_argument("--list", action="store_true", help="only say what would be measured")
    p.add_argument("--build", type=Path, default=ROOT / "build/bench/bench", metavar="DIR", help=argparse.SUPPRESS)
    return p


def chosen_rows(suite, only):
    """The rows, or a ValueError that names what was given and what there is."""
    rows = [row for name in SUITES if suite in (name, "all") for row in SUITES[name]]
    if not only:
        return rows
    known = {row.id: row for rows in SUITES.values() for row in rows}
    for id in only:
        if id not in known:
            raise ValueError(f"--only: no row '{id}'; there are: {' '.join(known)}")
    return [known[id] for id in dict.fromkeys(only)]


def main(arguments=None):
    p = parser()
    options = p.parse_args(arguments)
    try:
        rows = chosen_rows(options.suite, options.only)
    except ValueError as wrong:
        p.error(str(wrong))
    html = options.html or options.build / "report.html"
    for name, path in (("--json", options.json), ("--html", html), ("--markdown", options.markdown)):
        if path is not None and not options.list and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
            p.error(f"{name}: '{path}' is not in a folder that can be written to")

    if options.smoke:
        rows, options.runs = [small(row) for row in rows], 1
    if options.list:
        for row in rows:
            print(f"{row.id}: {row.what}, in {row.unit}")
        return 0

    try:
        ours = programs.ours(options.build)
        peers, missing = programs.peers(options.build)
    except programs.Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    for line in missing:
        print(f"bench: {line}", file=sys.stderr)
    ids = [peer.id for peer in peers]
    about = machine.describe([ours, *peers], ROOT)
    if about["load_before"] > 0.5:
        print(f"bench: the machine is busy (load {about['load_before']}): figures will be off", file=sys.stderr)

    measured, failures = measure(rows, options.schedulers, options.runs, [ours, *peers], Progress())
    print(table.text(measured, ids))
    if options.json:
        options.json.write_text(results.to_json(measured, ids, about, failures))
    if options.markdown:
        options.markdown.write_text(table.markdown(measured, ids) + "\n")
    html.write_text(report.html(measured, ids, about, failures))
    print(f"\nreport: {html}")
    for failure in failures:
        print(f"bench: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as for Ctrl-C: the program that runs ends too
    sys.exit(main())
