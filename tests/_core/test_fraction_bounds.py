"""Percentages typed for fractions: every bound from both sides, the sentences, and what a user is spared."""

from __future__ import annotations

import math
import pickle
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import riskkit as rk
from riskkit.optimize import founder_limit, holding_limits, kelly, min_cvar, no_trade_band, turnover_limit

PORTFOLIO = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 40)])
MARKET = rk.Market({"A": rk.Asset(0.08, 0.4), "B": rk.Asset(0.05, 0.2)})
SCENARIO = rk.Scenario(PORTFOLIO, MARKET, [rk.Hold(), rk.DiversifyNow()], years=2, steps_per_year=1)
TAX = rk.CapitalGains(0.2)
PRICES = pd.DataFrame(
    {"A": np.exp(0.01 * np.random.default_rng(1).normal(size=60).cumsum())}, pd.bdate_range("2024-01-01", periods=60)
)
RETURNS = pd.DataFrame({"A": [-0.1, 0.2, 0.0], "B": [0.0, 0.1, -0.05]})

Build = Callable[[float], Any]

#: What it is → how it is built, the largest size without a warning, and the largest that is not refused.
BOUNDS: dict[str, tuple[Build, float, float | None]] = {
    "Asset: expected_return": (lambda v: rk.Asset(v, 0.2), 2.0, 5.0),
    "Asset: volatility": (lambda v: rk.Asset(0.1, v), 5.0, 10.0),
    "Asset: expected_return: mean": (lambda v: rk.Asset(rk.Uncertain(v, 0.1), 0.2), 2.0, 5.0),
    "Asset: expected_return: sd": (lambda v: rk.Asset(rk.Uncertain(0.1, v), 0.2), 2.0, 5.0),
    "Asset: volatility: mean": (lambda v: rk.Asset(0.1, rk.Uncertain(v, 0.1)), 5.0, 10.0),
    "Asset: volatility: sd": (lambda v: rk.Asset(0.1, rk.Uncertain(0.3, v)), 5.0, 10.0),
    "expected_return": (lambda v: rk.fit(PRICES, expected_return=v), 2.0, 5.0),
    "expected_return of 'A'": (lambda v: rk.fit(PRICES, expected_return={"A": v}), 2.0, 5.0),
    "Resampled: expected_return": (lambda v: rk.Resampled(PRICES, 5.0, expected_return=v), 2.0, 5.0),
    "cash: return of 'C'": (lambda v: rk.Resampled(PRICES, 5.0, cash={"C": v}), 0.5, 1.0),
    "Proxy: extra_volatility": (lambda v: rk.Proxy("A", v), 5.0, 10.0),
    "equilibrium: premium": (lambda v: rk.equilibrium(PORTFOLIO, v), 0.5, 1.0),
    "equilibrium: cash": (lambda v: rk.equilibrium(PORTFOLIO, 0.04, cash=v), 0.5, 1.0),
    "Regime: drift": (lambda v: rk.Regime(drift=v), 10.0, 100.0),
    "Regime: drift of 'A'": (lambda v: rk.Regime(drift={"A": v}), 10.0, 100.0),
    "Impact: mean": (rk.Impact, 10.0, None),
    "Impact: sd": (lambda v: rk.Impact(-0.5, v), 10.0, None),
    "Shock 's': drift_after of 'A'": (lambda v: rk.Shock("s", 0.1, {"A": 0.0}, drift_after={"A": v}), 10.0, 100.0),
    "founder exit: rate": (lambda v: rk.founder_exit(PORTFOLIO, "Ann", v, -0.5), 1.0, None),
    "failure of A: rate": (lambda v: rk.failure("A", v), 1.0, None),
    "Frictions: cost": (rk.Frictions, 0.1, None),
    "Frictions: cost of 'A'": (lambda v: rk.Frictions({"A": v}), 0.1, None),
    "Frictions: death": (lambda v: rk.Frictions(tax=TAX, death=v), 0.5, None),
    "Spending: rate": (rk.Spending, 0.5, None),
    "Loan: rate": (lambda v: rk.Loan(1, v, 0.5), 0.5, None),
    "inflation": (lambda v: replace(SCENARIO, inflation=v), 0.5, 1.0),
    "Band: relative": (lambda v: rk.Band(0.05, relative=v), 2.0, 10.0),
    "change of 'A'": (lambda v: rk.stress(PORTFOLIO, {"A": v}), 10.0, None),
    "cash": (lambda v: kelly(MARKET, cash=v), 0.5, 1.0),
    "volatility": (lambda v: no_trade_band(0.5, v, 0.01), 5.0, 10.0),
    "cost": (lambda v: no_trade_band(0.5, 0.4, v), 0.1, None),
    "turnover_limit: limit": (lambda v: turnover_limit(v, PORTFOLIO), 2.0, 10.0),
    "holding_limits: 'A'": (lambda v: holding_limits({"A": v}), 2.0, 10.0),
    "upper bound of 'A'": (lambda v: min_cvar(RETURNS, level=0.5, bounds={"A": (0.0, v)}), 2.0, 10.0),
}


