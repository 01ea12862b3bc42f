"""Sentences on the instruments of hedged rules: cost, pay-off, cover, and what is not modelled."""

from __future__ import annotations

from collections.abc import Iterable

from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.instruments import Instrument, instruments_of, terms_of
from riskkit.instruments.option_pricing import PREMIUM
from riskkit.report.text.numbers import amount, quoted
from riskkit.report.text.outcomes import share_of_paths
from riskkit.toml.stored_instrument import StoredInstrument

__all__ = ["hedge_caveats", "hedge_sentences"]

#: A smaller part of the start wealth is rounding.
NOTHING = 1e-12


def hedge_sentences(result: Comparison, rule: str) -> list[str]:
    """Sentences on what a hedged rule pays and receives for its instruments, and how much they cover."""
    lines = [_money_sentence(result, rule)]
    if result.scenario.portfolio.founders:
        lines.append(_delta_sentence(result, rule))
    short = result.estimate(rule, "underhedged_probability")
    if short.value:
        lines.append(
            f"On {share_of_paths(short)} an opening covered less than its share, because the premium could not be paid "
            "or the price was 0."
        )
    unpaid = result.estimate(rule, "shortfall_probability")
    if unpaid.value:
        spent = " or spending" if result.scenario.frictions.spending is not None else ""
        lines.append(
            f"On {share_of_paths(unpaid)} a settlement or its tax{spent} could not be paid in full; what a settlement "
            "leaves unpaid is a loan at the rate of the instrument."
        )
    return lines


def _money_sentence(result: Comparison, rule: str) -> str:
    """Premiums and pay-offs a year, paid or received."""
    cost, gained = (result.estimate(rule, metric) for metric in ("hedge_cost", "hedge_payoff"))
    if abs(cost.value) <= NOTHING and abs(gained.value) <= NOTHING:
        return f"The instruments of {quoted(rule)} have neither premiums nor pay-offs."
    return (
        f"For its instruments {quoted(rule)} {_clause(cost, 'pays', 'receives')} at openings and "
        f"{_clause(gained, 'receives', 'pays')} at expiries (times the start wealth a year, on average)."
    )


def _clause(found: Estimate, above: str, below: str) -> str:
    """A payment in words, by its sign."""
    if abs(found.value) <= NOTHING:
        return f"{above} nothing"
    size = amount(Estimate(abs(found.value), found.standard_error), "times")
    return f"{above if found.value > 0.0 else below} {size}"


def _delta_sentence(result: Comparison, rule: str) -> str:
    """Exposure to founders at the end, counted by weight and by delta."""
    weight, delta = (result.estimate(rule, metric) for metric in ("founder_weight_end", "founder_delta_end"))
    by_weight = f"founders are {amount(weight, 'share')} of gross assets at the end on average"
    if abs(delta.value - weight.value) <= NOTHING:
        return f"Counted by weight {by_weight}; no instrument on them is open then."
    return f"Counted by weight {by_weight}, counted by delta {amount(delta, 'share')}."


def hedge_caveats(result: Comparison) -> list[str]:
    """What is assumed or left out where a rule is hedged."""
    scenario = result.scenario
    instruments = dict.fromkeys(each for rule in scenario.rules for each in instruments_of(rule))
    lines = [
        "Rules of tax on constructive sales, straddles and holding periods are not modelled (in the United States "
        "sections 1259, 1092 and 1233 of the Internal Revenue Code). Where they apply, tax falls due earlier or a loss "
        "is deferred, and a hedge is worth less than this report says.",
        "Weights of founders, the rules that act on weights, such as a cap, and the catastrophes of single holdings "
        "count covered holdings in full. Only the exposure by delta counts what instruments take off.",
    ]
    if _priced_by_model(instruments, result):
        lines.append(
            f"The implied volatility is that of the model and {100.0 * PREMIUM:g} points, not a quote, and the same at "
            "every opening; after a fall quotes would be higher (assumption)."
        )
    tax = scenario.frictions.tax
    if tax is not None and tax.short_rate is not None:
        lines.append(
            "The gain of an instrument is long-term if its tenor is a year or more. A purchase turns long-term at a "
            "quarter end, after 12 to 15 months, later than after a year (assumption)."
        )
    return [*lines, "Counterparties always pay, and ask for no collateral beyond the units that are pledged."]


def _priced_by_model(instruments: Iterable[Instrument], result: Comparison) -> bool:
    """Whether some option is priced at the volatility of the model."""
    market = result.scenario.market
    own = [each for each in instruments if not isinstance(each, StoredInstrument) and each.pricing.volatility is None]
    return any(leg.is_option for each in own for leg in each.legs(terms_of(each, market)))
