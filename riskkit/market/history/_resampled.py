"""History drawn anew: joint returns of the past in random blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from riskkit._core.format import percent
from riskkit._core.frozen import FrozenMap, memoized
from riskkit._core.validation import number, require_known
from riskkit.market.history._block_length import block_for_clusters
from riskkit.market.history._past_prices import PastPrices

__all__ = ["Resampled"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Resampled(PastPrices):
    """Joint returns of the past in random blocks; in a `Market` it takes the place of assets and correlation.

    Parameters
    ----------
    prices : DataFrame, or mapping of str to sequence
        Levels > 0, adjusted for splits and dividends; a row a step (DatetimeIndex, old to new), a column an asset.
        Rows that lack a price are left out. As a mapping, as files have it: the columns, and ``date`` in ISO form.
    block : float, optional
        Mean length of a block in rows, >= 1. By default the longest that Politis and White's rule gives for the
        returns and the absolute returns of each asset.
    expected_return : float or mapping of str to float, optional
        Yearly, > -1. By default what happened, which says little: its standard error is told in the assumptions.
    cash : mapping of str to float
        Further assets without risk: name → yearly return.
    splits : mapping of str to mapping of str to float
        Splits that the prices are not adjusted for: ``{"TSLA": {"2020-08-31": 5}}`` divides the prices of TSLA before
        that date by 5. A reverse split has a ratio below 1: 1/20 for 1:20.
    real_moves : mapping of str to sequence of str
        Moves beyond +95 % or -95 % in a day that did happen: ``{"MRNA": ["2026-08-19"]}`` lets that one in.
    allow_dropped_rows : bool
        Whether more than half of the rows, or of the time, may be left out for want of prices.

    Raises
    ------
    InvalidInput
        As `fit`, and if fewer than 20 returns are complete, or more than half of the rows are not.

    Warns
    -----
    RiskkitWarning
        If a move looks like a split; if rows are left out: with the column that most of them lack, and their share; if
        there is a blank stretch without complete rows, over which no return is drawn.

    Notes
    -----
    The stationary bootstrap (Politis and Romano 1994): blocks of geometric length begin at rows that are all alike
    likely, and run on from the last row to the first. Log returns are shifted, step by step and alike on all paths, so
    that E[S_t] = (1 + m)**t. But for that shift no step is worse than one that did happen; days beyond are for shocks.
    The steps of a scenario must be as frequent as the rows.
    """

    block: float | None = None
    expected_return: float | Mapping[str, float] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        names = list(self.levels.columns)
        block = block_for_clusters(self.returns) if self.block is None else self.block
        most = float(len(self.returns))
        object.__setattr__(self, "block", number("Resampled: block", block, at_least=1.0, at_most=most))
        what, expected = "Resampled: expected_return", self.expected_return
        if isinstance(expected, Mapping):
            require_known(what, expected, names)
            require_known(f"{what} must name each column of prices; each column", names, expected)
            means = {name: number(f"{what} of {name!r}", expected[name], above=-1.0) for name in names}
            object.__setattr__(self, "expected_return", FrozenMap(means))
        elif expected is not None:
            object.__setattr__(self, "expected_return", number(what, expected, above=-1.0))

    def expected(self) -> dict[str, float]:
        """Yearly returns: those asked for, or else those that happened."""
        if self.expected_return is None:
            return super().expected()
        if isinstance(self.expected_return, Mapping):
            return dict(self.expected_return)
        return dict.fromkeys(self.levels.columns, self.expected_return)

    @memoized
    def recentring(self, assets: int, steps: int) -> Array:
        """Log growth of each step that makes up for the mean of what the days before have done (step, asset).

        Days that follow each other depend on each other, so the mean of a product of days is not the product of their
        means; it is followed over all rows, from which a path may have come.
        """
        growth, stay = np.exp(self._centred), 1.0 - 1.0 / cast(float, self.block)
        result = np.zeros((steps, assets))
        weight = np.full_like(growth, 1.0 / len(growth))
        for step in range(steps):
            grown = weight * growth
            total = grown.sum(axis=0)
            result[step, : growth.shape[1]] = -np.log(total)
            grown /= total
            weight = stay * np.roll(grown, 1, axis=0) + (1.0 - stay) / len(growth)
        return result

    def centred(self, dt: float) -> Array:
        """Log returns, shifted so that the mean of their exponentials is 1 (row, column)."""
        return self._centred

    @property
    def block_end_probability(self) -> float:
        """One over the mean length of a block."""
        return 1.0 / cast(float, self.block)

    def describe(self) -> str:
        """Return what it does, and how sure the expected returns are where they are history's own."""
        words = f"Returns are drawn from {self.span} in blocks of {self.block:.3g} rows on average"
        if self.expected_return is not None:
            return words
        errors = self.returns.std(axis=0, ddof=1) * self.steps_per_year / np.sqrt(len(self.returns))
        means = (
            f"{name} {percent(mean)} ± {percent(float((1.0 + mean) * error))}"
            for (name, mean), error in zip(self.expected().items(), errors, strict=True)
        )
        return f"{words}; expected returns are those of that time: {', '.join(means)} (standard error)"

    @property
    def _centred(self) -> Array:
        """Log returns, shifted so that the mean of their exponentials is 1 (row, column)."""
        centred: Array = self.returns - np.log(np.exp(self.returns).mean(axis=0))
        return centred

    def _identity(self) -> tuple[Any, ...]:
        return (*super()._identity(), self.block, self.expected_return)
