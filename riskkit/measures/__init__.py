"""Risk measures of wealth paths: drawdowns, tails and time under water.

Wealth is levels, never returns, with time on the first axis; the start counts as a peak. Losses and drawdowns are
positive fractions. Weights are one number a path (or observation), >= 0, and need not sum to 1.

A 1-D array or a Series is one path and gives one number. The columns of a DataFrame are separate series: a value for
each. An array (time, path) or (time, ..., path) is a simulation: what describes a single path gives a value a path,
and `cdar`, which is one tail of many drawdowns, pools the paths. With ``weights=`` the paths, or the columns of a
DataFrame, always become one number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from riskkit._core.guessed_names import attribute_error
from riskkit.measures._drawdown import average_drawdown, drawdown, max_drawdown, ulcer_index
from riskkit.measures._drawdown_tail import cdar, conditional_expected_drawdown
from riskkit.measures._spells import drawdown_table, longest_under_water, time_under_water
from riskkit.measures._tail import expected_shortfall, var

__all__ = [
    "average_drawdown",
    "cdar",
    "conditional_expected_drawdown",
    "drawdown",
    "drawdown_table",
    "expected_shortfall",
    "longest_under_water",
    "max_drawdown",
    "time_under_water",
    "ulcer_index",
    "var",
]

if not TYPE_CHECKING:  # so that type checkers refuse names that do not exist

    def __getattr__(name: str) -> Any:
        raise attribute_error(__name__, name, f"module {__name__!r}")
