"""The section on hedges of a report: what each instrument is and costs, its value over time, and caveats."""

from __future__ import annotations

from riskkit.comparison._comparison import Comparison
from riskkit.comparison.metrics import METRICS
from riskkit.instruments import Instrument, terms_of
from riskkit.market import Market
from riskkit.report.figures._hedged_rules import hedged_rules
from riskkit.report.figures._labels import UNITS
from riskkit.report.html import figures as pictures
from riskkit.report.html import tables
from riskkit.report.html.blocks import Block, Bullets, Columns, Paragraph, Section, Table
from riskkit.report.text.hedges import hedge_caveats, hedge_sentences
from riskkit.report.text.numbers import counted, listed
from riskkit.toml.stored_instrument import StoredInstrument

__all__ = ["hedges_sections"]

#: Metric → heading in the table of hedged rules.
HEDGE_METRICS = {
    "hedge_cost": "Premiums and spreads a year",
    "hedge_payoff": "Pay-offs a year",
    "founder_weight_end": "Founder weight at the end",
    "founder_delta_end": "By delta",
    "underhedged_probability": "Covered less than its share",
    "shortfall_probability": "Could not pay in full",
}

#: The most hedged rules with figures.
MOST_DRAWN = 3


def hedges_sections(result: Comparison, why_not_replayed: str | None) -> tuple[Section, ...]:
    """The section on hedges; none where no rule is hedged.

    Parameters
    ----------
    result : Comparison
    why_not_replayed : str or None
        Why paths cannot be replayed.
    """
    rules = hedged_rules(result)
    if not rules:
        return ()
    blocks: list[Block] = [_terms_table(result), _metrics_table(result, list(rules))]
    for place, (name, rule) in enumerate(rules.items()):
        blocks.append(Paragraph(tuple(hedge_sentences(result, name))))
        if place < MOST_DRAWN:
            drawn = pictures.payoff_figures(rule, result.scenario.market)
            if why_not_replayed is None:
                drawn += pictures.hedge_fan_figures(result, name)
            if drawn:
                blocks.append(Columns(tuple((figure,) for figure in drawn)))
    if why_not_replayed is not None:
        blocks.append(Paragraph((f"The value of the instruments over time is not drawn: {why_not_replayed}.",)))
    if len(rules) > MOST_DRAWN:
        blocks.append(Paragraph((f"Figures are of the first {MOST_DRAWN} of {counted(len(rules), 'hedged rule')}.",)))
    return (Section("hedges", "Hedges", (*blocks, Bullets(tuple(hedge_caveats(result))))),)


def _terms_table(result: Comparison) -> Table:
    """Each instrument once: what it is, its strikes, implied volatilities and premium."""
    instruments = dict.fromkeys(each for rule in hedged_rules(result).values() for each in rule.instruments)
    rows = tuple(_terms_row(each, result.scenario.market) for each in instruments)
    heads = ("Instrument", "Terms", "Strikes (% of the price)", "Implied volatility (%)", "Premium (% of the price)")
    caption = "Instruments; a premium below 0 is received, and strikes and premium are set at each opening"
    return Table(caption, heads, rows)


def _terms_row(instrument: Instrument, market: Market) -> tuple[str, str, str, str, str]:
    if isinstance(instrument, StoredInstrument):
        return (instrument.label, repr(instrument), "–", "–", "–")
    terms = terms_of(instrument, market)
    legs = instrument.legs(terms)
    options = [leg for leg in legs if leg.is_option]
    exercise_prices = listed([f"{leg.kind} {100.0 * leg.strike:.4g}" for leg in options]) if options else "–"
    volatilities = dict.fromkeys(f"{100.0 * leg.volatility:.3g}" for leg in options)
    premium = f"{100.0 * instrument.premium(terms):z.2f}" if legs else "–"
    described = instrument.describe().removeprefix(instrument.label).lstrip(": ")
    return (
        instrument.label,
        described or "–",
        exercise_prices,
        listed(list(volatilities)) if options else "–",
        premium,
    )


def _metrics_table(result: Comparison, hedged: list[str]) -> Table:
    """Cost, pay-off and cover of each hedged rule."""
    metrics = [name for name in HEDGE_METRICS if result.scenario.portfolio.founders or "founder" not in name]
    heads = ("Rule", *(f"{HEDGE_METRICS[name]} ({UNITS[METRICS[name].unit]})" for name in metrics))
    cells = dict(zip(result.scenario.names, tables.metric_rows(result, metrics), strict=True))
    rows = tuple((name, *cells[name]) for name in hedged)
    return Table(f"Hedged rules{tables.errors_note(result)}", heads, rows)
