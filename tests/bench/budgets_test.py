# SPDX-License-Identifier: Apache-2.0
"""The comparison with instruction budgets, on a valgrind whose counts are known."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "budgets/budgets.py"

# Writes what callgrind would: a walk of ten units, in the program, in a call of it, and in the C library.
VALGRIND = """#!{python}
import sys
out = next(a.split("=", 1)[1] for a in sys.argv if a.startswith("--callgrind-out-file="))
with open(out + ".1", "w") as dump:
    dump.write('''desc: Trigger: Client Request: send 10
ob=/program
fn=fn::send<item>(fn::pid, item)
10 800
fn=fn::send<item>(fn::pid, item)'2
10 100
fn=void fn::(anonymous namespace)::push<int (*)(int)>(int) const &&
+2 100
calls=1 0
12 5000
ob=/lib/libc.so.6
fn=malloc
10 7000
''')
print("GCC-12 walked")
"""


class Budgets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.budgets = self.folder / "budgets.txt"
        valgrind = self.folder / "valgrind"
        valgrind.write_text(VALGRIND.format(python=sys.executable))
        valgrind.chmod(0o755)

    def run_with(self, text, *options):
        self.budgets.write_text(text)
        run = subprocess.run([sys.executable, "-B", str(SCRIPT), "/program", str(self.budgets), *options],
                             env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}, capture_output=True, text=True)
        return run.returncode, run.stdout

    def test_counts_are_those_of_the_program_by_unit_without_what_it_calls_elsewhere(self):
        status, _ = self.run_with("# of old\n", "--write")
        self.assertEqual((status, self.budgets.read_text()), (0, "# of old\ncompiler GCC-12\nsend 100\n"))

    def test_functions_are_shown_by_walk_without_arguments_and_the_greatest_first(self):
        status, said = self.run_with("", "--functions")
        self.assertEqual((status, said), (0, "send 100\n     90  fn::send\n     10  fn::push\n"))

    def test_a_walk_within_its_budget_passes(self):
        self.assertEqual(self.run_with("compiler GCC-12\nsend 99\n")[0], 0)

    def test_a_walk_over_its_budget_fails(self):
        status, said = self.run_with("compiler GCC-12\nsend 97\n")
        self.assertEqual(status, 1)
        self.assertRegex(said, r"send +100 of +97 +\+3.1% over its budget")

    def test_one_that_takes_less_is_to_be_recorded(self):
        status, said = self.run_with("compiler GCC-12\nsend 110\n")
        self.assertEqual(status, 0)
        self.assertIn("less than recorded: --write", said)

    def test_a_walk_that_is_not_recorded_fails_and_so_does_one_that_is_gone(self):
        status, said = self.run_with("compiler GCC-12\ntake 100\n")
        self.assertEqual(status, 1)
        self.assertIn("send: is not both measured and recorded", said)
        self.assertIn("take: is not both measured and recorded", said)

    def test_another_compiler_is_not_compared(self):
        self.assertEqual(self.run_with("compiler GCC-13\nsend 1\n")[0], 77)


if __name__ == "__main__":
    unittest.main()
