"""Statistics of risk that views are about: a variance, a correlation, and the mean of a tail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Bools
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import one_of
from riskkit.comparison.reweighting.functionals import CorrelationOf, Functional, TailMeanOf, VarianceOf
from riskkit.comparison.reweighting.quantities import PathQuantity
from riskkit.comparison.reweighting.views import OfOneQuantity, ViewStatistic
from riskkit.comparison.run_data import RunData

__all__ = ["Correlation", "TailMean", "Variance"]


@dataclass(frozen=True)
class Variance(OfOneQuantity):
    """The variance of a quantity, for `Comparison.tilt`.

    Parameters
    ----------
    quantity : str or Quantity
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events. Or a
        `Quantity`, or a linear combination of them.
    rule : str, optional
        Name of a rule.

    Notes
    -----
    In squared units of the quantity: 0.3 squared for a standard deviation of 0.3. The view leaves the mean open; state
    it with `Mean` where it is to stay.

    Examples
    --------
    >>> Variance("wealth", rule="hold").describe()
    'variance of wealth of hold'
    """

    def functional(self, result: RunData, paths: Bools) -> Functional:
        """The variance as a function of the path weights."""
        return VarianceOf(self.numbers(result)[paths])

    def describe(self) -> str:
        """The statistic in words."""
        return f"variance of {self.subject}"


@dataclass(frozen=True)
class TailMean(OfOneQuantity):
    """The mean of the smallest or largest values of a quantity (CVaR), for `Comparison.tilt`.

    Parameters
    ----------
    quantity : str or Quantity
        With a rule, a quantity of `Comparison.values`; without one, the name of a shock, for its number of events. Or a
        `Quantity`, or a linear combination of them.
    p : float
        Share of the tail, in (0, 1): 0.05 for the worst 5 % of the paths.
    tail : {"lowest", "highest"}
        Which values: the lowest of a wealth, the highest of a drawdown.
    rule : str, optional
        Name of a rule.

    Raises
    ------
    InvalidInput
        If p is not in (0, 1), or there is no such tail.

    Notes
    -----
    In the unit and with the sign of the quantity: the CVaR of a loss 1 - wealth of 40 % is a tail mean of wealth of
    0.6. The path at the edge of the tail counts with its fraction.

    Examples
    --------
    >>> TailMean("max_drawdown", 0.05, "highest", rule="hold").describe()
    'mean of the highest 5 % of max_drawdown of hold'
    """

    p: float
    tail: str = "lowest"

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, p=fraction("TailMean: p", self.p, above=0.0, below=1.0))
        one_of("TailMean: tail", self.tail, ("lowest", "highest"))

    def functional(self, result: RunData, paths: Bools) -> Functional:
        """The tail mean as a function of the path weights."""
        return TailMeanOf(self.numbers(result)[paths], self.p, self.tail == "highest")

    def describe(self) -> str:
        """The statistic in words."""
        return f"mean of the {self.tail} {percent(self.p, digits=10)} of {self.subject}"


@dataclass(frozen=True)
class Correlation(ViewStatistic):
    """The correlation of two quantities, for `Comparison.tilt`.

    Parameters
    ----------
    first, second : Quantity
        Quantities, or linear combinations of them.

    Raises
    ------
    InvalidInput
        If one of them is no `Quantity`, or both are the same.

    Notes
    -----
    Pearson's. The view leaves means and variances open; state them with `Mean` and `Variance` where they are to stay.

    Examples
    --------
    >>> from riskkit.comparison.reweighting.quantities import Quantity
    >>> Correlation(Quantity("wealth", rule="hold"), Quantity("crash")).describe()
    'correlation of wealth of hold and events of crash'
    """

    first: PathQuantity
    second: PathQuantity

    def __post_init__(self) -> None:
        for name in ("first", "second"):
            if not isinstance(getattr(self, name), PathQuantity):
                raise InvalidInput(
                    f"Correlation: {name} must be a Quantity, such as rk.Quantity('wealth', rule='hold'), "
                    f"got {getattr(self, name)!r}"
                )
        if self.first == self.second:
            raise InvalidInput(f"Correlation must be of two quantities, got {self.first.describe()} twice")

    def functional(self, result: RunData, paths: Bools) -> Functional:
        """The correlation as a function of the path weights."""
        pair = []
        for quantity in (self.first, self.second):
            values = quantity.values(result)[paths]
            if np.isnan(values).any():
                raise InvalidInput(f"{self.describe()} must be of numbers on every path, got NaN on some")
            if np.ptp(values) == 0.0:
                raise InvalidInput(f"{self.describe()} must be of quantities that vary, got {values[0]:g} on all paths")
            pair.append(values)
        return CorrelationOf(*pair)

    def describe(self) -> str:
        """The statistic in words."""
        return f"correlation of {self.first.describe()} and {self.second.describe()}"
