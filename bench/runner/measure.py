# SPDX-License-Identifier: Apache-2.0
"""Runs the programs of each row in turn, round after round, so that a bad minute of the machine hits them all."""

from dataclasses import dataclass

from .programs import Failed
from .stats import mad, median

OURS = "foundation"


@dataclass(frozen=True)
class Figure:
    """What several runs of one program say together."""

    value: float
    mad: float
    runs: int
    rss_bytes: float
    cpu_ns: float
    latencies: dict

    @staticmethod
    def of(samples):
        values = [sample.value for sample in samples]
        return Figure(
            value=median(values),
            mad=mad(values),
            runs=len(values),
            rss_bytes=median(sample.rss_bytes for sample in samples),
            cpu_ns=median(sample.cpu_ns for sample in samples),
            latencies={name: median(s.latencies[name] for s in samples) for name in samples[0].latencies},
        )


@dataclass(frozen=True)
class Result:
    row: object
    schedulers: int
    figures: dict  # by program; without those that failed or do not have the row

    @property
    def ours(self):
        return self.figures.get(OURS)

    def ratio(self, peer):
        """Our figure by the peer's, or none."""
        if self.ours is None or peer not in self.figures or self.figures[peer].value <= 0:
            return None
        return self.ours.value / self.figures[peer].value

    @property
    def met(self):
        """Whether every goal is met; none where there is no goal, or what it compares with was not measured."""
        answers = [self._met(goal) for goal in self.row.goals_at(self.schedulers)]
        if False in answers:
            return False
        return None if None in answers or not answers else True

    def _met(self, goal):
        if self.ours is None:
            return None
        if goal.peer is None:
            return self.ours.value <= goal.factor
        ratio = self.ratio(goal.peer)
        return None if ratio is None else ratio <= goal.factor


def measure(rows, schedulers, runs, programs, progress):
    """Every row at every number of schedulers. Returns the results, and a line for each failure; a program that has failed
    a row is not asked for it again."""
    plan = [(row, count, [program for program in programs if program.has(row)]) for row in rows for count in schedulers]
    progress.begin(sum(min(runs, row.runs or runs) * len(able) for row, _, able in plan))
    results, failures = [], []
    for row, count, able in plan:
        samples = {program.id: [] for program in able}
        rounds = min(runs, row.runs or runs)
        for number in range(rounds):
            for program in list(able):
                progress.show(f"{row.id} schedulers={count} round {number + 1}/{rounds} {program.id}")
                try:
                    samples[program.id].append(program.run(row, count))
                    progress.done(1)
                except Failed as failure:
                    failures.append(str(failure))
                    able.remove(program)
                    del samples[program.id]
                    progress.done(rounds - number)
        results.append(Result(row, count, {id: Figure.of(taken) for id, taken in samples.items() if taken}))
    progress.end()
    return results, failures