@pytest.mark.parametrize("what", BOUNDS)
def test_a_value_at_the_bound_gives_no_warning_and_one_above_does(what: str):
    build, most, _ = BOUNDS[what]
    build(most)
    with pytest.warns(rk.RiskkitWarning) as warned:
        build(math.nextafter(most, math.inf))
    sentences = {str(each.message) for each in warned}
    assert len(sentences) == 1
    assert sentences.pop().startswith(f"{what} should be at most {most:g} ({100 * most:g} %")


@pytest.mark.parametrize("what", [what for what, (_, _, highest) in BOUNDS.items() if highest is not None])
def test_the_highest_value_is_warned_of_and_one_above_is_refused(what: str):
    build, _, highest = BOUNDS[what]
    with pytest.warns(rk.RiskkitWarning, match="should be at most"):
        build(highest)
    with pytest.raises(rk.InvalidInput) as refused:
        build(math.nextafter(highest, math.inf))
    assert str(refused.value).startswith(f"{what} must be at most {highest:g} ({100 * highest:g} %")


@given(st.data())
def test_no_accepted_value_up_to_the_bound_is_warned_of(data: st.DataObject):
    """Warnings are errors here. The optimisers are left to the bounds alone, for their time."""
    plain = [what for what in BOUNDS if what not in {"cash", "upper bound of 'A'", "volatility", "cost"}]
    build, most, _ = BOUNDS[data.draw(st.sampled_from(plain))]
    build(data.draw(st.floats(1e-3, most)))


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: rk.Asset(8, 57), "Asset: expected_return must be at most 5 (500 % a year), got 8: 8 is 800 % a year; "
         "write 0.08 for 8 %"),
        (lambda: rk.Asset(0.08, 57), "Asset: volatility must be at most 10 (1000 % a year), got 57: 57 is 5700 % a "
         "year; write 0.57 for 57 %"),
        (lambda: rk.Asset(-8, 0.2), "Asset: expected_return must be > -1, got -8.0: -8 is -800 %; write -0.08 for "
         "-8 %"),
        (lambda: rk.scenarios.baron(17.46), "belief must be at most 5 (500 % a year), got 17.46: 17.46 is 1746 % a "
         "year; write 0.1746 for 17.46 %"),
        (lambda: rk.Frictions(cost=1), "Frictions: cost must be >= 0 and < 1, got 1.0: 1 is 100 %; write 0.01 for 1 %"),
        (lambda: rk.CapitalGains(23.8), "CapitalGains: rate must be >= 0 and < 1, got 23.8: 23.8 is 2380 %; write "
         "0.238 for 23.8 %"),
        (lambda: rk.Loan(1, 5, 0.5), "Loan: rate must be >= 0 and < 1, got 5.0: 5 is 500 %; write 0.05 for 5 %"),
        (lambda: rk.Loan(1, 0.05, 50), "Loan: max_loan_to_value must be > 0 and < 1, got 50.0: 50 is 5000 %; write 0.5 "
         "for 50 %"),
        (lambda: rk.Impact(-50), "Impact: mean must be > -1, got -50.0: -50 is -5000 %; write -0.5 for -50 %"),
        (lambda: rk.Cap(30), "Cap: limit must be >= 0 and <= 1, got 30.0: 30 is 3000 %; write 0.3 for 30 %"),
        (lambda: rk.Band(5), "Band: width must be >= 0 and <= 1, got 5.0: 5 is 500 %; write 0.05 for 5 %"),
        (lambda: rk.Trim(10, 5), "Trim: fraction must be > 0 and <= 1, got 10.0: 10 is 1000 %; write 0.1 for 10 %"),
        (lambda: rk.DrawdownControl(50), "DrawdownControl: limit must be > 0 and < 1, got 50.0: 50 is 5000 %; write "
         "0.5 for 50 %"),
        (lambda: rk.Holding("A", 1, founder={"Ann": 13}), "Holding 'A': founder share of 'Ann' must be >= 0 and <= 1, "
         "got 13.0: 13 is 1300 %; write 0.13 for 13 %"),
        (lambda: replace(SCENARIO, inflation=3), "inflation must be at most 1 (100 % a year), got 3: 3 is 300 % a "
         "year; write 0.03 for 3 %"),
        (lambda: founder_limit("Ann", 30, PORTFOLIO), "founder_limit: limit must be >= 0 and <= 1, got 30.0: 30 is "
         "3000 %; write 0.3 for 30 %"),
        (lambda: rk.measures.var(np.ones(3), 95), "level must be > 0 and < 1, got 95.0: 95 is 9500 %; write "
         "0.95 for 95 %"),
    ],
)  # fmt: skip
def test_a_percentage_is_refused_with_what_to_write(build: Callable[[], object], sentence: str):
    with pytest.raises(rk.InvalidInput) as refused:
        build()
    assert str(refused.value) == sentence


