"""A user's own metric: its number, its error and its differences, and what is refused."""

from __future__ import annotations

import inspect
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import bootstrap

import riskkit as rk
from riskkit import influence


@pytest.fixture(scope="module")
def result():
    """Three rules of the founder's case, monthly."""
    scenario = replace(rk.scenarios.baron(), rules=[rk.Hold(), rk.Cap(0.3), rk.DiversifyNow()], steps_per_year=12)
    return rk.compare(scenario, paths=4000, seed=3)


SAME = {
    "wealth_mean": lambda columns, w: influence.mean(columns["wealth"], w),
    "wealth_median": lambda columns, w: influence.quantile(columns["wealth"], 0.5, w),
    "ced95": lambda columns, w: influence.tail_mean(columns["max_drawdown"], 0.95, w),
}


@pytest.mark.parametrize("name", SAME)
def test_a_built_in_metric_written_as_ones_own_has_its_value_error_and_differences(result, name):
    """Value, error and paired differences are those of the column of the table that says the same."""
    own = rk.Metric("own", SAME[name])
    both = [name, own]
    table, errors = result.table(both), result.errors(both)
    np.testing.assert_allclose(table["own"], table[name], rtol=1e-12)
    np.testing.assert_allclose(errors["own"], errors[name], rtol=1e-9)
    gaps = result.differences(metrics=both)[["difference", "standard_error", "p_montecarlo"]].unstack("metric")
    for column in ("difference", "standard_error"):
        np.testing.assert_allclose(gaps[column, "own"], gaps[column, name], rtol=1e-9)
    np.testing.assert_allclose(gaps["p_montecarlo", "own"], gaps["p_montecarlo", name], rtol=1e-6, atol=1e-300)


def ratio(columns, path_weights):
    return influence.delta(
        lambda wealth, depth: wealth / depth,
        lambda wealth, depth: (1.0 / depth, -wealth / depth**2),
        influence.mean(columns["wealth"], path_weights),
        influence.mean(columns["max_drawdown"], path_weights),
    )


def test_the_error_of_a_ratio_and_of_its_difference_against_the_bootstrap(result):
    """SciPy's bootstrap of 2,000 resamples knows an error to 1 / sqrt(2 * 2000) = 1.6 %; 4 times that is 6.4 %."""
    found = result.errors(rk.Metric("ratio", ratio))["ratio"]
    gap = result.differences(metrics=rk.Metric("ratio", ratio)).loc[("cap", "ratio")]
    wealth, depth = (
        {rule: result.values(rule, what) for rule in ("hold", "cap")} for what in ("wealth", "max_drawdown")
    )

    def quotient(x, y, axis=-1):
        return x.mean(axis=axis) / y.mean(axis=axis)

    def difference(a, b, c, d, axis=-1):
        return quotient(a, b, axis) - quotient(c, d, axis)

    options = {"paired": True, "vectorized": True, "n_resamples": 2000, "method": "percentile", "batch": 100}
    options["rng" if "rng" in inspect.signature(bootstrap).parameters else "random_state"] = 5
    alone = bootstrap((wealth["cap"], depth["cap"]), quotient, **options).standard_error
    paired = bootstrap((wealth["cap"], depth["cap"], wealth["hold"], depth["hold"]), difference, **options)
    assert found["cap"] == pytest.approx(alone, rel=0.064)
    assert gap["standard_error"] == pytest.approx(paired.standard_error, rel=0.064)


def test_delta_against_a_hand_calculation():
    """x = 4 with influences (-1, 1), y = 2 with (3, -3): x y = 8, and 2 (-1, 1) + 4 (3, -3) = (10, -10)."""
    value, influences = influence.delta(
        lambda x, y: x * y, lambda x, y: (y, x), (4.0, np.array([-1.0, 1.0])), (2.0, np.array([3.0, -3.0]))
    )
    assert value == 8.0
    assert influences.tolist() == [10.0, -10.0]


def test_probability_against_a_hand_calculation():
    """Weights .5, .3, .2 and it happens on the first and last: .7, and influences .3, -.7, .3."""
    share, influences = influence.probability([1, 0, 1], [0.5, 0.3, 0.2])
    assert share == pytest.approx(0.7)
    np.testing.assert_allclose(influences, [0.3, -0.7, 0.3])


