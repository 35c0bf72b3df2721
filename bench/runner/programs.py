# SPDX-License-Identifier: Apache-2.0
"""The programs that are measured: foundation's own and its peers'. One call of `run` is one process, from start to end.

The protocol: `PROGRAM ROW SCHEDULERS NAME=VALUE...` prints lines `NAME VALUE`, among them `check`, which must be what the
row says, and the row's measure. `PROGRAM --rows` lists the rows it has, `PROGRAM --version` says what it is."""

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 300


class Failed(Exception):
    """A program went wrong, or its answer is."""


@dataclass(frozen=True)
class Sample:
    value: float  # in the row's unit
    rss_bytes: int  # the most the process had
    cpu_ns: int
    latencies: dict  # p50, p99, p999 in ns; empty where the row has none


@dataclass
class Program:
    id: str
    command: list
    environment: dict
    rows: frozenset
    version: str

    def has(self, row):
        return row.name in self.rows and self.id not in row.not_for

    def run(self, row, schedulers):
        arguments = [row.name, str(schedulers)] + [f"{name}={value}" for name, value in row.sizes.items()]
        output, usage = _run(self.command + arguments, self.environment)
        shown = f"{self.id} {' '.join(arguments)}"
        printed = _parse(shown, output)
        for name in ("check", row.measure) + (("p50", "p99", "p999") if row.latency else ()):
            if name not in printed:
                raise Failed(f"{shown}: printed no '{name}'")
        expected = row.check(row.sizes)
        if printed["check"] != expected:
            raise Failed(f"{shown}: wrong result: check is {printed['check']}, should be {expected}")
        return Sample(
            value=printed[row.measure] / row.divide_by(row.sizes),
            rss_bytes=usage.ru_maxrss * 1024,
            cpu_ns=round((usage.ru_utime + usage.ru_stime) * 1e9),
            latencies={name: printed[name] for name in ("p50", "p99", "p999")} if row.latency else {},
        )


def _run(command, environment):
    """Its output and its own resource usage. A program that fails, or takes too long, is an error."""
    shown = " ".join(command)
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   env={**os.environ, **environment}, start_new_session=True)
        timed_out = _wait(process)
        out.seek(0)
        err.seek(0)
        complaint = " | ".join(err.read().strip().splitlines()[-3:])
        if timed_out:
            raise Failed(f"{shown}: not done after {TIMEOUT_S} s")
        if process.returncode != 0:
            raise Failed(f"{shown}: exit status {process.returncode}: {complaint or 'it said nothing'}")
        return out.read(), process.usage


def _wait(process):
    """Waits for its end, whose resource usage subprocess does not tell. Returns whether it had to be killed."""
    import signal
    import threading

    timed_out = threading.Event()

    def end_it():
        timed_out.set()
        os.killpg(process.pid, signal.SIGKILL)

    alarm = threading.Timer(TIMEOUT_S, end_it)
    alarm.start()
    try:
        _, status, process.usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    except BaseException:  # the user's Ctrl-C: the program is in a session of its own and would run on
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        alarm.cancel()
    return timed_out.is_set()


def _parse(shown, output):
    printed = {}
    for line in output.splitlines():
        try:
            name, value = line.split()
            printed[name] = int(value)
        except ValueError:
            raise Failed(f"{shown}: printed '{line}', should be a name and an integer") from None
    return printed


def _described(id, command, environment):
    rows, _ = _run(command + ["--rows"], environment)
    version, _ = _run(command + ["--version"], environment)
    return Program(id, command, environment, frozenset(rows.split()), version.strip())


# What a peer is called, where its program is in the build folder, and what to install for it.
PEERS = {"go": ("peers/go/go", "golang-go"), "beam": ("peers/beam/run", "erlang-base"),
         "caf": ("peers/caf", "libcaf-dev"), "boost_fiber": ("peers/boost_fiber", "libboost-fiber-dev")}


def ours(build):
    """foundation's own program. One that was built for looking at faults says nothing about speed, and is refused."""
    path = Path(build) / "rows"
    if not path.exists():
        raise Failed(f"no program {path}: build the preset 'bench' first, or use cmake/quickstart bench")
    program = _described("foundation", [str(path)], {})
    if "(release)" not in program.version:
        raise Failed(f"{path} is '{program.version}': a debug or sanitizer build is not measured")
    return program


def peers(build):
    """Those that were built, and a line for each that was not."""
    found, missing = [], []
    for id, (path, package) in PEERS.items():
        if (Path(build) / path).exists():
            program = (Path(build) / path).resolve()
            found.append(_described(id, [str(program)], {"BENCH_BEAM_DIR": str(program.parent)}))
        else:
            missing.append(f"{id} is not measured: {Path(build) / path} was not built (package {package})")
    return found, missing
