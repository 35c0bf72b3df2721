# SPDX-License-Identifier: Apache-2.0
"""The benchmark runner, on programs whose answers are known."""

import contextlib
import io
import json
import os
import re
import stat
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from runner import __main__ as command, plots, stats  # noqa: E402
from runner.rows import SUITES  # noqa: E402

PROGRAM = """#!{python}
import os, sys
if sys.argv[1] == "--rows":
    print("server_hop\\nidle_server\\nrequest\\ntimer\\nring")
elif sys.argv[1] == "--version":
    print({version!r})
else:
    sizes = dict(pair.split("=") for pair in sys.argv[3:])
    size = int(sizes.get("hops") or sizes.get("processes") or sizes.get("timers") or sizes.get("requests"))
    with open({calls!r}, "a") as calls:
        print({id!r}, *sys.argv[1:], file=calls)
    {body}
"""

RIGHT = """
    check = size * (size + 1) // 2 + size if sys.argv[1] == "request" else size
    print("check", check)
    print("bytes" if sys.argv[1] == "idle_server" else "ns", size * {units})
    if sys.argv[1] == "request": print("p50 1\\np99 2\\np999 3")
"""


class Runner(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name)
        self.calls = self.build / "calls"

    def program(self, path, units=1, version="1", body=RIGHT):
        target = self.build / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(PROGRAM.format(python=sys.executable, version=version, calls=str(self.calls), id=target.name,
                                         body=body.strip().format(units=units)))
        target.chmod(target.stat().st_mode | stat.S_IXUSR)

    def ours(self, units=1, **more):
        self.program("rows", units, more.pop("version", "foundation 0 (release), GCC"), **more)

    def go(self, units=1, **more):
        self.program("peers/go/go", units, **more)

    def bench(self, *arguments):
        """Exit status, what was printed, and what was complained about."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = command.main(["--build", str(self.build), *arguments])
            except SystemExit as exit:
                status = exit.code
        return status, out.getvalue(), err.getvalue()

    def rows(self, *arguments):
        """The results as JSON, by id and schedulers."""
        file = self.build / "results.json"
        self.status, self.out, self.err = self.bench("--json", str(file), *arguments)
        return {(row["id"], row["schedulers"]): row for row in json.loads(file.read_text())["rows"]}


class Measuring(Runner):
    def test_a_figure_is_what_was_measured_by_unit(self):
        self.ours(units=25)
        row = self.rows("--only", "server_hop", "--runs", "2", "--schedulers", "1")["server_hop", 1]
        self.assertEqual((row["ours"], row["unit"]), (25, "ns"))
        self.assertEqual((row["details"]["foundation"]["runs"], row["details"]["foundation"]["mad"]), (2, 0))
        self.assertGreater(row["details"]["foundation"]["rss_bytes"], 1 << 20)
        self.assertGreater(row["details"]["foundation"]["cpu_ns"], 0)
        self.assertEqual(self.status, 0)

    def test_programs_take_turns_in_rounds(self):
        self.ours()
        self.go()
        self.rows("--only", "timer", "--runs", "3", "--schedulers", "2")
        self.assertEqual([line.split()[0] for line in self.calls.read_text().splitlines()], ["rows", "go"] * 3)
        self.assertEqual(self.calls.read_text().splitlines()[0], "rows timer 2 timers=1000000")

    def test_each_number_of_schedulers_is_measured(self):
        self.ours()
        self.assertEqual(list(self.rows("--only", "timer", "--runs", "1", "--schedulers", "2,1,2")),
                         [("timer", 2), ("timer", 1)])

    def test_a_goal_is_met_or_not_by_the_ratio_to_the_peer(self):
        self.ours(units=10)
        self.go(units=20)
        row = self.rows("--only", "timer", "--runs", "1", "--schedulers", "1")["timer", 1]
        self.assertEqual((row["peers"]["go"], row["goal"], row["met"]), (20, "≤ 0.5 go", True))
        self.go(units=19)
        self.assertIs(self.rows("--only", "timer", "--runs", "1", "--schedulers", "1")["timer", 1]["met"], False)

    def test_a_goal_in_units_needs_no_peer(self):
        self.ours(units=400)
        self.assertIs(self.rows("--only", "idle_server", "--runs", "1", "--schedulers", "1")["idle_server", 1]["met"], True)
        self.ours(units=401)
        self.assertIs(self.rows("--only", "idle_server", "--runs", "1", "--schedulers", "1")["idle_server", 1]["met"], False)

    def test_a_goal_whose_peer_was_not_measured_is_neither_met_nor_missed(self):
        self.ours()
        self.assertIsNone(self.rows("--only", "timer", "--runs", "1", "--schedulers", "1")["timer", 1]["met"])

    def test_latencies_are_in_the_table_and_in_the_file(self):
        self.ours()
        row = self.rows("--only", "request", "--runs", "1", "--schedulers", "1")["request", 1]
        self.assertEqual(row["details"]["foundation"]["p999"], 3)
        self.assertIn("request schedulers=1 foundation: p50 1 ns, p99 2 ns, p999 3 ns", self.out)


    def test_a_smoke_run_does_a_thousandth_of_the_work_once(self):
        self.ours()
        self.rows("--only", "timer", "--smoke", "--runs", "9", "--schedulers", "1")
        self.assertEqual(self.calls.read_text(), "rows timer 1 timers=1000\n")


class Refusing(Runner):
    def test_a_wrong_result_is_an_error_and_never_a_time(self):
        self.ours()
        self.go(body='print("check", size - 1); print("ns", 1)')
        row = self.rows("--only", "timer", "--runs", "3", "--schedulers", "1")["timer", 1]
        self.assertIsNone(row["peers"]["go"])
        self.assertIn("wrong result: check is 999999, should be 1000000", self.err)
        self.assertEqual(self.status, 1)
        self.assertEqual(self.calls.read_text().count("go timer"), 1)  # not asked again

    def test_a_program_that_fails_is_named_with_what_it_said(self):
        self.ours(body='sys.exit("no memory")')
        self.assertIsNone(self.rows("--only", "timer", "--runs", "1", "--schedulers", "1")["timer", 1]["ours"])
        self.assertRegex(self.err, r"rows timer 1 timers=1000000: exit status 1: no memory")

    def test_output_that_is_no_figure_is_an_error(self):
        self.ours(body='print("check", size); print("ns", "fast")')
        self.rows("--only", "timer", "--runs", "1", "--schedulers", "1")
        self.assertIn("printed 'ns fast', should be a name and an integer", self.err)

    def test_a_missing_measure_is_an_error(self):
        self.ours(body='print("check", size)')
        self.rows("--only", "timer", "--runs", "1", "--schedulers", "1")
        self.assertIn("printed no 'ns'", self.err)

    def test_a_debug_build_is_refused(self):
        self.ours(version="foundation 0 (debug), GCC")
        status, _, err = self.bench("--only", "timer")
        self.assertEqual(status, 1)
        self.assertIn("a debug or sanitizer build is not measured", err)
        self.assertFalse(self.calls.exists())

    def test_a_missing_peer_gets_a_line_that_says_what_to_install(self):
        self.ours()
        _, _, err = self.bench("--only", "timer", "--runs", "1", "--schedulers", "1")
        self.assertRegex(err, r"go is not measured: .*was not built \(package golang-go\)")

    def test_a_missing_program_of_ours_gets_a_line(self):
        status, _, err = self.bench()
        self.assertEqual(status, 1)
        self.assertIn("build the preset 'bench' first", err)

    def test_bad_arguments_are_named_with_what_is_allowed(self):
        for arguments, complaint in (
            (["--runs", "0"], "argument --runs: '0' is no whole number from 1 to 1000"),
            (["--runs", "1,2"], "argument --runs: '1,2' is not one number"),
            (["--schedulers", "1,x"], "argument --schedulers: 'x' is no whole number from 1 to 1024"),
            (["--only", "hops"], "--only: no row 'hops'; there are: server_hop"),
            (["--suite", "all_of_it"], "invalid choice: 'all_of_it'"),
            (["--json", "/nowhere/file"], "--json: '/nowhere/file' is not in a folder that can be written to"),
            (["server_hop"], "unrecognized arguments: server_hop"),
        ):
            with self.subTest(arguments):
                status, _, err = self.bench(*arguments)
                self.assertEqual(status, 2)
                self.assertIn(complaint, err)


class Reporting(Runner):
    def test_the_report_needs_nothing_else(self):
        self.ours(units=1)
        self.go(units=3)
        self.rows("--only", "timer", "--only", "ring_100", "--only", "ring_1000", "--runs", "2", "--schedulers", "1")
        html = (self.build / "report.html").read_text()
        self.assertIn("≤ 0.5 go", html)
        self.assertRegex(html, r"<td>timer</td><td>1</td><td>\d+ MiB, \d\.\d\d s</td>")
        self.assertNotRegex(html, r"(src|href)=['\"]?https?:")
        self.assertEqual(html.count("<svg"), 2 if plots.available() else 0)

    def test_what_programs_say_is_escaped(self):
        self.ours(version="<b>(release)")
        self.rows("--only", "timer", "--runs", "1", "--schedulers", "1")
        self.assertIn("&lt;b&gt;(release)", (self.build / "report.html").read_text())

    def test_the_file_says_on_what_machine_and_of_what(self):
        self.ours()
        self.rows("--only", "timer", "--runs", "1", "--schedulers", "1")
        machine = json.loads((self.build / "results.json").read_text())["machine"]
        for name in ("cpu", "cpus", "kernel", "system", "commit", "versions", "date"):
            self.assertIn(name, machine)


class Rows(unittest.TestCase):
    def test_ids_are_unique(self):
        ids = [row.id for suite in SUITES.values() for row in suite]
        self.assertEqual(len(ids), len(set(ids)))

    def test_every_row_has_a_right_answer_and_a_divisor_above_zero(self):
        for suite in SUITES.values():
            for row in suite:
                self.assertGreater(row.check(row.sizes), 0, row.id)
                self.assertGreater(row.divide_by(row.sizes), 0, row.id)

    def test_the_document_names_every_row_with_a_goal(self):
        text = (Path(__file__).resolve().parents[2] / "docs/benchmarks.md").read_text()
        for row in SUITES["rows"]:
            self.assertTrue(re.search(rf"`{row.id}`", text), f"docs/benchmarks.md does not say what {row.id} is")


class Stats(unittest.TestCase):
    def test_the_deviation_is_the_median_one(self):
        self.assertEqual(stats.mad([1, 2, 3, 4, 100]), 1)
        self.assertEqual(stats.mad([7]), 0)


if __name__ == "__main__":
    os.environ["COLUMNS"] = "200"
    unittest.main()