@pytest.mark.parametrize("happened", [np.zeros(10), np.ones(10)])
def test_an_event_on_no_path_or_on_all_has_no_error(happened):
    assert np.isnan(influence.probability(happened, np.full(10, 0.1))[1]).all()


def test_a_tail_of_fewer_than_ten_paths_has_no_error():
    value, influences = influence.tail_mean(np.arange(100.0), 0.95, np.full(100, 0.01))
    assert value == pytest.approx(97.0)  # the mean of 95 … 99
    assert np.isnan(influences).all()


def test_a_plain_number_has_no_error_and_a_reason(result):
    own = rk.Metric("best", lambda columns, path_weights: columns["wealth"].max())
    assert result.table(own).loc["hold", "best"] == result.values("hold", "wealth").max()
    with pytest.warns(rk.RiskkitWarning, match="best of hold, cap, diversify now: the metric returns no influences"):
        assert result.errors(own)["best"].isna().all()
    with pytest.warns(rk.RiskkitWarning, match="no influences"):
        assert result.differences(metrics=own)["standard_error"].isna().all()


def test_influences_of_nan_leave_no_error_and_a_number_of_nan_no_number(result):
    unknown = rk.Metric("unknown", lambda columns, w: (1.0, np.full(w.size, np.nan)))
    with pytest.warns(rk.RiskkitWarning, match="influences of the metric are NaN"):
        assert result.errors(unknown)["unknown"].isna().all()
    nothing = rk.Metric("nothing", lambda columns, w: math.nan)
    with pytest.warns(rk.RiskkitWarning, match="the metric is NaN"):
        assert result.table(nothing)["nothing"].isna().all()


def test_a_reweighted_result_gives_the_metric_its_weights(result):
    """The mean under the new weights by NumPy, of shape (path)."""
    case = result.scenario
    plain = rk.compare(replace(case, market=replace(case.market, compensate=False)), paths=4000, seed=3)
    heavier = plain.reweight(factors={"founder exit": 1.5})
    own = rk.Metric("mean", SAME["wealth_mean"])
    expected = np.average(heavier.values("hold", "wealth"), weights=heavier.path_weights)
    assert heavier.table(own).loc["hold", "mean"] == pytest.approx(expected, rel=1e-12)
    assert heavier.table(own).loc["hold", "mean"] != plain.table(own).loc["hold", "mean"]


def test_columns_are_all_quantities_read_only_and_nothing_else(result):
    seen = {}

    def look(columns, path_weights):
        seen.update(columns)
        assert len(columns) == len(seen)
        with pytest.raises(ValueError, match="read-only"):
            columns["wealth"][0] = 1.0
        with pytest.raises(ValueError, match="read-only"):
            path_weights[0] = 1.0
        with pytest.raises(KeyError, match="excess_1'; a metric can read wealth, max_drawdown"):
            columns["excess_1"]
        return path_weights.sum()

    assert result.table(rk.Metric("sum", look)).loc["cap", "sum"] == pytest.approx(1.0)
    for quantity in ("wealth", "max_drawdown", "turnover", "ruin", "founder_weight_end"):
        assert np.array_equal(seen[quantity], result.values("diversify now", quantity))


def test_intervals_frontier_net_sweep_and_other_results_take_it(result):
    """The interval is value -+ 1.96 errors; the frontier has the column; a result minus itself is 0."""
    own = rk.Metric("ratio", ratio, better=1)
    value, error = result.table(own)["ratio"], result.errors(own)["ratio"]
    interval = result.interval(own)
    np.testing.assert_allclose(interval["low"], value - 1.959964 * error, rtol=1e-6)
    assert result.frontier("ced95", own).columns[:2].tolist() == ["ced95", "ratio"]
    assert (result.against(result, own)["difference"] == 0.0).all()
    assert result.net(own).columns.tolist() == ["gross", "net of cost", "net of tax"]
    table = rk.sweep(result.scenario, {"rate:founder exit": [0.02, 0.04]}, metric=own, paths=4000)
    assert table["ratio"].notna().all()
    assert result.differences(metrics=own)["won"].isna().all()