@pytest.mark.parametrize("limit", [-0.1, math.nan, math.inf, 1e6, 10**400])
def test_what_can_be_no_percentage_gets_no_advice(limit: float):
    with pytest.raises(rk.InvalidInput) as refused:
        rk.Cap(limit)
    assert "write" not in str(refused.value)


@pytest.mark.parametrize("returned", [3.0, rk.Uncertain(3.0, 0.1)])
def test_the_warning_has_the_same_sentence_and_points_to_the_user(returned: float | rk.Uncertain):
    what = "Asset: expected_return" + (": mean" if isinstance(returned, rk.Uncertain) else "")
    sentence = f"{what} should be at most 2 (200 % a year), got 3: 3 is 300 % a year; write 0.03 for 3 %"
    with pytest.warns(rk.RiskkitWarning) as warned:
        asset = rk.Asset(returned, 0.2)
    assert [(str(each.message), each.filename) for each in warned] == [(sentence, __file__)]
    # What riskkit derives from it is not warned of again.
    market = rk.Market({"A": asset})
    assert market.at_means().assets["A"].expected_return == 3.0
    assert pickle.loads(pickle.dumps(market)) == market


def test_a_belief_is_warned_of_on_the_line_of_the_user():
    with pytest.warns(rk.RiskkitWarning, match=r"got 3: 3 is 300 % a year; write 0\.03 for 3 %") as warned:
        rk.scenarios.baron(3.0)
    assert {each.filename for each in warned} == {__file__}


def test_hazards_are_counts_a_year_and_may_be_large():
    """Two events a year are no percentage; an exit that may come again may also come twice a year."""
    rk.Shock("news", 2.0, {"A": -0.05})
    rk.founder_exit(PORTFOLIO, "Ann", 2.0, -0.1, once=False)
    rk.founder_exit(PORTFOLIO, "Ann", rk.Mortality(90, "male"), -0.5)


