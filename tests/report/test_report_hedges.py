"""The section of a report on hedges: terms, cost, pay-off, value over time, and what is not modelled."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_cases import chosen, ran, scenario

import riskkit as rk
from riskkit.comparison._comparison import Comparison
from riskkit.report.html.hedges_section import hedges_sections
from riskkit.report.html.page import page
from riskkit.report.text.hedges import hedge_caveats, hedge_sentences
from riskkit.report.text.outcomes import danger_sentences

CALL = rk.Hedged(rk.Hold(), rk.CoveredCall("A", 1.2, years=0.5, pricing=rk.OptionPricing(0.3)), name="calls")
PUT = rk.Hedged(rk.Hold(), rk.Put("A", 0.9), name="puts")
FUND = rk.Hedged(rk.Hold(), rk.ExchangeFund("A", "B", years=2.0), name="fund")


def sentences(**columns: list[float]) -> list[str]:
    return hedge_sentences(chosen({"puts": [1.0, 1.2]}, **columns), "puts")


def test_what_is_paid_and_received_stands_in_a_sentence_by_its_sign():
    """Means over two equal paths, so without an error and with three digits."""
    paid = sentences(hedge_cost=[0.05, 0.05], hedge_payoff=[0.04, 0.04])
    assert paid[0] == (
        "For its instruments 'puts' pays 0.05 at openings and receives 0.04 at expiries (times the start wealth a "
        "year, on average)."
    )
    received = sentences(hedge_cost=[-0.05, -0.05], hedge_payoff=[-0.04, -0.04])
    assert received[0].startswith("For its instruments 'puts' receives 0.05 at openings and pays 0.04 at expiries")
    free = sentences(hedge_cost=[0.0, 0.0], hedge_payoff=[0.03, 0.03])
    assert free[0].startswith("For its instruments 'puts' pays nothing at openings and receives 0.03 at expiries")
    assert sentences()[0] == "The instruments of 'puts' have neither premiums nor pay-offs."


def test_exposure_by_delta_is_beside_the_weight():
    both = sentences(founder_weight_end=[0.6, 0.6], founder_delta_end=[0.2, 0.2])
    assert both[1] == (
        "Counted by weight founders are 60 % of gross assets at the end on average, counted by delta 20 %."
    )
    closed = sentences(founder_weight_end=[0.6, 0.6], founder_delta_end=[0.6, 0.6])
    assert closed[1].endswith("60 % of gross assets at the end on average; no instrument on them is open then.")


def test_what_was_not_covered_or_not_paid_is_counted():
    """Of two paths one."""
    lines = sentences(underhedged=[1.0, 0.0], shortfall=[0.0, 1.0])
    assert lines[2].startswith("On 50 % of the paths an opening covered less than its share")
    assert lines[3].startswith("On 50 % of the paths a settlement or its tax could not be paid in full")
    assert len(sentences()) == 2


def test_a_hedged_baseline_says_how_often_it_could_not_pay():
    result = chosen({"puts": [1.0, 1.2]}, shortfall=[0.0, 1.0])
    hedged = Comparison(replace(result.scenario, rules=[PUT]), result.outcomes, seed=3, notes=result.notes)
    assert danger_sentences(hedged, "puts")[-1] == "50 % of the paths could not pay a settlement in full."
    assert danger_sentences(result, "puts") == []


@pytest.fixture(scope="module")
def result() -> Comparison:
    return ran(scenario(rk.Hold(), CALL, PUT, FUND), paths=256)


def test_the_table_of_terms_has_strikes_volatility_and_premium(result: Comparison):
    """A call at 120 % for half a year at 30 % and a rate of 4 %.

    d1 = (ln(1 / 1.2) + (ln 1.04 + 0.045) / 2) / (0.3 √0.5) = -0.6610 and d2 = d1 - 0.3 √0.5 = -0.8731, so that
    Φ(d1) - 1.2 Φ(d2) / √1.04 = 0.2543 - 1.1767 · 0.1913 = 0.0292 is received.
    """
    [section] = hedges_sections(result, None)
    terms, metrics, *_ = section.blocks
    assert terms.rows[0] == (
        "covered call on A", "at 120 % of the price for 6 months, rolled, on all units", "call 120", "30", "-2.92",
    )  # fmt: skip
    assert terms.rows[1][:3] == ("put on A", "at 90 % of the price for 1 year, rolled, on all units", "put 90")
    assert terms.rows[2][2:] == ("–", "–", "–")
    assert [row[0] for row in metrics.rows] == ["calls", "puts", "fund"]


def test_the_caveats_name_what_is_not_modelled(result: Comparison):
    text = " ".join(hedge_caveats(result))
    for words in ["constructive sales, straddles and holding periods are not modelled", "by delta", "4 points"]:
        assert words in text
    quoted = ran(scenario(rk.Hold(), CALL), paths=128)
    assert "4 points" not in " ".join(hedge_caveats(quoted))


def test_two_rates_of_tax_have_a_caveat(result: Comparison):
    assert "12 to 15 months" not in " ".join(hedge_caveats(result))
    two = rk.Frictions(tax=rk.CapitalGains(0.238, short_rate=0.408))
    taxed = ran(replace(scenario(rk.Hold(), CALL), frictions=two), paths=128)
    assert "at a quarter end, after 12 to 15 months" in " ".join(hedge_caveats(taxed))


@pytest.mark.slow
def test_only_a_report_with_a_hedged_rule_has_the_section(result: Comparison):
    """One pay-off diagram and one fan for each of the two rules with legs; the fund has a fan alone."""
    text = page(result, paths=100)
    section = text[text.index('id="hedges"') : text.index('id="causes"')]
    assert section.count("<svg") == 5
    assert "by its price, at the opening and at expiry, before tax" in section
    assert "Value of the instruments as a share of net wealth over time" in section
    assert hedges_sections(ran(scenario(), paths=128), None) == ()


class OwnCall(rk.Instrument):
    """A call of the user's own, which no file holds."""

    strike: float = 1.0

    def legs(self, terms: rk.Terms) -> tuple[rk.Leg, ...]:
        return (rk.Leg("call", 1.0, self.strike, 0.3),)


@pytest.mark.slow
def test_a_saved_result_with_an_own_instrument_is_reported_without_running_it(tmp_path):
    own = rk.Hedged(rk.Hold(), OwnCall("A"), name="own")
    ran(scenario(rk.Hold(), own), paths=256).save(tmp_path / "saved")
    loaded = Comparison.load(tmp_path / "saved")
    [section] = hedges_sections(loaded, "it is a record")
    assert section.blocks[0].rows[0][2:] == ("–", "–", "–")
    text = page(loaded, paths=100)
    assert "the saved result holds only the name and repr of &#39;own call on A&#39;" in text
