"""Sentences on the outcomes of a rule: final wealth, dangers and drawdowns."""

from __future__ import annotations

import numpy as np

from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.metrics import METRICS
from riskkit.instruments import instruments_of
from riskkit.report.text.numbers import amount, amount_of_money, in_years, quoted
from riskkit.scenario._scenario import Scenario

__all__ = [
    "danger_sentences", "drawdown_sentences", "final_wealth_sentences", "sale_today_sentences", "share_of_paths",
]  # fmt: skip


def share_of_paths(estimate: Estimate) -> str:
    """A probability as a share of the paths.

    Examples
    --------
    >>> share_of_paths(Estimate(0.331, 0.004)), share_of_paths(Estimate(0.0, 0.001)), share_of_paths(Estimate(1.0, 0.0))
    ('33.1 % of the paths', 'none of the paths', 'all paths')
    """
    if estimate.value in (0.0, 1.0):
        return "all paths" if estimate.value else "none of the paths"
    return f"{amount(estimate, 'share')} of the paths"


def final_wealth_sentences(result: Comparison, rule: str) -> list[str]:
    """Sentences on final wealth under a rule, and on what selling today would leave after tax."""
    scenario, name = result.scenario, quoted(rule)
    wealth = result.values(rule, "wealth")[result.path_weights > 0.0]
    median = result.estimate(rule, "wealth_median")
    goal, loss = (result.estimate(rule, metric) for metric in ("goal_probability", "loss_probability"))
    target = f"the goal of {scenario.goal:g} times the start"
    in_money = [
        f" ({text})" if text else ""
        for text in (
            amount_of_money(result.estimate(rule, metric), scenario.portfolio)
            for metric in ("wealth_median", "wealth_p05", "wealth_p95")
        )
    ]
    if np.ptp(wealth) <= 1e-12 * wealth[0]:
        verb = "reaches" if goal.value else "misses"
        return [
            f"Under {name} every path ends with {amount(median, 'times')} times the start{in_money[0]}, "
            f"{_yearly(result, rule)}.",
            f"That {verb} {target}.",
            *sale_today_sentences(scenario),
        ]
    low, high = (amount(result.estimate(rule, metric), "times") for metric in ("wealth_p05", "wealth_p95"))
    return [
        f"Under {name} the median final wealth is {amount(median, 'times')} times the start{in_money[0]}, "
        f"{_yearly(result, rule)}; one path in twenty ends at {low}{in_money[1]} or less, one in twenty at "
        f"{high}{in_money[2]} or more.",
        _capital(f"{share_of_paths(loss)} end below the start, and {share_of_paths(goal)} reach {target}."),
        *sale_today_sentences(scenario),
    ]


def _yearly(result: Comparison, rule: str) -> str:
    """Yearly growth of the median, as a gain or a loss."""
    growth = result.estimate(rule, "growth_median")
    rate = amount(Estimate(abs(growth.value), growth.standard_error), "share")
    if growth.value == 0.0:
        return "neither a gain nor a loss"
    return f"a {'gain' if growth.value > 0.0 else 'loss'} of {rate} a year"


def sale_today_sentences(scenario: Scenario) -> list[str]:
    """Sentences on what selling everything today would leave after tax; none where no tax would be due.

    Examples
    --------
    >>> import riskkit as rk
    >>> portfolio, market = rk.Portfolio([rk.Holding("TSLA", 100, cost=30)]), rk.Market({"TSLA": rk.Asset(0.08, 0.57)})
    >>> taxed = rk.Frictions(tax=rk.CapitalGains(0.238, at_end="step_up"))
    >>> sale_today_sentences(rk.Scenario(portfolio, market, rk.Hold(), frictions=taxed))[0]
    'Selling everything today would leave 0.833 of the wealth after tax.'
    """
    tax, left = scenario.frictions.tax, f"{scenario.start_after_tax:.3g}"
    if tax is None or scenario.start_after_tax == 1.0:
        return []
    end = (
        f"Final wealth is after that tax too, so a path ends below the start if it ends below {left}; drawdowns are "
        "before it."
        if tax.taxed_at_end
        else "Final wealth and drawdowns are before that tax."
    )
    return [f"Selling everything today would leave {left} of the wealth after tax.", end]


def danger_sentences(result: Comparison, rule: str) -> list[str]:
    """Sentences on margin calls, ruin and what could not be paid, if there is a loan, spending or an instrument."""
    scenario, lines = result.scenario, []

    def share(metric: str) -> str:
        return share_of_paths(result.estimate(rule, metric))

    if scenario.portfolio.loan is not None:
        unmet = (
            ""
            if not result.estimate(rule, "margin_call_probability").value
            else (f", and {share('margin_unmet_probability')} have one that sales cannot meet")
        )
        lines.append(_capital(f"{share('margin_call_probability')} have a margin call{unmet}."))
    if METRICS["ruin_probability"].where(scenario):
        lines.append(_capital(f"{share('ruin_probability')} lose everything."))
    if instruments_of(scenario.rules[scenario.names.index(rule)]):
        payments = "settlement, or spending, " if scenario.frictions.spending is not None else "settlement "
        lines.append(_capital(f"{share('shortfall_probability')} could not pay a {payments}in full."))
    elif scenario.frictions.spending is not None:
        lines.append(_capital(f"{share('shortfall_probability')} run out of money to spend."))
    return lines


def _time_weighted_sentences(result: Comparison, rule: str) -> list[str]:
    """A sentence on growth and drawdowns without external flows, if there are any."""
    if not result.has_time_weighted:
        return []
    growth, fall = (
        amount(result.estimate(rule, f"time_weighted_{metric}"), "share")
        for metric in ("growth", "max_drawdown_median")
    )
    return [
        f"Leaving out what is paid in and spent (time-weighted), median growth is {growth} a year, and the median "
        f"maximum drawdown {fall}."
    ]


def drawdown_sentences(result: Comparison, rule: str) -> list[str]:
    """Sentences on the depth and length of drawdowns under a rule."""
    name, deepest = quoted(rule), result.values(rule, "max_drawdown")[result.path_weights > 0.0]
    if not deepest.any():
        return [f"Under {name} wealth never falls below its peak.", *_time_weighted_sentences(result, rule)]
    median = amount(result.estimate(rule, "max_drawdown_median"), "share")
    if np.ptp(deepest) <= 1e-12:
        lines = [f"Under {name} the maximum drawdown is {median} on every path."]
    else:
        worst = amount(result.estimate(rule, "ced95"), "share")
        lines = [
            f"Under {name} the median maximum drawdown is {median}. The mean over the worst 5 % of the paths is "
            f"{worst} (CED 95 %)."
        ]
    under, still = (result.estimate(rule, metric) for metric in ("under_water", "still_under_water"))
    longest = in_years(result.estimate(rule, "longest_under_water").value)
    lines.append(
        f"Wealth is below its peak {amount(under, 'share')} of the time, the longest spell lasts {longest} on "
        f"average, and {share_of_paths(still)} are below their peak at the end."
    )
    if METRICS["reported_max_drawdown_median"].where(result.scenario):
        reported = amount(result.estimate(rule, "reported_max_drawdown_median"), "share")
        lines.append(f"As reported, with the marks of unlisted holdings, the median maximum drawdown is {reported}.")
    lines += _time_weighted_sentences(result, rule)
    lost = result.estimate(rule, "catastrophe_probability")
    lines.append(_capital(f"{share_of_paths(lost)} fall by 70 % from a peak and are still 60 % below it at the end."))
    return lines


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