@pytest.mark.parametrize("impact", [0.5, rk.Impact(0.5, 0.1), rk.Uncertain(0.5, 0.1)])
def test_a_founder_exit_that_is_a_gain_is_warned_of(impact: float | rk.Impact | rk.Uncertain):
    sentence = "founder exit: impact +0.5 is a gain; a loss is negative: write -0.5"
    with pytest.warns(rk.RiskkitWarning) as warned:
        shock = rk.founder_exit(PORTFOLIO, "Ann", 0.02, impact)
    assert [(str(each.message), each.filename) for each in warned] == [(sentence, __file__)]
    assert shock.impacts["A"].expected == 0.5


# ---------------------------------------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------------------------------------


def test_a_scenario_file_is_held_to_the_same_bounds(tmp_path: Path):
    file = tmp_path / "scenario.toml"
    SCENARIO.save(file)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("expected_return = 0.08", "expected_return = 8", 1), encoding="utf-8")
    with pytest.raises(rk.InvalidInput, match=r"assets\.A: Asset: expected_return must be at most 5 .* write 0\.08"):
        rk.Scenario.load(file)
    file.write_text(text.replace("expected_return = 0.08", "expected_return = 3", 1), encoding="utf-8")
    with pytest.warns(rk.RiskkitWarning, match=r"^Asset: expected_return should be at most 2 ") as warned:
        assert rk.Scenario.load(file).market.assets["A"].expected_return == 3.0
    assert [each.filename for each in warned] == [__file__]


# ---------------------------------------------------------------------------------------------------------------------
# Prices
# ---------------------------------------------------------------------------------------------------------------------


def alternating(size: float) -> pd.DataFrame:
    """A moves by ± `size` in turn, 24 log returns of mean 0 on 25 consecutive days; B is calm.

    The volatility of A is size · sqrt(24/23 · 365.25) a year: 19.52 sizes.
    """
    signs = np.concatenate([[0.0], np.tile([1.0, -1.0], 12)])
    calm = np.concatenate([[0.0], np.tile([0.01, 0.01, -0.01, -0.01], 6)])
    levels = np.exp(np.column_stack([size * signs, calm]).cumsum(axis=0))
    return pd.DataFrame(levels, pd.date_range("2024-01-01", periods=25), ["A", "B"])


def test_a_fitted_volatility_beyond_the_bounds_names_its_column():
    """19.52 × .25 is 4.88, × .3 is 5.86 and × .52 is 10.15."""
    with pytest.warns(rk.RiskkitWarning, match="are too few to tell the correlations") as calm:
        rk.fit(alternating(0.25), expected_return=0.05)
    assert len(calm) == 1
    with pytest.warns(rk.RiskkitWarning, match=r"^volatility of 'A' should be at most 5 \(500 % a year\), got 5\.8"):
        rk.fit(alternating(0.3), expected_return=0.05, shrink=False)
    with pytest.raises(rk.InvalidInput, match=r"^volatility of 'A' must be at most 10 .*, got 10\.1.*; are its"):
        rk.fit(alternating(0.52), expected_return=0.05, shrink=False)


def rising(daily: float) -> pd.DataFrame:
    """A gains `daily` in log a day, ± .001 in turn, over 100 days: e^(365.25 daily) - 1 a year, up to 1 %."""
    moves = np.concatenate([[0.0], daily + np.tile([0.001, -0.001], 50)])
    return pd.DataFrame({"A": np.exp(moves.cumsum())}, pd.date_range("2024-01-01", periods=101))