def test_ones_own_metric_under_strata_has_the_error_of_the_built_in_one():
    scenario = replace(rk.scenarios.baron(), rules=[rk.Hold()], steps_per_year=12, baseline=None)
    result = rk.compare(scenario, paths=2000, seed=1, sampling="stratified", on="founder exit")
    own = rk.Metric("own", SAME["ced95"])
    errors = result.errors(["ced95", own])
    assert errors.loc["hold", "own"] == pytest.approx(errors.loc["hold", "ced95"], rel=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"function": 3}, "function must be callable, got 3"),
        ({"unit": "percent"}, "unit must be"),
        ({"better": 2}, "better must be"),
        ({"name": ""}, "name must"),
        ({"description": 3}, "description must"),
    ],
)
def test_bad_fields_of_a_metric_are_refused(options, message):
    with pytest.raises(rk.InvalidInput, match=re.escape(message)):
        rk.Metric(**{"name": "own", "function": len, **options})


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda columns, w: "much", "a finite number (or NaN), or (number, influences), got 'much'"),
        (lambda columns, w: math.inf, "a finite number (or NaN)"),
        (lambda columns, w: columns["wealth"], "a finite number (or NaN)"),
        (lambda columns, w: (1.0, [0.0] * w.size), "influences as an array of numbers"),
        (lambda columns, w: (1.0, np.zeros(3)), "influences of shape (path,) (4000,), got (3,)"),
        (lambda columns, w: (1.0, columns["wealth"]), "influences of weighted mean 0"),
    ],
)
def test_bad_values_of_the_function_are_refused(result, function, message):
    with pytest.raises(rk.InvalidInput, match=re.escape(message)):
        result.table(rk.Metric("own", function))


def test_a_metric_with_the_name_of_a_built_in_one_or_twice_is_refused(result):
    with pytest.raises(rk.InvalidInput, match="name must not be that of a built-in metric"):
        result.table(rk.Metric("ced95", SAME["ced95"]))
    with pytest.raises(rk.InvalidInput, match="own"):
        result.table([rk.Metric("own", SAME["ced95"]), rk.Metric("own", SAME["wealth_mean"])])


def test_the_frontier_needs_a_better_side(result):
    with pytest.raises(rk.InvalidInput, match="must have a better side, got better=0; make it 1 or -1"):
        result.frontier("ced95", rk.Metric("own", SAME["wealth_mean"]))


@pytest.mark.parametrize(
    "ask", [rk.attribution, rk.uncertainty, lambda case, **options: rk.compare(case, until={options["metric"]: 0.1})]
)
def test_questions_about_built_in_metrics_refuse_ones_own(result, ask):
    with pytest.raises(rk.InvalidInput, match="must name one of"):
        ask(result.scenario, metric=rk.Metric("own", SAME["ced95"]))


def test_an_error_in_the_function_names_the_metric(result):
    with pytest.raises(ZeroDivisionError) as caught:
        result.table(rk.Metric("own", lambda columns, w: 1 / 0))
    assert caught.value.__notes__ == ["while metric 'own' was computed"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: influence.mean([1.0, 2.0], [1.0]), "must have the same shape (path,), got (2,) and (1,)"),
        (lambda: influence.mean([], []), "must have the same shape"),
        (lambda: influence.mean([np.nan], [1.0]), "must not be NaN"),
        (lambda: influence.probability([0.5], [1.0]), "happened must be True or False"),
        (lambda: influence.quantile([1.0], 1.0, [1.0]), "p must be"),
        (lambda: influence.tail_mean([1.0], 0.0, [1.0]), "level must be"),
        (lambda: influence.delta(abs, abs), "at least one pair"),
        (lambda: influence.delta(abs, lambda x: (1, 2), (1.0, np.zeros(2))), "gradient must return 1 partial"),
    ],
)
def test_bad_input_of_the_ready_pairs_is_refused(call, message):
    with pytest.raises(rk.InvalidInput, match=re.escape(message)):
        call()
