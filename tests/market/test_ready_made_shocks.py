"""Ready-made shocks: each against the `Shock` that it stands for, and what is refused."""

from __future__ import annotations

import math

import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.market import Asset, Impact, Market, Shock
from riskkit.market.diffusion._uncertain import Uncertain
from riskkit.market.hazards._hazard import Constant
from riskkit.market.shocks._ready_made import breakthrough, failure, market_crash


def market() -> Market:
    return Market({"TSLA": Asset(0.08, 0.57), "gold": Asset(0.02, 0.15), "cash": Asset(0.03, 0.0)})


def test_a_failure_leaves_a_remainder_once():
    assert failure("xAI", 0.04) == Shock("failure of xAI", 0.04, {"xAI": -0.95}, once=True)
    lost = failure("xAI", Constant(0.04), recovery=0.2, name="xAI fails")
    assert lost == Shock("xAI fails", 0.04, {"xAI": -0.8}, once=True)


def test_a_breakthrough_is_a_gain_that_may_come_again():
    assert breakthrough("xAI", 0.1, 1.0) == Shock("breakthrough of xAI", 0.1, {"xAI": 1.0})
    again = breakthrough("xAI", 0.1, Impact(1.0, 0.3), name="second act")
    assert again == Shock("second act", 0.1, {"xAI": Impact(1.0, 0.3)})


def test_a_crash_hits_every_asset_that_swings():
    assert market_crash(market(), 0.1, -0.35) == Shock("market crash", 0.1, {"TSLA": -0.35, "gold": -0.35})


def test_a_crash_hits_by_beta():
    """-30 % ± 10 % at beta 2 is -60 % ± 20 %, at -0.2 it is +6 % ± 2 %; cash is hit only where it is named."""
    hit = market_crash(market(), 0.1, Impact(-0.3, 0.1), {"TSLA": 2.0, "gold": -0.2, "cash": 0.1}, name="1987").impacts
    assert [(name, impact.mean, impact.sd) for name, impact in hit.items()] == [
        ("TSLA", pytest.approx(-0.6), pytest.approx(0.2)),
        ("gold", pytest.approx(0.06), pytest.approx(0.02)),
        ("cash", pytest.approx(-0.03), pytest.approx(0.01)),
    ]
    assert dict(market_crash(market(), 0.1, -0.3, {"gold": 0}).impact) == {"TSLA": Impact(-0.3)}


def test_what_is_uncertain_of_a_crash_is_off_alike_for_all():
    """-30 % known to 5 % is, at beta 2, -60 % known to 10 %."""
    hit = market_crash(market(), 0.1, Uncertain(-0.3, 0.05), {"TSLA": 2.0}).impacts
    assert hit["gold"].mean == Uncertain(-0.3, 0.05, shared="market crash impact")
    assert hit["TSLA"].mean == Uncertain(-0.6, 0.1, shared="market crash impact")
    with pytest.raises(
        InvalidInput, match=r"^market crash: beta of 'gold', with an uncertain impact, must be > 0, got"
    ):
        market_crash(market(), 0.1, Uncertain(-0.3, 0.05), {"gold": -0.2})


def test_they_have_names_of_their_own_and_are_told_as_assumptions():
    shocks = [
        failure("TSLA", 0.01),
        failure("gold", 0.01),
        breakthrough("TSLA", 0.1, 0.5),
        market_crash(market(), 0.1, -0.35),
    ]
    lines = Market(market().assets, shocks=shocks).assumptions()
    assert [line for line in lines if "(assumption)" in line] == [
        "failure of TSLA: 1 % a year, once; TSLA -95 % (assumption).",
        "failure of gold: 1 % a year, once; gold -95 % (assumption).",
        "breakthrough of TSLA: 10 % a year; TSLA +50 % (assumption).",
        "market crash: 10 % a year; TSLA and gold -35 % (assumption).",
    ]


def test_prices_after_failure_and_crash():
    """Without any swing, prices are 0.05 after a failure, times 0.5 for each crash; of 4000 paths, all obey."""
    still = Market({"A": Asset(0.0, 1e-12), "B": Asset(0.0, 1e-12)})
    shocks = [failure("A", 0.3), market_crash(still, 0.5, -0.5, {"B": 0.5})]
    paths = rk.sample(Market(still.assets, shocks=shocks), years=2, steps_per_year=12, paths=4000, seed=1)
    counts = paths.events.groupby(["shock", "path"], observed=True).size()
    failed = counts["failure of A"].reindex(range(4000), fill_value=0).to_numpy()
    crashed = counts["market crash"].reindex(range(4000), fill_value=0).to_numpy()
    assert failed.max() == 1
    assert crashed.max() > 1
    last = paths.prices[-1]
    assert last[0] == pytest.approx(0.05**failed * 0.5**crashed, rel=1e-9)
    assert last[1] == pytest.approx(0.75**crashed, rel=1e-9)


@pytest.mark.parametrize("recovery", [0.0, 1.0, -0.1, math.nan, "none"])
def test_a_recovery_outside_zero_and_one_is_refused(recovery):
    with pytest.raises(InvalidInput, match=r"^failure of 'xAI': recovery must be .*, got"):
        failure("xAI", 0.04, recovery=recovery)


def test_signs_that_cannot_be_meant_are_refused():
    with pytest.raises(InvalidInput, match=r"^breakthrough of 'xAI': impact must be > 0, got -0\.5$"):
        breakthrough("xAI", 0.1, -0.5)
    with pytest.raises(InvalidInput, match=r"^market crash: impact must be < 0, got 0\.35$"):
        market_crash(market(), 0.1, 0.35)


def test_betas_that_cannot_be_are_refused():
    with pytest.raises(InvalidInput, match=r"^market crash: beta of 'TSLA' times the impact must be > -1, got -1\.2$"):
        market_crash(market(), 0.1, -0.6, {"TSLA": 2})
    with pytest.raises(
        InvalidInput, match=r"^market crash: betas must name one of .*, got 'TLSA' \(did you mean 'TSLA"
    ):
        market_crash(market(), 0.1, -0.6, {"TLSA": 2})
    with pytest.raises(InvalidInput, match=r"^market crash: beta of 'gold' must be finite, got nan$"):
        market_crash(market(), 0.1, -0.6, {"gold": math.nan})
    with pytest.raises(InvalidInput, match=r"^market crash: betas must be a mapping \{asset: beta\}, got 1\.5$"):
        market_crash(market(), 0.1, -0.6, 1.5)
    with pytest.raises(InvalidInput, match=r"^Shock 'market crash': impact must name at least one holding, got none$"):
        market_crash(market(), 0.1, -0.6, {"TSLA": 0, "gold": 0})


def test_what_is_no_market_or_no_rate_is_refused():
    with pytest.raises(InvalidInput, match=r"^market crash: market must be a Market, got \['TSLA'\]$"):
        market_crash(["TSLA"], 0.1, -0.5)
    with pytest.raises(InvalidInput, match=r"^Shock 'failure of xAI': rate must be >= 0, got -0\.1$"):
        failure("xAI", -0.1)
    with pytest.raises(
        InvalidInput, match=r"^Shock 'failure of 3': holding in impact must be a non-empty string, got 3"
    ):
        failure(3, 0.1)
