"""Numbers under strain: every number of every answer is finite, or the run ends with an error that says what to do."""

from __future__ import annotations

import math
import os
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskkit as rk
from riskkit.engine.execution.batch_size import numbers
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.path_batch import run_batch

RULES = (rk.Hold(), rk.Rebalance(1), rk.Band(0.05), rk.Cap(0.4, to=0.3), rk.DrawdownControl(0.5))

#: Cases a change; where new ones are asked for each time, as by night, many more.
EXAMPLES = 200 if "RISKKIT_EXPLORE" in os.environ else 12


def strained(
    volatility=0.3, rate=None, impact=-0.001, holdings=3, value=1.0, correlation=0.3, growth=0.05, rules=RULES,
    years=2, steps_per_year=12, cost=0.001,
):  # fmt: skip
    """A few holdings, the first with a founder, all alike but for their values; no warning tells of the extremes."""
    names = [f"h{i}" for i in range(holdings)]
    matrix = np.full((holdings, holdings), correlation) + (1.0 - correlation) * np.eye(holdings)
    shocks = [] if rate is None else [rk.Shock("news", rate, {names[0]: impact})]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        assets, frictions = {n: rk.Asset(growth, volatility) for n in names}, rk.Frictions(cost)
    return rk.Scenario(
        rk.Portfolio([rk.Holding(n, value * (i + 1), founder="Ann" if i == 0 else None) for i, n in enumerate(names)]),
        rk.Market(assets, pd.DataFrame(matrix, names, names), shocks=shocks),
        [rule for rule in rules if holdings > 1 or isinstance(rule, rk.Hold)],
        frictions=frictions,
        years=years,
        steps_per_year=steps_per_year,
    )  # fmt: skip


