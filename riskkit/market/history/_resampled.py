"""The stationary bootstrap: joint past returns in random blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import EXPECTED_RETURN, VOLATILITY, fraction, plausible
from riskkit._core.frozen import FrozenMap, memoized, set_fields
from riskkit._core.validation import number, require_known
from riskkit.market.history._block_length import mean_block_length
from riskkit.market.history._past_prices import PastPrices

__all__ = ["Resampled"]


@dataclass(frozen=True, eq=False, repr=False)
class Resampled(PastPrices):
    """Stationary bootstrap of joint past returns; in a `Market` it replaces assets and correlation.

    Parameters
    ----------
    prices : DataFrame, or mapping of str to sequence
        Prices > 0, adjusted for splits and dividends; one row per step (DatetimeIndex, old to new), one column per
        asset. Rows with a missing price are left out. As a mapping, as in files: the columns, and ``date`` in ISO form.
    block : float, optional
        Mean length of a block in rows, >= 1. By default the longest that Politis and White's rule gives for the
        returns and the absolute returns of each asset.
    expected_return : float or mapping of str to float, optional
        Yearly, as in `Asset`. By default the realized return, a poor estimate: the assumptions give its standard error.
    cash : mapping of str to float
        Further assets without risk: name → yearly return, > -1, at most 1.
    splits : mapping of str to mapping of str to float
        Splits not yet in the prices: ``{"TSLA": {"2020-08-31": 5}}`` divides the prices of TSLA before
        that date by 5. A reverse split has a ratio below 1: 1/20 for 1:20.
    real_moves : mapping of str to sequence of str
        Real moves beyond +95 % or -95 % in a day: ``{"MRNA": ["2026-08-19"]}`` accepts that one.
    allow_dropped_rows : bool
        Whether more than half of the rows, or of the time, may be left out because of missing prices.

    Raises
    ------
    InvalidInput
        As `fit`, and if fewer than 20 returns are complete, or more than half of the rows are not; if an expected
        return, given or realized, is above 5, or a volatility above 10.

    Warns
    -----
    RiskkitWarning
        If a move looks like a split; if rows are left out: with the column that most of them lack, and their share; if
        there is a long gap without complete rows, over which no return is drawn; if an expected return is above 2 or a
        volatility above 5.

    Notes
    -----
    The stationary bootstrap (Politis and Romano 1994): blocks of geometric length start at uniformly drawn rows; the
    first row follows the last. Log returns are shifted, by the same amount on all paths in each step, so that
    E[S_t] = (1 + m)**t. Apart from that shift no step is worse than one in the past; larger losses need shocks. The
    steps of a scenario must be as frequent as the rows.
    """

    block: float | None = None
    expected_return: float | Mapping[str, float] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        names = list(self.levels.columns)
        block = mean_block_length(self.returns) if self.block is None else self.block
        max_block = float(len(self.returns))
        set_fields(self, block=number("Resampled: block", block, at_least=1.0, at_most=max_block))
        label, expected = "Resampled: expected_return", self.expected_return
        if isinstance(expected, Mapping):
            require_known(label, expected, names)
            require_known(f"{label} must name each column of prices; each column", names, expected)
            expected_returns = {name: _expected_return(f"{label} of {name!r}", expected[name]) for name in names}
            set_fields(self, expected_return=FrozenMap(expected_returns))
        elif expected is not None:
            set_fields(self, expected_return=_expected_return(label, expected))
        self._check_past()

    def _check_past(self) -> None:
        """Refuse or warn of a past that is no assumption about years to come."""
        for name in self.levels.columns:
            asset = self.assets[name]
            advice = "no assumption about years to come: give expected_return"
            if self.expected_return is None:
                plausible(f"prices of {name!r}: return", asset.mean_return, EXPECTED_RETURN, advice=advice)
            advice = "are the prices and their dates right?"
            plausible(f"prices of {name!r}: volatility", asset.mean_volatility, VOLATILITY, advice=advice)

    def expected(self) -> dict[str, float]:
        """Yearly expected returns: `expected_return`, else the realized ones."""
        if self.expected_return is None:
            return super().expected()
        if isinstance(self.expected_return, Mapping):
            return dict(self.expected_return)
        return dict.fromkeys(self.levels.columns, self.expected_return)

    @memoized
    def recentring(self, assets: int, steps: int) -> Array:
        """The compensator: log growth that offsets the dependence of consecutive days (step, asset).

        Consecutive days of a block are dependent, so the mean of a product of days is not the product of their means.
        It is computed by a recursion over the rows at which a path can be.
        """
        growth, stay = np.exp(self._centred), 1.0 - 1.0 / cast(float, self.block)
        result = np.zeros((steps, assets))
        weight = np.full_like(growth, 1.0 / len(growth))
        for step in range(steps):
            weighted = weight * growth
            mean_growth = weighted.sum(axis=0)
            result[step, : growth.shape[1]] = -np.log(mean_growth)
            weighted /= mean_growth
            weight = stay * np.roll(weighted, 1, axis=0) + (1.0 - stay) / len(growth)
        return result

    def centred(self, dt: float) -> Array:
        """Log returns, shifted so that the mean of their exponentials is 1 (row, column)."""
        return self._centred

    @property
    def block_end_probability(self) -> float:
        """The inverse of the mean block length."""
        return 1.0 / cast(float, self.block)

    def describe(self) -> str:
        """Describe the bootstrap, and the standard errors of realized expected returns."""
        sentence = f"Returns are drawn from {self.span} in blocks of {self.block:.3g} rows on average"
        if self.expected_return is not None:
            return sentence
        errors = self.returns.std(axis=0, ddof=1) * self.steps_per_year / np.sqrt(len(self.returns))
        means_text = (
            f"{name} {percent(mean)} ± {percent(float((1.0 + mean) * error))}"
            for (name, mean), error in zip(self.expected().items(), errors, strict=True)
        )
        return f"{sentence}; expected returns are those of that time: {', '.join(means_text)} (standard error)"

    @property
    def _centred(self) -> Array:
        """Log returns, shifted so that the mean of their exponentials is 1 (row, column)."""
        centred: Array = self.returns - np.log(np.exp(self.returns).mean(axis=0))
        return centred

    def _identity(self) -> tuple[Any, ...]:
        return (*super()._identity(), self.block, self.expected_return)


def _expected_return(what: str, value: Any) -> float:
    return plausible(what, fraction(what, value, above=-1.0), EXPECTED_RETURN)
