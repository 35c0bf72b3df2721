# SPDX-License-Identifier: Apache-2.0
"""Measures foundation beside its peers: `cmake/quickstart bench`. What is measured is in rows.py, by whom in programs.py."""
