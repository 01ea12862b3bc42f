"""The built-in metrics: description, unit, better direction and estimator of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, require_unique
from riskkit.comparison.estimation import estimate, log_moments, tail_estimates
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.estimation.pooled_cdar import pooled_tail_mean
from riskkit.comparison.metric import Metric, RuleSample, ThresholdColumns
from riskkit.engine.execution.out_of_core import Column
from riskkit.engine.outcomes import TIME_WEIGHTED
from riskkit.market.calibration._negative_moments import infinite_inverse_square
from riskkit.scenario._scenario import Scenario

__all__ = ["METRICS", "BuiltIn", "find", "select", "undefined"]


@dataclass(frozen=True)
class BuiltIn:
    """A built-in metric: a column of `Comparison.table`.

    Attributes
    ----------
    name : str
        Its name in the table.
    description : str
        One line that says what it is.
    unit : str
        ``"times"`` (multiples of the start wealth), ``"share"`` (a fraction, shown in percent), ``"years"``,
        ``"a year"`` or ``"ratio"`` (a pure number).
    better : int
        1 if higher is better, -1 if lower is, 0 if it only describes what a rule does.
    quantity : str or None
        The column that it is estimated from; `won` compares rules by it, path by path. None: it is estimated from final
        wealth, but says nothing of a single path, so that `won` is NaN.
    statistic : callable
        Takes a `RuleSample` and its column `quantity`, and returns an `Estimate`.
    where : callable
        Whether it belongs in the table of a scenario when no metrics are named; by default in every one.
    """

    name: str
    description: str
    unit: str
    better: int
    quantity: str | None
    statistic: Callable[[RuleSample, Column], Estimate]
    where: Callable[[Scenario], bool] = lambda scenario: True

    @property
    def is_mean(self) -> bool:
        """Whether it is the mean over paths of one number a path: a mean or a probability."""
        return self.statistic in (_mean, _share, _goal, _loss)

    def estimate(self, sample: RuleSample) -> Estimate:
        """The metric of one rule, with its error; NaN where an earlier version has not recorded the column."""
        values = sample.columns["wealth" if self.quantity is None else self.quantity]
        if self.quantity in TIME_WEIGHTED and isinstance(values, np.ndarray) and np.isnan(values[:1]).any():
            return Estimate(math.nan, math.nan, note="the version that ran this result did not record it; run it again")
        return self.statistic(sample, values)


def _mean(sample: RuleSample, values: Column) -> Estimate:
    return estimate.mean(values, sample.design)


def _share(sample: RuleSample, happened: Column) -> Estimate:
    return estimate.probability(happened, sample.design)


def _quantile(p: float) -> Callable[[RuleSample, Column], Estimate]:
    return lambda sample, values: estimate.quantile(values, p, sample.design)


def _worst_wealth(sample: RuleSample, wealth: Column) -> Estimate:
    # The low tail of wealth is the high tail of -wealth.
    tail = tail_estimates.tail_mean(-wealth, 0.95, sample.design)
    return estimate.delta(tail, lambda value: -value, lambda value: -1.0)


def _growth(sample: RuleSample, wealth: Column) -> Estimate:
    # Growth rises with wealth, so the median of growth is the growth of the median.
    power = 1.0 / sample.years
    return estimate.delta(
        estimate.quantile(wealth, 0.5, sample.design),
        lambda median: median**power - 1.0,
        lambda median: power * median ** (power - 1.0) if median > 0.0 else math.inf,
    )


def _goal(sample: RuleSample, wealth: Column) -> Estimate:
    return estimate.probability(wealth >= sample.goal, sample.design)


def _loss(sample: RuleSample, wealth: Column) -> Estimate:
    # Like with like: where final wealth is after the tax of selling everything, so is the start.
    return estimate.probability(wealth < sample.start, sample.design)


def _certainty_equivalent(sample: RuleSample, wealth: Column) -> Estimate:
    if sample.no_certainty_equivalent:
        return Estimate(math.nan, math.nan, note=sample.no_certainty_equivalent)
    return tail_estimates.certainty_equivalent(wealth, sample.design)


def _volatility(sample: RuleSample, wealth: Column) -> Estimate:
    return log_moments.volatility(wealth, sample.years, sample.design)


def _skewness(sample: RuleSample, wealth: Column) -> Estimate:
    return log_moments.skewness(wealth, sample.design)


def _sharpe(sample: RuleSample, wealth: Column) -> Estimate:
    return log_moments.sharpe_ratio(wealth, sample.years, sample.design)


def _sortino(sample: RuleSample, wealth: Column) -> Estimate:
    return log_moments.sortino_ratio(wealth, sample.years, sample.design)


def _tail_mean(sample: RuleSample, drawdowns: Column) -> Estimate:
    return tail_estimates.tail_mean(drawdowns, 0.95, sample.design)


def _pooled(sample: RuleSample, average: Column) -> Estimate:
    excess, above = ThresholdColumns(sample.columns, "excess"), ThresholdColumns(sample.columns, "above")
    return pooled_tail_mean(sample.thresholds, excess, above, 0.95, sample.design)


UP, DOWN, NEITHER = 1, -1, 0

_WEALTH = (
    BuiltIn("wealth_mean", "mean of final wealth", "times", UP, "wealth", _mean),
    BuiltIn("wealth_median", "median of final wealth", "times", UP, "wealth", _quantile(0.5)),
    BuiltIn("wealth_p05", "5 % quantile of final wealth", "times", UP, "wealth", _quantile(0.05)),
    BuiltIn("wealth_p95", "95 % quantile of final wealth", "times", UP, "wealth", _quantile(0.95)),
    BuiltIn("wealth_es95", "mean of the worst 5 % of final wealth", "times", UP, "wealth", _worst_wealth),
    BuiltIn("growth_median", "yearly growth of the median of final wealth", "share", UP, "wealth", _growth),
    BuiltIn("goal_probability", "share of paths that end at or above the goal", "share", UP, "wealth", _goal),
    BuiltIn("loss_probability", "share of paths that end below the start", "share", DOWN, "wealth", _loss),
    BuiltIn(
        "certainty_equivalent",
        "certainty equivalent, relative risk aversion 3",
        "times",
        UP,
        "wealth",
        _certainty_equivalent,
    ),
)


def _by_name_only(scenario: Scenario) -> bool:
    return False


#: Of the log of final wealth. They are undefined on a single path, without losses and after ruin, so `table` has them
#: by name only.
_SHAPE = (
    BuiltIn("wealth_volatility", "volatility of final wealth, a year", "share", DOWN, None, _volatility, _by_name_only),
    BuiltIn("wealth_skewness", "skewness of the log of final wealth", "ratio", UP, None, _skewness, _by_name_only),
    BuiltIn("sharpe", "Sharpe ratio of final wealth over cash at 0 %", "ratio", UP, None, _sharpe, _by_name_only),
    BuiltIn("sortino", "Sortino ratio of final wealth, target 0 %", "ratio", UP, None, _sortino, _by_name_only),
)

_DRAWDOWN = (
    BuiltIn("average_drawdown", "mean over time and paths", "share", DOWN, "average_drawdown", _mean),
    BuiltIn("ulcer", "mean of the paths' root mean squared drawdowns", "share", DOWN, "ulcer", _mean),
    BuiltIn("max_drawdown_mean", "mean of max drawdowns", "share", DOWN, "max_drawdown", _mean),
    BuiltIn("max_drawdown_median", "median of max drawdowns", "share", DOWN, "max_drawdown", _quantile(0.5)),
    BuiltIn("max_drawdown_p95", "95 % quantile of max drawdowns", "share", DOWN, "max_drawdown", _quantile(0.95)),
    BuiltIn("ced95", "mean of the worst 5 % of max drawdowns", "share", DOWN, "max_drawdown", _tail_mean),
    BuiltIn("cdar95", "mean of the worst 5 % of all drawdowns, pooled", "share", DOWN, "average_drawdown", _pooled),
    BuiltIn("under_water", "share of time below the peak", "share", DOWN, "under_water", _mean),
    BuiltIn("longest_under_water", "mean of longest spells", "years", DOWN, "longest_under_water", _mean),
    BuiltIn(
        "still_under_water", "share of paths below their peak at the end", "share", DOWN, "still_under_water", _share
    ),
    BuiltIn(
        "catastrophe_probability",
        "share of paths 70 % below a peak and in the end still 60 %",
        "share",
        DOWN,
        "catastrophe",
        _share,
    ),
)

_ACTIVITY = (
    BuiltIn("founder_weight_end", "mean weight of founders at the end", "share", NEITHER, "founder_weight_end", _mean),
    BuiltIn("rebalances", "trades a year", "a year", NEITHER, "rebalances", _mean),
    BuiltIn("turnover", "sales a year, as a share of gross assets", "share", NEITHER, "turnover", _mean),
    BuiltIn("cost_paid", "trading cost paid in all", "times", DOWN, "cost_paid", _mean),
    BuiltIn("tax_paid", "tax paid in all", "times", DOWN, "tax_paid", _mean),
)


def _has_marks(scenario: Scenario) -> bool:
    return any(holding.marks is not None for holding in scenario.portfolio.holdings)


def _has_loan(scenario: Scenario) -> bool:
    return scenario.portfolio.loan is not None


def _has_spending(scenario: Scenario) -> bool:
    return scenario.frictions.spending is not None


def _has_tax(scenario: Scenario) -> bool:
    return scenario.frictions.tax is not None


def _has_tax_paid_later(scenario: Scenario) -> bool:
    return scenario.frictions.tax is not None and scenario.frictions.tax.paid_later


def _can_fall_short(scenario: Scenario) -> bool:
    return _has_spending(scenario) or _has_tax_paid_later(scenario) or scenario.hedged


def _can_be_ruined(scenario: Scenario) -> bool:
    return _has_loan(scenario) or _has_spending(scenario) or _has_tax_paid_later(scenario) or scenario.hedged


_REPORTED = "reported_max_drawdown"

_FRICTIONS = (
    BuiltIn(
        "deferred_tax", "tax that selling all at the end would cost", "times", DOWN, "deferred_tax", _mean, _has_tax
    ),
    BuiltIn("tax_due", "tax owed at the end, not paid yet", "times", DOWN, "tax_due", _mean, _has_tax_paid_later),
    BuiltIn(f"{_REPORTED}_mean", "mean of max drawdowns as reported", "share", DOWN, _REPORTED, _mean, _has_marks),
    BuiltIn(
        f"{_REPORTED}_median",
        "median of max drawdowns as reported",
        "share",
        DOWN,
        _REPORTED,
        _quantile(0.5),
        _has_marks,
    ),
    BuiltIn(
        f"{_REPORTED}_p95", "95 % quantile of them as reported", "share", DOWN, _REPORTED, _quantile(0.95), _has_marks
    ),
    BuiltIn("margin_call_probability", "share of paths with a call", "share", DOWN, "margin_call", _share, _has_loan),
    BuiltIn(
        "margin_unmet_probability",
        "share of paths with a margin call that sales could not meet",
        "share",
        DOWN,
        "margin_unmet",
        _share,
        _has_loan,
    ),
    BuiltIn("ruin_probability", "share of paths that lose everything", "share", DOWN, "ruin", _share, _can_be_ruined),
    BuiltIn(
        "shortfall_probability",
        "share of paths that could not pay",
        "share",
        DOWN,
        "shortfall",
        _share,
        _can_fall_short,
    ),
)


def _has_external_flows(scenario: Scenario) -> bool:
    return scenario.frictions.external_flows


def _has_instruments(scenario: Scenario) -> bool:
    return scenario.hedged


_HEDGES = (
    BuiltIn(
        "hedge_cost",
        "premiums and spreads of instruments a year, < 0 received",
        "times",
        DOWN,
        "hedge_cost",
        _mean,
        _has_instruments,
    ),
    BuiltIn(
        "hedge_payoff",
        "pay-offs of instruments a year, < 0 paid",
        "times",
        NEITHER,
        "hedge_payoff",
        _mean,
        _has_instruments,
    ),
    BuiltIn(
        "founder_delta_end",
        "mean exposure to founders at the end, counted by delta",
        "share",
        NEITHER,
        "founder_delta_end",
        _mean,
        _has_instruments,
    ),
    BuiltIn(
        "underhedged_probability",
        "share of paths on which an opening covered less than its share",
        "share",
        DOWN,
        "underhedged",
        _share,
        _has_instruments,
    ),
)

_TIME_WEIGHTED_DRAWDOWN = "time_weighted_max_drawdown"

_TIME_WEIGHTED = (
    BuiltIn(
        "time_weighted_growth",
        "yearly growth of the median time-weighted index",
        "share",
        UP,
        "time_weighted_wealth",
        _growth,
        _has_external_flows,
    ),
    *(
        BuiltIn(
            f"{_TIME_WEIGHTED_DRAWDOWN}_{name}",
            f"{words} of max drawdowns of the time-weighted index",
            "share",
            DOWN,
            _TIME_WEIGHTED_DRAWDOWN,
            statistic,
            _has_external_flows,
        )
        for name, words, statistic in (
            ("mean", "mean", _mean),
            ("median", "median", _quantile(0.5)),
            ("p95", "95 % quantile", _quantile(0.95)),
        )
    ),
)

#: Every metric by name, in the order of the table.
METRICS: Mapping[str, BuiltIn] = MappingProxyType(
    {
        metric.name: metric
        for metric in (*_WEALTH, *_SHAPE, *_DRAWDOWN, *_ACTIVITY, *_FRICTIONS, *_HEDGES, *_TIME_WEIGHTED)
    }
)


def undefined(metric: str, scenario: Scenario) -> str | None:
    """Why a metric has no finite expectation in a scenario; None where it has."""
    if metric != "certainty_equivalent":
        return None
    return infinite_inverse_square(scenario.market, scenario.portfolio.names, scenario.calendar.dt)


def find(metric: str | BuiltIn | Metric) -> BuiltIn | Metric:
    """The built-in metric of a name, or the metric itself; an unknown name is refused."""
    if isinstance(metric, BuiltIn):
        return metric
    if isinstance(metric, Metric):
        if metric.name in METRICS:
            raise InvalidInput(f"Metric {metric.name!r}: name must not be that of a built-in metric; give it another")
        return metric
    require_known("metric", [metric], METRICS)
    return METRICS[metric]


def select(metrics: str | Metric | Iterable[str | Metric] | None, scenario: Scenario) -> dict[str, BuiltIn | Metric]:
    """The requested metrics by name, in order; for None all built-in ones that apply to the scenario.

    An unknown name is refused; the message lists those that exist.
    """
    if metrics is None:
        return {name: metric for name, metric in METRICS.items() if metric.where(scenario)}
    wanted = [metrics] if isinstance(metrics, str | Metric) else list(metrics)
    require_known("metrics", [each for each in wanted if not isinstance(each, Metric)], METRICS)
    found = [find(each) for each in wanted]
    require_unique("metrics", [each.name for each in found])
    return {each.name: each for each in found}