def finite(scenario, paths=128, **how):
    """Run, with NumPy's warnings as errors, and check every column, metric and standard error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = rk.compare(scenario, paths=paths, seed=1, workers=1, progress=False, **how)
        for name, values in result.outcomes.columns.items():
            assert np.isfinite(values).all(), name
        wealth, ruin = result.outcomes.columns["wealth"], result.outcomes.columns["ruin"]
        assert ((wealth > 0.0) | ((wealth == 0.0) & (ruin == 1.0))).all()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("error")
            warnings.simplefilter("always", rk.RiskkitWarning)
            table, errors = result.table(), result.errors()
    unknown = {metric for metric in table if not np.isfinite(table[metric]).all()}
    unsure = {metric for metric in errors if not np.isfinite(errors[metric]).all()}
    words = " ".join(str(each.message) for each in told)
    assert not unknown - {"cdar95"}, f"{unknown} of {words}"
    assert all(metric in words for metric in unknown | unsure), f"{unsure}, and the warnings tell of {words}"
    return result


@pytest.mark.parametrize("volatility", [1e-6, 1e-3, 1.0, 5.0])
def test_volatility_from_a_millionth_to_five(volatility):
    finite(strained(volatility=volatility))


def test_a_millionth_of_volatility_is_nearly_none():
    """Wealth after T years is (1 + m)^T within 6 sd of ± 1e-6 √T; costs nothing where nothing is traded."""
    wealth = finite(strained(volatility=1e-6, rules=(rk.Hold(),))).values("hold", "wealth")
    assert np.abs(np.asarray(wealth) / 1.05**2 - 1.0).max() < 6e-6 * math.sqrt(2.0)


@pytest.mark.parametrize("rate", [1e-9, 1.0, 100.0, 1000.0])
def test_shocks_from_one_in_a_billion_years_to_a_thousand_a_year(rate):
    """The count of ticks is Poisson: within 4 standard errors of the mean."""
    result = finite(strained(rate=rate))
    ticks = result.outcomes.event_counts["news"]
    if rate < 1e-6:  # any tick at all has a chance below 1e-6
        assert ticks.sum() == 0
    else:
        assert abs(ticks.mean() - 2.0 * rate) <= 4.0 * math.sqrt(2.0 * rate / ticks.size)


@pytest.mark.slow
@pytest.mark.parametrize("rules", [(rk.Hold(),), RULES])
@pytest.mark.parametrize("holdings", [1, 50, 200])
def test_one_to_two_hundred_assets(holdings, rules):
    finite(strained(holdings=holdings, rules=rules, years=1))


@pytest.mark.slow
def test_a_hundred_rules():
    finite(strained(rules=[rk.Band(0.01 + 0.005 * n, name=f"band {n}") for n in range(100)], years=1))


@pytest.mark.slow
@pytest.mark.parametrize(("years", "steps_per_year"), [(1, 1), (100, 1), (1, 10_000)])
def test_one_step_a_century_and_many_steps_a_year(years, steps_per_year):
    finite(strained(years=years, steps_per_year=steps_per_year))


@pytest.mark.slow
def test_a_century_of_days():
    finite(strained(years=100, steps_per_year=252))


def log_uniform(low, high):
    return st.floats(math.log(low), math.log(high)).map(math.exp)


@pytest.mark.slow
@settings(max_examples=EXAMPLES)
@given(
    volatility=st.one_of(st.sampled_from([0.0, 1e-6, 5.0]), log_uniform(1e-6, 5.0)),
    rate=st.one_of(st.none(), st.sampled_from([1e-9, 1000.0]), log_uniform(1e-3, 1e3)),
    impact=st.sampled_from([-0.9, -0.01, 0.001, 0.5]),
    holdings=st.sampled_from([1, 2, 3, 17]),
    value=st.one_of(st.sampled_from([1e-12, 1e18]), log_uniform(1e-12, 1e18)),
    correlation=st.one_of(st.sampled_from([-1.0, 0.0, 1.0 - 1e-12, 1.0]), st.floats(-1.0, 1.0)),
    growth=st.sampled_from([-0.99, -0.1, 0.05, 3.0]),
    rules=st.sampled_from([1, 5, 20, 100]),
    length=st.sampled_from([(1, 1), (1, 252), (7, 4), (100, 1), (100, 4)]),
    cost=st.sampled_from([0.0, 0.001, 0.99]),
)
def test_any_of_the_extremes_together(
    volatility, rate, impact, holdings, value, correlation, growth, rules, length, cost
):
    """Every answer is finite, or a refusal names the price, the path and the year."""
    bands = [rk.Band(0.01 + 0.005 * n, name=f"band {n}") for n in range(rules - len(RULES))]
    scenario = strained(
        volatility=volatility, rate=rate, impact=impact, holdings=holdings, value=value, growth=growth, cost=cost,
        correlation=max(correlation, -1.0 / max(holdings - 1, 1)), rules=[*RULES, *bands][:rules],
        years=length[0], steps_per_year=length[1],
    )  # fmt: skip
    try:
        finite(scenario)
    except rk.InvalidInput as refusal:
        assert re.search(r"price of 'h\d+' must stay below .* on path \d+ by year", str(refusal))  # noqa: PT017


@pytest.mark.parametrize("value", [1e-300, 1e-12, 1e18, 1e300])
def test_answers_do_not_depend_on_the_unit_of_money(value):
    """All money is told in multiples of the start wealth; dividing by it rounds once."""
    plain, strange = finite(strained()), finite(strained(value=value))
    for name, column in plain.outcomes.columns.items():
        if name not in {"rebalances", "turnover"}:
            np.testing.assert_allclose(strange.outcomes.columns[name], column, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("correlation", [1.0, 1.0 - 1e-12])
@pytest.mark.parametrize("holdings", [2, 50])
def test_holdings_that_move_as_one(correlation, holdings):
    """Alike in everything and with correlation 1, all prices are one price: the weights stay."""
    result = finite(strained(correlation=correlation, holdings=holdings, rules=(rk.Hold(), rk.Rebalance(1)), cost=0.0))
    columns = result.outcomes.columns["wealth"]
    np.testing.assert_allclose(columns[1], columns[0], rtol=1e-4)


def test_two_holdings_that_move_against_each_other():
    """With correlation -1 the log growths about their drift add up to 0: S1 S2 = (1 + m)^2T exp(-σ² T)."""
    drawn = rk.sample(strained(correlation=-1.0, holdings=2).market, years=2, steps_per_year=12, paths=100, seed=1)
    expected = 1.05**4 * math.exp(-(0.3**2) * 2.0)
    np.testing.assert_allclose(drawn.prices[-1].prod(axis=0), expected, rtol=1e-7)
    finite(strained(correlation=-1.0, holdings=2))


def test_prices_that_move_as_one_are_told_and_fitted():
    """Two share classes whose log prices differ by a constant: correlation 1, and a matrix of rank 2."""
    returns = np.random.default_rng(1).normal(0.0, 0.01, (300, 2))
    levels = np.exp(np.column_stack([returns[:, 0], returns[:, 0], returns[:, 1]]).cumsum(axis=0)) * [1.0, 20.0, 5.0]
    prices = pd.DataFrame(levels, pd.bdate_range("2024-01-01", periods=300), ["one", "other", "rest"])
    with pytest.warns(rk.RiskkitWarning, match=r"^one, other move as one \(smallest eigenvalue"):
        market = rk.fit(prices, expected_return=0.05, shrink=False)
    assert market.correlation.at["one", "other"] == pytest.approx(1.0, abs=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rk.fit(prices.drop(columns="other"), expected_return=0.05, shrink=False)


@pytest.mark.parametrize("correlation", [1.0 + 1e-6, -1.0 - 1e-6, -0.51])
def test_correlations_that_cannot_be_are_refused(correlation):
    """Three holdings can be at most -1/2 correlated with one another."""
    with pytest.raises(rk.InvalidInput, match="correlation"):
        strained(correlation=correlation)


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param((rk.Hold(),), id="no date but the end"),
        pytest.param(RULES, id="dates at every step", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(
    ("changes", "cause"),
    [({"growth": 5.0, "years": 300}, "its expected return"), ({"rate": 1000.0, "impact": 0.5}, "the shock 'news'")],
    ids=str,
)
def test_prices_above_the_range_of_numbers_are_an_error_that_names_path_and_cause(changes, cause, rules):
    told = rf"price of 'h\d' must stay below 1e\+150 .* on path \d+ by .*most of it comes from {cause}"
    with pytest.raises(rk.InvalidInput, match=told):
        finite(strained(**changes, rules=rules))


@pytest.mark.slow
@pytest.mark.parametrize("rules", [(rk.Hold(),), RULES], ids=["no date but the end", "dates at every step"])
@pytest.mark.parametrize(
    "changes",
    [{"volatility": 5.0, "years": 100}, {"growth": -0.999999, "years": 100}, {"rate": 1000.0, "impact": -0.5}],
    ids=str,
)
def test_prices_below_the_range_of_numbers_are_worthless(changes, rules):
    """The run goes to its end, and where all holdings are worthless the path is ruined."""
    scenario = strained(**changes, rules=rules)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = rk.compare(scenario, paths=128, seed=1, workers=1, progress=False)
    for name, values in result.outcomes.columns.items():
        assert np.isfinite(values).all(), name
    wealth, ruin = result.outcomes.columns["wealth"], result.outcomes.columns["ruin"]
    np.testing.assert_array_equal(wealth == 0.0, ruin == 1.0)
    grid = {"years": scenario.years, "steps_per_year": scenario.steps_per_year}
    lost = rk.sample(scenario.market, **grid, paths=128, seed=1).prices[-1] == 0.0
    assert lost.any()
    np.testing.assert_array_equal(ruin[0] == 1.0, lost.all(axis=0))


def test_a_price_that_leaves_the_range_between_two_dates_is_seen_on_the_next():
    """Hold is asked on no date: the first look, after 30,000 ticks, is at the end. Infinity does not come back."""
    setup = make_run_setup(strained(rate=1000.0, impact=0.5, years=30, rules=(rk.Hold(),)), 1)
    assert not setup.dates
    with pytest.raises(rk.InvalidInput, match=r"price of 'h0' must stay below .* got inf on path 0 by year 30;"):
        run_batch(setup, numbers(0, 128))


def test_more_ticks_than_fit_into_memory_are_refused_before_the_run():
    with pytest.raises(rk.NotEnoughMemory, match=r"events need .* GB"):
        finite(strained(rate=1e8))


@pytest.mark.parametrize("cost", [0.0, 0.5, 0.99])
def test_trading_that_costs_nearly_all_of_what_is_traded(cost):
    finite(strained(cost=cost))


@pytest.mark.parametrize(("years", "steps_per_year"), [(1e308, 252), (1e9, 1), (1, 10**400), (100, 10**6)])
def test_more_steps_than_can_be_laid_out_are_refused(years, steps_per_year):
    with pytest.raises(rk.InvalidInput, match=r"years must be at most 1,000, and years .* at most 10,000,000 steps"):
        strained(years=years, steps_per_year=steps_per_year)
