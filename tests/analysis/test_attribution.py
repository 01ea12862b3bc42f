"""Attribution against hand calculation, and its sums and zeros in any scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.analysis._attribution import attribution
from riskkit.analysis._risk_sources import sources

TINY = 1e-12


def two_events(market: rk.Market) -> rk.Scenario:
    """Shocks that happen on every path, after one and after two of three years."""
    holdings = [rk.Holding(name, 0.5, founder="Ann") for name in market.assets]
    case = rk.Scenario(rk.Portfolio(holdings), market, [rk.Hold()], years=3, steps_per_year=12)
    return case.with_event("first", year=1).with_event("second", year=2)


def test_additive_sources_by_hand():
    """Each shock halves its own half of the wealth, or takes a fifth of it: 1 - 0.25 - 0.1."""
    shocks = [rk.Shock("first", 0.1, {"A": -0.5}, once=True), rk.Shock("second", 0.1, {"B": -0.2}, once=True)]
    market = rk.Market({"A": rk.Asset(0.0, 0.0), "B": rk.Asset(0.0, 0.0)}, shocks=shocks)
    found = attribution(two_events(market), "hold", "wealth_mean", paths=128)
    assert found.baseline == 1.0
    assert found.value == pytest.approx(0.65, abs=TINY)
    assert found.sources["contribution"].to_dict() == pytest.approx({"first": -0.25, "second": -0.1}, abs=TINY)
    assert found.sources["standard_error"].max() < TINY


def test_sources_that_meet_share_what_they_do_together():
    """Alone 0.5 and 0.8, together 0.4: the first adds -0.5 or -0.4, the second -0.2 or -0.1."""
    shocks = [rk.Shock("first", 0.1, {"A": -0.5}), rk.Shock("second", 0.1, {"A": -0.2})]
    market = rk.Market({"A": rk.Asset(0.0, 0.0)}, shocks=shocks)
    found = attribution(two_events(market), "hold", "wealth_mean", paths=128)
    assert found.sources["contribution"].to_dict() == pytest.approx({"first": -0.45, "second": -0.15}, abs=TINY)
    assert found.sentence() == (
        "Of the 0.400 times the start of wealth_mean under 'hold', 1.000 are expected growth alone, -0.450 first and "
        "-0.150 second."
    )


def test_where_nothing_is_left_to_chance_all_is_growth():
    market = rk.Market({"A": rk.Asset(0.1, 0.0)})
    case = rk.Scenario(rk.Portfolio([rk.Holding("A", 1.0)]), market, [rk.Hold()], years=2, steps_per_year=12)
    found = attribution(case, paths=128)
    assert found.sources.empty
    assert found.baseline == found.value == 0.0
    assert found.sentence() == ("Of the 0.0 points of max_drawdown_mean under 'hold', 0.0 are expected growth alone.")


def test_diffusion_off_is_growth_for_sure():
    """The mean wealth of `Hold` does not depend on volatility; its max drawdown without shocks is all volatility."""
    market = rk.Market({"A": rk.Asset(0.08, 0.4)})
    case = rk.Scenario(rk.Portfolio([rk.Holding("A", 1.0)]), market, [rk.Hold()], years=2, steps_per_year=12)
    mean = attribution(case, metric="wealth_mean", paths=2000)
    assert mean.baseline == pytest.approx(1.08**2, rel=TINY)
    row = mean.sources.loc["diffusion"]
    assert abs(row["contribution"]) < 4.0 * row["standard_error"]
    depth = attribution(case, metric="max_drawdown_mean", paths=2000)
    assert depth.baseline == 0.0
    assert depth.sources.loc["diffusion"].tolist() == pytest.approx([depth.value, depth.standard_error], rel=1e-9)
    assert depth.sentence().startswith(f"Of the {100 * depth.value:.1f} points of max_drawdown_mean under 'hold', ")


SMALL = rk.Portfolio([rk.Holding("A", 6, founder="Ann"), rk.Holding("C", 4)])


def with_everything(**changed: Any) -> rk.Scenario:
    """Eight sources and an idle shock."""
    holdings = [
        rk.Holding("A", 60, founder="Ann", cost=6),
        rk.Holding("B", 40, founder={"Ann": 0.5}, liquidity=rk.TenderWindows(), marks=rk.Marks()),
        rk.Holding("C", 20),
    ]
    shocks = [rk.Shock("exit", 0.1, {"A": -0.5, "B": -0.25}, once=True), rk.Shock("idle", 0.0, {"A": -0.5})]
    market = rk.Market({name: rk.Asset(0.06, 0.3) for name in "ABC"}, shocks=shocks)
    frictions = rk.Frictions(0.01, tax=rk.CapitalGains(0.2), death=0.05, spending=rk.Spending(rate=0.03))
    frictions = replace(frictions, flows=[rk.Deposit(2), rk.Vesting("A", 5, 2, until="exit")])
    case = rk.Scenario(
        rk.Portfolio(holdings, loan=rk.Loan(30, 0.05, 0.5)),
        market,
        [rk.Hold(), rk.Cap(0.4)],
        frictions=frictions,
        years=2,
        steps_per_year=12,
        inflation=0.02,
    )
    return replace(case, **changed)


def test_every_source_that_is_on_is_named_once():
    assert list(sources(with_everything())) == [
        "diffusion", "exit", "idle", "trading cost", "tax", "death", "spending", "deposits", "vesting", "lock-ups",
        "marks", "loan",
    ]  # fmt: skip


def test_each_switch_takes_its_source_away_and_no_other():
    case = with_everything()
    for name, off in sources(case).items():
        left = sources(off(case))
        gone = {name, *{"tax": ["death"], "lock-ups": ["marks"]}.get(name, [])}
        expected = [each for each in sources(case) if each not in gone or each in ("exit", "idle")]
        assert list(left) == expected, name
        assert off(off(case)) == off(case)
    without = sources(case)["loan"](case)
    assert without.portfolio.net == pytest.approx(case.portfolio.net)
    assert without.portfolio.weights.to_dict() == pytest.approx(case.portfolio.weights.to_dict())
    assert sources(case)["exit"](case).market.shocks[0].rate == 0.0
    assert not sources(case)["exit"](case.with_event("exit", year=1)).forced


def test_deposits_buy_the_same_without_diffusion():
    """All is cash-like then; a deposit of 2 goes on into C, the only holding with no founder."""
    flows = sources(with_everything())["diffusion"](with_everything()).frictions.flows
    assert flows == (rk.Deposit(2, "C"), with_everything().frictions.flows[1])


def test_a_shock_with_the_name_of_a_friction_is_marked():
    case = with_everything()
    market = replace(case.market, shocks=[rk.Shock("tax", 0.1, {"A": -0.5})])
    case = replace(case, market=market, frictions=replace(case.frictions, flows=()))
    assert [name for name in sources(case) if "tax" in name] == ["tax (shock)", "tax"]


@pytest.mark.parametrize("metric", ["max_drawdown_mean", "wealth_es95", "growth_median", "loss_probability", "cdar95"])
def test_contributions_sum_to_the_whole_and_an_idle_shock_is_exactly_0(metric: str):
    case = with_everything(frictions=rk.Frictions(0.01), portfolio=SMALL)
    found = attribution(case, rk.Rebalance(3), metric, paths=400, seed=2)
    assert found.sources.index.tolist() == ["diffusion", "exit", "idle", "trading cost"]
    assert abs(found.sources["contribution"].sum() - (found.value - found.baseline)) < TINY
    assert found.sources.loc["idle"].tolist() == [0.0, 0.0]
    whole = rk.compare(replace(case, rules=[rk.Rebalance(3)]), paths=400, seed=2)
    assert found.value == whole.table(metric).iloc[0, 0]
    assert found.standard_error == whole.errors(metric).iloc[0, 0]


def test_more_than_six_sources_are_sampled_and_still_sum(monkeypatch: pytest.MonkeyPatch):
    """Twelve are on; the sums hold for any orders, however few."""
    monkeypatch.setattr("riskkit.analysis._shapley.PERMUTATIONS", 4)
    found = attribution(with_everything(), "cap", "wealth_mean", paths=128, seed=1)
    assert len(found.sources) == 12
    assert abs(found.sources["contribution"].sum() - (found.value - found.baseline)) < TINY
    assert found.sources.loc["idle"].tolist() == [0.0, 0.0]
    assert found.sources.loc["spending", "contribution"] < 0.0
    assert (found.sources.loc[["deposits", "vesting"], "contribution"] > 0.0).all()


@pytest.mark.slow
def test_errors_are_those_of_repeating_the_run():
    """Standard deviation over 40 seeds, itself known to 1/sqrt(78) = 11 %, against the stated ones; four times."""
    case = with_everything(frictions=rk.Frictions(), portfolio=SMALL)
    runs = [attribution(case, "hold", "max_drawdown_mean", paths=200, seed=seed) for seed in range(40)]
    spread = np.std([run.sources["contribution"] for run in runs], axis=0, ddof=1)
    stated = np.sqrt(np.mean([np.square(run.sources["standard_error"]) for run in runs], axis=0))
    np.testing.assert_allclose(stated[:2], spread[:2], rtol=0.45)
    assert spread[2] == stated[2] == 0.0


def test_nan_contributions_are_warned_of_with_the_reason():
    case = with_everything(frictions=rk.Frictions(), portfolio=SMALL)
    with pytest.warns(
        RiskkitWarning, match="some contributions to growth_median are NaN: too few paths to bracket the 50 % qu"
    ):
        found = attribution(case, "hold", "growth_median", paths=3)
    assert found.sources.loc["diffusion"].isna().tolist() == [False, True]


def test_what_it_prints():
    case = with_everything(frictions=rk.Frictions(), portfolio=SMALL)
    found = attribution(case, paths=200)
    text = repr(found)
    assert text.startswith(f"{found.sentence()} (200 paths a run, seed 0)\n\n")
    lines = [line.split() for line in text.splitlines()]
    assert ["expected", "growth", "alone", "0.0", "0.0"] in lines
    assert ["max_drawdown_mean", f"{100 * found.value:.1f}", f"{100 * found.standard_error:.1f}"] in lines
    assert "Expected shortfall of final wealth, worst 5 % of the paths" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": "sell"}, "rule must name one of 'hold', 'cap', got 'sell'"),
        ({"metric": "drawdown"}, "metric must name one of 'wealth_mean', .*got 'drawdown'"),
        ({"paths": 0}, "paths must be >= 1, got 0"),
        ({"seed": 0.5}, "seed must be a whole number, got 0.5"),
    ],
)
def test_bad_questions_are_refused(arguments: dict[str, Any], message: str):
    with pytest.raises(InvalidInput, match=message):
        attribution(with_everything(), **arguments)


def test_it_needs_a_scenario():
    with pytest.raises(InvalidInput, match="scenario must be a Scenario, got 'baron'"):
        attribution("baron")
