"""Every figure of a result by its name: the way from `Comparison.figure`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from riskkit._core.validation import require_known
from riskkit.comparison._comparison import Comparison
from riskkit.report.figures._concentration import concentration_bars
from riskkit.report.figures._drawdown_distribution import drawdown_probability, max_drawdowns
from riskkit.report.figures._fan_charts import founder_weight_fan, hedge_fan, wealth_fan
from riskkit.report.figures._hedged_rules import hedged_rule, hedged_rules
from riskkit.report.figures._payoff import payoff
from riskkit.report.figures._price_lines import price_drawdowns, rolling_correlation, rolling_volatility
from riskkit.report.figures._price_tables import correlation_matrix, monthly_returns
from riskkit.report.figures._rule_comparison import frontier, paired_differences
from riskkit.report.figures._underwater import under_water

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["figure_by_name"]

Draw = Callable[..., "Axes"]


def _named(*functions: Draw) -> Mapping[str, Draw]:
    return MappingProxyType({function.__name__: function for function in functions})


#: Figures of the result itself, and of the prices from which its market draws.
OF_RESULT = _named(
    wealth_fan, founder_weight_fan, under_water, max_drawdowns, drawdown_probability, frontier, paired_differences
)
OF_PRICES = _named(correlation_matrix, price_drawdowns, rolling_volatility, rolling_correlation, monthly_returns)
#: Figures of instruments, where a rule is hedged.
OF_HEDGES = _named(hedge_fan, payoff)


def figure_by_name(result: Comparison, figure: str, /, **options: Any) -> Axes:
    """Draw a figure of a result; see `Comparison.figure`."""
    market = result.scenario.market
    of_prices = OF_PRICES if market.history is not None else {}
    of_hedges = OF_HEDGES if hedged_rules(result) else {}
    require_known("name", [figure], [*OF_RESULT, concentration_bars.__name__, *of_prices, *of_hedges])
    if figure in OF_RESULT:
        return OF_RESULT[figure](result, **options)
    if figure in of_prices:
        return of_prices[figure](market, **options)
    if figure == hedge_fan.__name__:
        return hedge_fan(result, **options)
    if figure == payoff.__name__:
        return _payoff_of_rule(result, **options)
    return concentration_bars(result.scenario.portfolio, **options)


def _payoff_of_rule(result: Comparison, rule: str | None = None, **options: Any) -> Axes:
    return payoff(hedged_rule(result, rule).instruments, result.scenario.market, **options)
