"""Founder holdings on their own for ten years, beside the published figures on single stocks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.format import grouped, percent
from riskkit._core.frozen import FrozenMap
from riskkit._core.validation import integer, join_first
from riskkit.analysis._inputs import checked_scenario, run
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation import estimate
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.evidence._figures import Figure, figures
from riskkit.frictions import Frictions
from riskkit.market import Shock
from riskkit.portfolio import Holding, Portfolio
from riskkit.rules import Rule, View
from riskkit.scenario._scenario import Scenario

__all__ = ["CheckedFigure", "EvidenceCheck", "checkable", "evidence_check", "path_count"]

#: Years of the published excess, and of every simulation here.
YEARS = 10

#: Holdings of one run.
HOLDINGS_OF_A_RUN = 100

#: Paths of a check that nobody chose the size of: at most, at least, and in all holdings together.
MOST_PATHS, FEWEST_PATHS, PATHS_OF_ALL = 4096, 256, 2**14

LIFETIME = "over the stock's life in the index"


@dataclass(frozen=True)
class CheckedFigure:
    """A simulated figure of a holding beside a published one.

    Attributes
    ----------
    holding : str
        Name of the holding.
    quantity : str
        "catastrophic loss", "below its start", "behind the benchmark" or "median excess".
    simulated : Estimate
        After ten years: a share of paths, or the median of the ratio to the benchmark less 1. NaN where there is no
        benchmark.
    published : Figure
        The row of `riskkit.evidence.table`.
    like_with_like : bool
        Whether both speak of ten years. Shares over the stock's life in the index do not.
    flagged : bool
        Whether the holding is far from the published figure; never unless like is compared with like.
    """

    holding: str
    quantity: str
    simulated: Estimate
    published: Figure
    like_with_like: bool
    flagged: bool


@dataclass(frozen=True, repr=False)
class EvidenceCheck:
    """Founder holdings on their own for ten years, beside published figures; printed, a sentence a figure.

    Attributes
    ----------
    rows : tuple of CheckedFigure
        Four for each founder holding.
    benchmark : tuple of str
        The holdings with no founder and a volatility above 0, bought pro rata and held; none if there are none.
    paths, seed : int
        Those of the simulation.
    """

    rows: tuple[CheckedFigure, ...]
    benchmark: tuple[str, ...]
    paths: int
    seed: int

    @property
    def flagged(self) -> tuple[str, ...]:
        """Holdings whose median excess is far from the published one."""
        return tuple(row.holding for row in self.rows if row.flagged)

    def frame(self) -> pd.DataFrame:
        """Return the figures as a table.

        Returns
        -------
        DataFrame
            Indexed by ``holding`` and ``quantity``, with columns ``simulated``, ``standard_error``, ``low`` and
            ``high`` (95 %, Monte-Carlo error only), ``published``, ``speaks_of`` ("ten years" or "over the stock's
            life in the index"), ``source`` and ``flagged``.
        """
        index = pd.MultiIndex.from_tuples(
            [(row.holding, row.quantity) for row in self.rows], names=["holding", "quantity"]
        )
        body = {
            "simulated": [row.simulated.value for row in self.rows],
            "standard_error": [row.simulated.standard_error for row in self.rows],
            "low": [row.simulated.interval()[0] for row in self.rows],
            "high": [row.simulated.interval()[1] for row in self.rows],
            "published": [row.published.value for row in self.rows],
            "speaks_of": ["ten years" if row.like_with_like else LIFETIME for row in self.rows],
            "source": [row.published.source for row in self.rows],
            "flagged": [row.flagged for row in self.rows],
        }
        return pd.DataFrame(body, index)

    def sentences(self) -> list[str]:
        """State each figure of all founder holdings beside the published one, a sentence a figure."""
        sectors = [f"{name} {percent(figures()[f'catastrophe_{name}'].value)}" for name in ("technology", "utilities")]
        behind = f"behind {self._benchmark_text()}"
        lines = [
            self._sentence(
                "catastrophic loss",
                "Catastrophic loss within ten years, each founder holding on its own",
                f"of stocks ({', '.join(sectors)}, both second-hand), {LIFETIME}",
            ),
            self._sentence("below its start", "Below its start after ten years", f"of stocks, {LIFETIME}"),
        ]
        if not self.benchmark:
            return [*lines, "No holding without a founder has a volatility, so that there is no excess to compare."]
        return [
            *lines,
            self._sentence(
                "behind the benchmark",
                f"{behind[0].upper()}{behind[1:]} after ten years",
                f"of stocks behind the index, {LIFETIME}",
            ),
            self._sentence(
                "median excess",
                f"Median excess over {self._benchmark_text()} after ten years",
                "for the median US stock against the market after ten years",
            )
            + self._verdict(),
        ]

    def _sentence(self, quantity: str, beginning: str, speaks_of: str) -> str:
        rows = [row for row in self.rows if row.quantity == quantity]
        values = grouped({row.holding: row.simulated.value for row in rows}, alone=False)
        error = max((row.simulated.standard_error for row in rows), default=math.nan)
        size = "not known" if math.isnan(error) else f"up to {100.0 * error:.2g} points"
        published = rows[0].published
        return (
            f"{beginning}: {values}, standard error {size}; published: {percent(published.value)} {speaks_of} "
            f"({published.source})."
        )

    def _verdict(self) -> str:
        apart = f"more than {100.0 * _farthest_year():.3g} points a year"
        rows = [row for row in self.rows if row.flagged]
        below = [row.holding for row in rows if row.simulated.value < row.published.value]
        above = [row.holding for row in rows if row.simulated.value > row.published.value]
        sides = ((below, "behind it"), (above, "ahead of it"))
        found = [f" Flagged as {apart} {side}: {join_first(names)}." for names, side in sides if names]
        return "".join(found) or f" None is flagged as {apart} from it."

    def _benchmark_text(self) -> str:
        return repr(self.benchmark[0]) if len(self.benchmark) == 1 else "the holdings with no founder"

    def __repr__(self) -> str:
        return "\n".join([*self.sentences(), f"Simulated with {self.paths:,} paths, seed {self.seed}"])


class _AllInto(Rule):
    """Everything into some holdings at the start, then held."""

    into: Mapping[str, float]

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Put the shares in place of all that is there."""
        target = np.zeros_like(view.weights)
        for name, share in self.into.items():
            target[view.names.index(name)] = share
        return target, state

    def dates(self, calendar: Calendar) -> Ints:
        """The start alone."""
        return np.zeros(1, dtype=np.int64)


def evidence_check(scenario: Scenario, *, paths: int, seed: int) -> EvidenceCheck:
    """Simulate each founder holding on its own; see `riskkit.evidence.check`."""
    checked_scenario(scenario)
    integer("paths", paths, at_least=1)
    names = _founder_holdings(scenario)
    if not names:
        raise InvalidInput(
            "scenario must have a holding that is tied to a founder, got none; give one founder=..., since the "
            "published figures are set beside founder holdings"
        )
    if not _has_risk(scenario, names):
        raise InvalidInput(
            "scenario must have a risk in a founder holding, got volatility 0 and no shock for all of them "
            f"({join_first(names)}); give them a volatility or a shock"
        )
    benchmark = _benchmark(scenario)
    rows: list[CheckedFigure] = []
    for first in range(0, len(names), HOLDINGS_OF_A_RUN):
        chosen = names[first : first + HOLDINGS_OF_A_RUN]
        rows += _rows(_simulated(scenario, chosen, benchmark, paths, seed), chosen, bool(benchmark))
    return EvidenceCheck(tuple(rows), tuple(benchmark), paths, seed)


def checkable(scenario: Scenario) -> bool:
    """Whether some founder holding has a risk."""
    names = _founder_holdings(scenario)
    return bool(names) and _has_risk(scenario, names)


def path_count(scenario: Scenario) -> int:
    """Paths of a check whose size nobody chose: fewer for many founder holdings."""
    return min(MOST_PATHS, max(FEWEST_PATHS, PATHS_OF_ALL // max(len(_founder_holdings(scenario)), 1)))


def _founder_holdings(scenario: Scenario) -> list[str]:
    return [each.name for each in scenario.portfolio.holdings if each.founder_share > 0.0]


def _has_risk(scenario: Scenario, names: Sequence[str]) -> bool:
    market = scenario.market
    moving = any(market.assets[name].mean_volatility > 0.0 for name in names)
    hit = any(not isinstance(shock, Shock) or set(names) & set(shock.impacts) for shock in market.shocks)
    return market.history is not None or moving or hit


def _benchmark(scenario: Scenario) -> dict[str, float]:
    """Shares of the holdings with no founder that are not cash, pro rata."""
    holdings = [
        each
        for each in scenario.portfolio.holdings
        if each.founder_share == 0.0 and scenario.market.assets[each.name].mean_volatility > 0.0
    ]
    total = sum(each.value for each in holdings)
    return {each.name: each.value / total if total > 0.0 else 1.0 / len(holdings) for each in holdings}


def _simulated(
    scenario: Scenario, names: Sequence[str], benchmark: Mapping[str, float], paths: int, seed: int
) -> Comparison:
    """A book for each holding alone, and the last for the benchmark; ten years, free of frictions, nothing forced."""
    books = [_AllInto(FrozenMap({name: 1.0}), name=str(place)) for place, name in enumerate(names)]
    if benchmark:
        books.append(_AllInto(FrozenMap(benchmark), name="benchmark"))
    portfolio = Portfolio([Holding(name, 1.0) for name in scenario.portfolio.names])
    alone = replace(
        scenario,
        portfolio=portfolio,
        rules=tuple(books),
        baseline=None,
        frictions=Frictions(),
        years=YEARS,
        inflation=0.0,
        forced={},
    )
    return run(alone, *books, paths=paths, seed=seed)


def _rows(result: Comparison, names: Sequence[str], has_benchmark: bool) -> list[CheckedFigure]:
    """The four figures of each holding."""
    design, published = result.outcomes.design, figures()
    unknown = Estimate(math.nan, math.nan, note="no holding without a founder has a volatility")
    last = result.values("benchmark", "wealth") if has_benchmark else None
    rows = []
    for place, name in enumerate(names):
        wealth = result.values(str(place), "wealth")
        shares = {
            "catastrophic loss": ("catastrophe_all", result.values(str(place), "catastrophe")),
            "below its start": ("below_start", wealth < 1.0),
        }
        if last is not None:
            shares["behind the benchmark"] = ("behind_index", wealth < last)
        for quantity, (figure, happened) in shares.items():
            found = result._calibrated(estimate.probability(np.asarray(happened), design))
            rows.append(CheckedFigure(name, quantity, found, published[figure], False, False))
        if last is None:
            rows.append(CheckedFigure(name, "behind the benchmark", unknown, published["behind_index"], False, False))
            excess = unknown
        else:
            excess = result._calibrated(estimate.quantile(wealth / last - 1.0, 0.5, design))
        row = CheckedFigure(name, "median excess", excess, published["ten_year_excess"], True, _is_far(excess))
        rows.append(row)
    return rows


def _farthest_year() -> float:
    """How far from the published median excess a year a holding is flagged.

    As far as the published median itself moves with the sample: from that of all stocks to that of past winners.
    """
    return abs(figures()["winners_excess_yearly"].value - figures()["ten_year_excess_yearly"].value)


def _is_far(excess: Estimate) -> bool:
    """Whether the whole interval of a ten-year excess is farther than that from the published one."""
    low, high = excess.interval()
    if math.isnan(low):
        return False
    published, farthest = figures()["ten_year_excess_yearly"].value, _farthest_year()
    return _a_year(low) > published + farthest or _a_year(high) < published - farthest


def _a_year(ten_years: float) -> float:
    """The yearly rate of a ten-year excess."""
    rate: float = max(1.0 + ten_years, 0.0) ** (1.0 / YEARS) - 1.0
    return rate
