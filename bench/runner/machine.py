# SPDX-License-Identifier: Apache-2.0
"""What a figure depends on besides the programs: recorded with every result."""

import datetime
import os
import platform
import subprocess
from pathlib import Path


def describe(programs, root):
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "system": _system(),
        "commit": _commit(root),
        "versions": {program.id: program.version for program in programs},
        "load_before": round(os.getloadavg()[0], 2),
    }


def _cpu():
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _system():
    for line in _read("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.split("=", 1)[1].strip('"')
    return platform.system()


def _commit(root):
    """The commit that is checked out, and whether files differ from it; none outside of a repository."""
    def git(*arguments):
        return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + (" with changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _read(path):
    try:
        return Path(path).read_text()
    except OSError:
        return ""
