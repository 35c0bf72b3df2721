# SPDX-License-Identifier: Apache-2.0
"""Instruction budgets of the hot walks (walks.cpp), which do not depend on the machine's mood.

budgets.py PROGRAM BUDGETS [--write | --functions]: runs PROGRAM under callgrind and compares what each walk takes with what is
recorded in the file BUDGETS; --write records it; --functions prints what each function takes, by walk. Counted are the program, in which the library is, and Boost; not the C library and what
allocates, which differ from machine to machine. Exit status 77: nothing to compare with here."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
TOLERANCE = 0.02  # the same code, laid out otherwise by the compiler
NOT_COUNTED = re.compile(r"/(libc|libstdc\+\+|libgcc_s|libmimalloc|ld-linux[^/]*)\.so")


def count(dump):
    """The walk's name and, by function, its instructions by unit, from one file of callgrind's."""
    trigger = re.search(r"^desc: Trigger: Client Request: (\w+) (\d+)$", dump, re.MULTILINE)
    if trigger is None:
        return None
    used, function, counted, of_call = {}, None, True, False
    for line in dump.splitlines():
        if line.startswith("ob="):
            counted = not NOT_COUNTED.search(line)
        elif line.startswith("fn="):
            function = line[3:]
        elif line.startswith("calls="):
            of_call = True
        elif re.match(r"[+*\d-]\S* \d+$", line):
            if counted and not of_call:
                used[function] = used.get(function, 0) + int(line.split()[1]) / int(trigger[2])
            of_call = False
    return trigger[1], used


def measure(program):
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--compress-strings=no",
             f"--callgrind-out-file={folder}/out", program], capture_output=True, text=True, timeout=300)
        if run.returncode != 0 or "walked" not in run.stdout:
            sys.exit(f"{program} under valgrind: exit status {run.returncode}\n{run.stderr[-2000:]}")
        dumps = sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        found = filter(None, (count(path.read_text()) for path in dumps))
        return run.stdout.split()[0], {walk: used for walk, used in found if walk != "cold"}


def print_functions(measured):
    for walk, used in measured.items():
        print(f"{walk} {sum(used.values()):.0f}")
        named = {}
        for function, instructions in used.items():
            named[short(function)] = named.get(short(function), 0) + instructions
        for name, instructions in sorted(named.items(), key=lambda entry: -entry[1]):
            if instructions >= 0.5:
                print(f"{instructions:7.0f}  {name}")


def short(function):
    """Without its arguments, what a template is made for, and namespaces that say nothing here."""
    function = re.sub(r"'\d+$", "", function)  # a recursion's
    function = re.sub(r"\(anonymous namespace\)::|foundation::|v0::", "", function)
    depth, kept = 0, ""
    for letter in re.sub(r"operator[<>()=]+", "operator", function.split("::{lambda")[0]):
        depth -= letter in ">)"
        if depth == 0 and letter not in "<>()":
            kept += letter
        depth += letter in "<("
    return re.sub(r"( const| &&| &)+$", "", kept).split(" ")[-1]


def recorded(path):
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return lines[0][1], {walk: float(budget) for walk, budget in lines[1:]}


def write(path, compiler, measured):
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    path.write_text("\n".join(head + [f"compiler {compiler}"] + [f"{walk} {used:.0f}" for walk, used in measured.items()]) + "\n")


def main(program, budgets, *options):
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        return SKIPPED
    path = Path(budgets)
    compiler, by_function = measure(program)
    if options == ("--functions",):
        print_functions(by_function)
        return 0
    measured = {walk: sum(used.values()) for walk, used in by_function.items()}
    if options == ("--write",):
        write(path, compiler, measured)
        return 0
    written_by, limits = recorded(path)
    if compiler != written_by:
        print(f"skipped: the budgets are those of {written_by}, this program is from {compiler}")
        return SKIPPED
    over = measured.keys() ^ limits.keys()
    for walk in sorted(over):
        print(f"{walk}: is not both measured and recorded")
    for walk in (walk for walk in measured if walk in limits):
        change = measured[walk] / limits[walk] - 1
        remark = "over its budget" if change > TOLERANCE else "less than recorded: --write" if change < -TOLERANCE else ""
        print(f"{walk:12} {measured[walk]:7.0f} of {limits[walk]:7.0f} {change:+7.1%} {remark}")
        if change > TOLERANCE:
            over = over | {walk}
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