def test_a_sample_mean_beyond_the_bounds_names_its_column():
    """e^(365.25 · .004) - 1 = 3.31 and e^(365.25 · .006) - 1 = 7.95 a year."""
    with (
        pytest.warns(rk.RiskkitWarning, match="expected returns are sample means"),
        pytest.warns(rk.RiskkitWarning, match=r"^sample mean of 'A' should be at most 2 .* got 3\.3.*; no estimate of"),
    ):
        rk.fit(rising(0.004), expected_return="sample mean")
    with (
        pytest.warns(rk.RiskkitWarning, match="expected returns are sample means"),
        pytest.raises(rk.InvalidInput, match=r"^sample mean of 'A' must be at most 5 .* got 7\.9"),
    ):
        rk.fit(rising(0.006), expected_return="sample mean")


def test_a_past_too_good_to_go_on_is_drawn_from_only_with_an_expected_return():
    with pytest.raises(rk.InvalidInput, match=r"^prices of 'A': return must be at most 5 .* give expected_return$"):
        rk.Resampled(rising(0.006), 5.0)
    assert rk.Resampled(rising(0.006), 5.0, expected_return=0.08)["A"].expected_return == 0.08
    with pytest.warns(rk.RiskkitWarning, match=r"^prices of 'A': return should be at most 2 "):
        rk.Resampled(rising(0.004), 5.0)


# ---------------------------------------------------------------------------------------------------------------------
# Ranges
# ---------------------------------------------------------------------------------------------------------------------

BELIEF = "expected_return:Ann"


def test_a_sweep_within_the_bounds_gives_no_warning():
    assert len(rk.sweep(SCENARIO, {BELIEF: [0.0, 0.4]}, paths=200)) == 4


def test_a_sweep_warns_of_each_value_once_and_refuses_percentages_before_any_run(monkeypatch: pytest.MonkeyPatch):
    with pytest.warns(rk.RiskkitWarning) as warned:
        rk.sweep(SCENARIO, {BELIEF: [0.1, 3.0], "shift:Ann": [0.0, 0.1]}, paths=200)
    sentence = (
        f"grid: each value of '{BELIEF}' should be at most 2 (200 % a year), got 3: 3 is 300 % a year; write 0.03"
    )
    assert [(str(each.message), each.filename) for each in warned] == [(f"{sentence} for 3 %", __file__)]
    monkeypatch.setattr("riskkit.analysis._sweep.run", lambda *_, **__: pytest.fail("a run was started"))
    with pytest.raises(rk.InvalidInput, match=r"^grid: each value of .* must be at most 5 .*; write 0\.08 for 8 %$"):
        rk.sweep(SCENARIO, {BELIEF: [0, 8]}, paths=200)


def test_a_break_even_warns_of_its_range_only():
    with pytest.warns(rk.RiskkitWarning) as warned:
        rk.breakeven(SCENARIO, "hold", "diversify now", vary=BELIEF, between=(-0.5, 3.0), paths=200)
    sentence = "between: each end should be at most 2 (200 % a year), got 3: 3 is 300 % a year; write 0.03 for 3 %"
    assert [(str(each.message), each.filename) for each in warned] == [(sentence, __file__)]
    with pytest.raises(rk.InvalidInput, match=r"^between: each end must be at most 5 .*, got 40: .*write 0\.4 for"):
        rk.breakeven(SCENARIO, "hold", "diversify now", vary=BELIEF, between=(0, 40), paths=200)


def test_a_range_on_top_of_the_returns_ends_at_the_bound_too():
    """8 % + 495 % is above 500 %."""
    with (
        pytest.warns(rk.RiskkitWarning, match="got 4.95"),
        pytest.raises(rk.InvalidInput, match=r"^Asset: expected_return must be at most 5 .*, got 5\.03"),
    ):
        rk.sweep(SCENARIO, {"shift:Ann": [4.95]}, paths=200)


def test_a_wild_past_is_replayed_as_it_was():
    """Facts are no assumptions: prices that gain 795 % a year are replayed without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prices = rising(0.006).assign(B=rising(0.0)["A"])
        scenario = replace(SCENARIO, years=50 / 365, steps_per_year=365)
        rk.backtest(scenario, prices)
