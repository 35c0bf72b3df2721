# SPDX-License-Identifier: Apache-2.0
"""What is said of several measurements of one thing. Medians: a virtual machine's bad moments are no property of a program."""

from statistics import median

__all__ = ["mad", "median"]


def mad(values):
    """The median absolute deviation from the median: how far a typical measurement is off."""
    middle = median(values)
    return median(abs(value - middle) for value in values)
