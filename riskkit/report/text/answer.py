"""The answer of a report in one sentence with its interval, and its key figures."""

from __future__ import annotations

from riskkit._core.format import percent
from riskkit.analysis._breakeven import BreakEven
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.portfolio._concentration import concentration
from riskkit.report.html.extra_runs import assumed_returns_or_rates
from riskkit.report.text.numbers import amount, amount_of_money, counted, listed, quoted
from riskkit.report.text.risk_attribution import breakeven_sentence
from riskkit.report.text.rules import SAME, metric_differences, replays, verdict_sentences
from riskkit.scenario._scenario import Scenario

__all__ = ["answer_sentence", "key_figures"]


def answer_sentence(result: Comparison) -> str:
    """The rule with the highest median wealth, and its lead over the baseline or over the next rule.

    With a single rule, its median. The interval is that of the lead, at the 95 % level; a backtest has none.
    """
    scenario, base = result.scenario, result.scenario.baseline_name
    medians = {name: result.estimate(name, "wealth_median") for name in scenario.names}
    best = max(medians, key=lambda name: medians[name].value)
    median = f"{amount(medians[best], 'times')} times the start{_in_brackets(result, medians[best])}"
    after = f"After {counted(scenario.years, 'year')}"
    if len(medians) == 1:
        interval = "" if replays(result) else f" (95 % interval {_interval(medians[best].interval(), medians[best])})"
        return f"{after} the median wealth under {quoted(best)} is {median}{interval}."
    lead = metric_differences(result, "wealth_median", best)["difference"]
    if (lead.abs() <= SAME * abs(medians[best].value)).all():
        return verdict_sentences(result)[0]
    other = base if best != base else str(lead.idxmax())
    line = metric_differences(result, "wealth_median", other).to_dict("index")[best]
    found = Estimate(line["difference"], line["standard_error"])
    which = f"the baseline, {quoted(base)}" if best != base else f"the next rule, {quoted(other)}"
    sentence = f"{after} {quoted(best)} has the highest median wealth, {median}"
    if abs(found.value) <= SAME * abs(medians[best].value):
        return f"{sentence}; that under {which}, is the same."
    if replays(result):
        return f"{sentence}: {amount(found, 'times')} more than under {which}."
    interval = _interval((line["low"], line["high"]), found)
    unsure = "" if line["low"] > 0.0 else ", which these paths cannot tell from 0"
    return f"{sentence}: {amount(found, 'times')} (95 % interval {interval}) more than under {which}{unsure}."


def _interval(ends: tuple[float, float], estimate: Estimate) -> str:
    """The ends of an interval in the digits of its `amount`."""
    return " to ".join(amount(Estimate(end, estimate.standard_error), "times") for end in ends)


def _in_brackets(result: Comparison, estimate: Estimate) -> str:
    """A multiple of the start wealth in money, in brackets; empty where the portfolio has no currency."""
    text = amount_of_money(estimate, result.scenario.portfolio)
    return f" ({text})" if text else ""


def key_figures(result: Comparison, break_even: BreakEven | None) -> tuple[tuple[str, str], ...]:
    """Pairs of a number and what it says: concentration, final wealth, drawdown and break-even."""
    scenario, base = result.scenario, result.scenario.baseline_name
    median, low = (result.estimate(base, metric) for metric in ("wealth_median", "wealth_p05"))
    amounts = [amount_of_money(each, scenario.portfolio) for each in (median, low)]
    in_money = f": {amounts[0]} and {amounts[1]}" if all(amounts) else ""
    figures = [
        _concentration_figure(scenario),
        (
            f"{amount(median, 'times')} and {amount(low, 'times')}",
            f"times the start: final wealth under {quoted(base)}, median and what one path in twenty stays below"
            f"{in_money}",
        ),
        (
            amount(result.estimate(base, "ced95"), "share"),
            f"CED 95 % under {quoted(base)}: the mean maximum drawdown on the worst 5 % of the paths",
        ),
    ]
    return tuple(figures if break_even is None else [*figures, _break_even_figure(break_even, scenario)])


def _concentration_figure(scenario: Scenario) -> tuple[str, str]:
    portfolio = scenario.portfolio
    if not portfolio.founders:
        found = concentration(portfolio, "holding")
        return percent(
            found.largest
        ), f"of gross assets in {quoted(found.largest_name)}; no holding is tied to a founder"
    gross, net = (portfolio.exposure(of=base).to_dict() for base in ("gross", "net"))
    person = max(portfolio.founders, key=lambda name: gross[name])
    of_net = f", {percent(net[person])} of net wealth" if portfolio.loan is not None else ""
    return percent(gross[person]), f"of gross assets with {quoted(person)}{of_net}"


def _break_even_figure(found: BreakEven, scenario: Scenario) -> tuple[str, str]:
    if not found.ties:
        return "none", f"break-even: {breakeven_sentence(found)}"
    assumed = assumed_returns_or_rates(found.vary, scenario)
    ends = dict.fromkeys(percent(value) for value in (min(assumed), max(assumed)))
    interval = f" (95 % interval {percent(found.low)} to {percent(found.high)})" if found.low <= found.high else ""
    return (
        listed([percent(value) for value in found.values]),
        f"break-even: {found.vary.words}{found.vary.unit} at which {quoted(found.first)} and {quoted(found.second)} "
        f"tie{interval}; the scenario assumes {' to '.join(ends)}",
    )
