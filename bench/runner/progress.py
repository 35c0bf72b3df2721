# SPDX-License-Identifier: Apache-2.0
"""A bar with what runs and what is left: on a terminal one line that changes, elsewhere a line for each row."""

import sys
import time

WIDTH = 24


class Progress:
    def __init__(self, stream=None, now=time.monotonic):
        self._stream = stream or sys.stderr
        self._now = now
        self._total = self._done = 0
        self._begun = now()
        self._shown = ""

    def begin(self, total):
        self._total = total
        self._begun = self._now()

    def show(self, what):
        if self._stream.isatty():
            self._stream.write(f"\r\033[K{self._bar()} {what}")
        elif what.split(" round ")[0] != self._shown:
            self._shown = what.split(" round ")[0]
            self._stream.write(f"{self._bar()} {self._shown}\n")
        self._stream.flush()

    def done(self, count):
        self._done += count

    def end(self):
        if self._stream.isatty():
            self._stream.write("\r\033[K")
            self._stream.flush()

    def _bar(self):
        part = self._done / self._total if self._total else 1
        filled = round(part * WIDTH)
        return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {self._done}/{self._total}{self._left(part)}"

    def _left(self, part):
        """As long as it took for what is done, in proportion."""
        if not 0 < part < 1:
            return ""
        seconds = round((self._now() - self._begun) * (1 - part) / part)
        return f" {seconds // 60}:{seconds % 60:02} left"
