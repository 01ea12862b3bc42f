"""Tables of a comparison against hand calculation from its columns; what is refused; how it prints."""

from __future__ import annotations

import pickle
import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from random_results import StubScenario, random_result

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.comparison._comparison import Comparison
from riskkit.engine.outcomes import COLUMNS, Outcomes

DESIGN = (
    "wealth_mean wealth_median wealth_p05 wealth_p95 wealth_es95 growth_median goal_probability loss_probability "
    "certainty_equivalent average_drawdown ulcer max_drawdown_mean max_drawdown_median max_drawdown_p95 ced95 cdar95 "
    "under_water longest_under_water still_under_water catastrophe_probability founder_weight_end rebalances turnover "
    "cost_paid tax_paid"
)


def test_the_table_has_the_metrics_of_the_design_in_its_order():
    table = random_result().table()
    assert " ".join(table.columns) == DESIGN
    assert list(table.index) == ["hold", "cap <30 %>", "trim"]
    assert table.index.name == "rule"
    assert not table.isna().any(axis=None)


def test_table_against_hand_calculation():
    result = random_result()
    wealth, depth = result.values("trim", "wealth"), result.values("trim", "max_drawdown")
    ranked, deep = np.sort(wealth), np.sort(depth)
    row = result.table().loc["trim"]
    assert row["wealth_mean"] == wealth.mean()
    assert row["wealth_p05"] == ranked[49]
    assert row["wealth_median"] == ranked[499]
    assert row["wealth_p95"] == ranked[949]
    assert row["wealth_es95"] == pytest.approx(ranked[:50].mean())
    assert row["growth_median"] == pytest.approx(ranked[499] ** 0.1 - 1)
    assert row["goal_probability"] == (wealth >= 2).mean()
    assert row["loss_probability"] == (wealth < 1).mean()
    assert row["certainty_equivalent"] == pytest.approx(np.mean(wealth**-2.0) ** -0.5)
    assert row["average_drawdown"] == pytest.approx(depth.mean() / 2)
    assert row["ulcer"] == pytest.approx(depth.mean() / np.sqrt(3))
    assert row["max_drawdown_median"] == deep[499]
    assert row["max_drawdown_p95"] == deep[949]
    assert row["ced95"] == pytest.approx(deep[-50:].mean())
    for metric in ("under_water", "longest_under_water", "rebalances", "turnover", "cost_paid", "founder_weight_end"):
        assert row[metric] == pytest.approx(result.values("trim", metric).mean())
    assert row["catastrophe_probability"] == pytest.approx(result.values("trim", "catastrophe").mean())


def test_pooled_tail_against_fine_grid():
    """A thousand points a path, uniform on 0 … depth, sorted; the grid itself is off by at most depth / 1000."""
    result = random_result()
    points = np.sort(np.outer((np.arange(1000) + 0.5) / 1000, result.values("hold", "max_drawdown")).ravel())
    assert result.table().loc["hold", "cdar95"] == pytest.approx(points[-50_000:].mean(), abs=2e-4)


def test_errors_have_the_shape_of_the_table_and_intervals_hold_the_value():
    result = random_result()
    table, errors = result.table(), result.errors()
    assert table.shape == errors.shape
    assert (errors > 0).all(axis=None)
    for metric in table.columns:
        interval = result.interval(metric, 0.9)
        assert (interval["low"] < table[metric]).all()
        assert (interval["high"] > table[metric]).all()
        width = (interval["high"] - interval["low"]) / (2 * 1.6449 * errors[metric])
        assert width.between(0.7, 1.3).all()


def test_differences_against_hand_calculation():
    """Means: the gap path by path. Two rules against one baseline: Holm doubles the smaller p value."""
    from scipy import stats

    result = random_result()
    found = result.differences(metrics=["wealth_mean", "ulcer", "turnover"], level=0.9)
    assert list(found.columns) == ["difference", "standard_error", "low", "high", "p_montecarlo", "won"]
    assert found.index.names == ["rule", "metric"]
    assert list(found.index.get_level_values("rule").unique()) == ["cap <30 %>", "trim"]
    raw = []
    for rule in ("cap <30 %>", "trim"):
        gap = result.values(rule, "wealth") - result.values("hold", "wealth")
        row, error = found.loc[(rule, "wealth_mean")], gap.std() / np.sqrt(1000)
        assert row["difference"] == pytest.approx(gap.mean())
        assert row["standard_error"] == pytest.approx(error)
        assert row["low"] == pytest.approx(gap.mean() - 1.6448536269514722 * error, rel=1e-6)
        assert row["won"] == (gap > 0).mean()
        raw.append(2 * stats.norm.sf(abs(gap.mean()) / error))
        ulcer = result.values(rule, "ulcer") - result.values("hold", "ulcer")
        assert found.loc[(rule, "ulcer"), "won"] == (ulcer < 0).mean()
        assert np.isnan(found.loc[(rule, "turnover"), "won"])
    adjusted = found.xs("wealth_mean", level="metric")["p_montecarlo"]
    assert sorted(adjusted) == pytest.approx(sorted([min(1, 2 * min(raw)), max(2 * min(raw), max(raw))]))


def test_differences_from_another_baseline_turn_the_sign():
    result = random_result()
    forth = result.differences(metrics="wealth_p05").loc[("trim", "wealth_p05")]
    back = result.differences("trim", metrics="wealth_p05").loc[("hold", "wealth_p05")]
    assert back["difference"] == -forth["difference"]
    assert back["won"] == pytest.approx(1 - forth["won"])
    assert (result.differences("trim").reset_index()["rule"] != "trim").all()


def test_one_rule_has_no_differences():
    assert random_result(scenario=StubScenario(names=("hold",))).differences().empty


def test_two_rules_that_do_the_same_are_even():
    result = random_result()
    for name in COLUMNS:
        result.outcomes.columns[name][2] = result.outcomes.columns[name][0]
    rows = result.differences().loc["trim"]
    assert (rows["difference"] == 0).all()
    assert (rows["standard_error"] == 0).all()
    assert (rows["p_montecarlo"] == 1).all()
    assert set(rows["won"].dropna()) == {0.5}


def test_weights_run_through_every_metric():
    """Weights 2 on the first half of the paths, 0 on the rest, are the first half alone."""
    whole, half = random_result(2000), random_result(2000)
    whole.outcomes.path_weights[:1000], whole.outcomes.path_weights[1000:] = 1 / 1000, 0.0
    cut = Outcomes(
        {name: values[:, :1000] for name, values in half.outcomes.columns.items()},
        np.full(1000, 1 / 1000),
        half.outcomes.thresholds,
        {},
        {},
        {},
    )
    other = Comparison(StubScenario(), cut, seed=7)
    pd.testing.assert_frame_equal(whole.table(), other.table(), rtol=1e-12)
    pd.testing.assert_frame_equal(whole.errors(), other.errors(), rtol=1e-9)
    pd.testing.assert_frame_equal(whole.differences(), other.differences(), rtol=1e-7, atol=1e-12)


def test_holdings_have_catastrophe_probabilities():
    result = random_result()
    found = result.holdings()
    assert list(found.index) == ["TSLA"]
    assert found.loc["TSLA", "catastrophe_probability"] == result.outcomes.holdings["TSLA"].mean()
    assert found.loc["TSLA", "standard_error"] == pytest.approx(np.sqrt(0.4 * 0.6 / 1000), rel=0.05)


def test_values_and_weights_are_read_only():
    result = random_result()
    for array in (result.values("hold", "wealth"), result.path_weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@pytest.mark.parametrize(("old", "new"), [("weights", "path_weights"), ("held", "fixed_moments")])
def test_an_attribute_of_before_is_refused_with_its_new_name(old, new):
    result = random_result()
    with pytest.raises(AttributeError, match=f"Comparison.{old} must be written {new}"):
        getattr(result, old)
    assert not hasattr(result, old)
    assert hasattr(result, new)
    with pytest.raises(AttributeError, match="no attribute 'weightings'"):
        _ = result.weightings


def test_every_frame_carries_the_assumptions():
    result = random_result()
    frames = (result.table(), result.errors(), result.interval("ulcer"), result.differences(), result.holdings())
    assert all(frame.attrs["assumptions"] == result.scenario.assumptions() for frame in frames)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.table(["wealth_mean", "omega"]), "metrics must name one of 'wealth_mean', .* got 'omega'"),
        (lambda r: r.table(["ulcer", "ulcer"]), "metrics must be unique, got 'ulcer' twice"),
        (lambda r: r.errors("ulcr"), r"got 'ulcr' \(did you mean 'ulcer'\?\)"),
        (lambda r: r.interval("wealth"), "metric must name one of 'wealth_mean'"),
        (lambda r: r.interval("ulcer", 1.0), r"level must be > 0 and < 1, got 1\.0"),
        (lambda r: r.differences(level=95), r"level must be > 0 and < 1, got 95\.0"),
        (lambda r: r.differences("holt"), r"baseline must name one of 'hold', .* got 'holt' \(did you mean 'hold'\?\)"),
        (lambda r: r.values("holt", "wealth"), "rule must name one of 'hold'"),
        (lambda r: r.values("hold", "excess_1"), "quantity must name one of 'wealth', 'max_drawdown'"),
    ],
)
def test_unknown_names_are_refused_with_those_that_exist(call, message):
    with pytest.raises(InvalidInput, match=message):
        call(random_result())


def test_columns_of_the_wrong_shape_are_refused():
    result = random_result()
    result.outcomes.columns["ulcer"] = np.zeros((3, 999))
    with pytest.raises(
        InvalidInput, match=r"column 'ulcer' must have the shape \(rule, path\) \(3, 1000\), got \(3, 999\)"
    ):
        Comparison(StubScenario(), result.outcomes, seed=7)


def test_a_number_that_cannot_be_estimated_is_nan_with_a_warning_each_time():
    result = random_result(paths=20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not result.table("wealth_p05").isna().any(axis=None)
    for _ in range(2):
        with pytest.warns(RiskkitWarning, match="wealth_p05 of hold, cap <30 %>, trim: too few paths") as caught:
            assert result.errors("wealth_p05").isna().all(axis=None)
        assert all(each.filename == __file__ for each in caught)
    result.outcomes.thresholds[:] += 1.0
    for j in range(1, 5):
        result.outcomes.columns[f"above_{j}"][:] = 0.0
    with pytest.warns(RiskkitWarning, match="some values are NaN: cdar95 of hold, cap <30 %>, trim: the worst 5 %"):
        assert result.table("cdar95").isna().all(axis=None)


def test_it_prints_the_main_metrics_and_the_assumptions():
    text = repr(random_result())
    assert max(map(len, text.splitlines())) <= 120
    assert "1,000 paths, seed 7" in text
    head, assumed = text.split("\nAssumptions\n")
    for rule in StubScenario().names:
        assert f"\n{rule}  " in head
    assert "±" in head
    assert assumed.startswith("- TSLA: expected return 8 % a year & volatility 57 %.")


def test_it_prints_frictions_where_they_mean_something():
    """Two more tables' worth of columns, none of them wider than a page."""
    loan, spending = rk.Loan(0.2, 0.04, 0.5), rk.Spending(rate=0.03)
    portfolio = rk.Portfolio([rk.Holding("TSLA", 1.0, founder="Musk")], loan=loan)
    rich = StubScenario(portfolio=portfolio, frictions=rk.Frictions(tax=rk.CapitalGains(0.2), spending=spending))
    text = repr(random_result(scenario=rich))
    assert max(map(len, text.splitlines())) <= 110
    assert text.count("\ncap <30 %>  ") == 2
    for word in ("deferred", "margin", "ruin", "shortfall"):
        assert word in text
        assert word not in repr(random_result())


def test_it_prints_the_notes_of_the_run():
    plain = random_result()
    noted = replace(plain, notes={"version": "0.1.0", "sampling": "stratified on founder exit"})
    assert "sampling: stratified on founder exit" in repr(noted)
    assert "sampling: stratified on founder exit" in noted._repr_html_()
    assert "sampling" not in repr(replace(plain, notes={"sampling": "plain"}))
    assert "version" not in repr(noted)


def test_no_p_values_after_looking_at_the_results():
    result = random_result()
    sequential = replace(result, outcomes=replace(result.outcomes, sequential=True))
    assert sequential.differences()["p_montecarlo"].isna().all()
    expected = result.differences().drop(columns="p_montecarlo")
    pd.testing.assert_frame_equal(sequential.differences().drop(columns="p_montecarlo"), expected)


def test_effective_sample_size_by_hand():
    """Half of the paths at weight 0, the rest alike: 500. Weights 2/3 and 1/3 of 500 each: 1000 · 9/10."""
    result = random_result()
    result.outcomes.path_weights[:] = np.repeat([0.0, 1 / 500], 500)
    assert result.effective_sample_size == pytest.approx(500.0)
    result.outcomes.path_weights[:] = np.repeat([2 / 1500, 1 / 1500], 500)
    assert result.effective_sample_size == pytest.approx(900.0)


def test_it_prints_why_a_number_is_missing_without_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "wealth_p05 of hold: too few paths to bracket the 5 % quantile" in repr(random_result(paths=20))


def test_a_printed_column_has_one_number_of_decimals():
    """In every value and every error, whatever their sizes; two columns of this result have errors that differ."""
    lines = repr(random_result()).splitlines()
    rows = [re.findall(r"-?\d+(?:\.\d+)? ±\d+(?:\.\d+)?", line) for line in lines if "±" in line]
    columns = list(zip(*[row for row in rows if len(row) > 1], strict=True))
    assert columns
    for column in columns:
        assert len({len(number.partition(".")[2]) for cell in column for number in cell.split(" ±")}) == 1, column


def test_notebooks_get_the_same_escaped():
    page = random_result()._repr_html_()
    assert "cap &lt;30 %&gt;" in page
    assert "a year &amp; volatility" in page
    assert "<30" not in page


def friction_scenario(frictions: rk.Frictions) -> rk.Scenario:
    return replace(rk.scenarios.baron(), rules=[rk.Hold(), rk.Rebalance(12)], steps_per_year=12, frictions=frictions)


@pytest.mark.parametrize("metric", ["wealth_median", "wealth_mean", "ced95"])
def test_net_against_runs_without_the_frictions(metric):
    """The same seed gives the same paths, so that each column is the table of a run of its own, to the last bit."""
    death = rk.Mortality(70, "female")
    ran = {
        name: rk.compare(friction_scenario(frictions), paths=300, seed=2, progress=False).table(metric)[metric]
        for name, frictions in {
            "gross": rk.Frictions(),
            "net of cost": rk.Frictions(0.01),
            "net of tax": rk.Frictions(0.01, tax=rk.CapitalGains(0.25), death=death),
        }.items()
    }
    full = friction_scenario(rk.Frictions(0.01, tax=rk.CapitalGains(0.25), death=death))
    result = rk.compare(full, paths=300, seed=2, progress=False)
    found = result.net(metric)
    pd.testing.assert_frame_equal(found, pd.DataFrame(ran), check_exact=True)
    assert found.attrs["assumptions"] == result.assumptions()


def test_net_warns_once_for_each_run_of_what_is_nan():
    """The warning points to the line of the user. The variance has no bound here: no expectation of 1 / wealth²."""
    full = friction_scenario(rk.Frictions(0.01, tax=rk.CapitalGains(0.25)))
    heavy = replace(full, market=replace(full.market, tails=rk.Clustered(0.1, 0.8)))
    result = rk.compare(heavy, paths=300, seed=2, progress=False)
    with pytest.warns(RiskkitWarning, match="certainty_equivalent") as warned:
        result.net("certainty_equivalent")
    assert [warning.filename for warning in warned] == [__file__] * 3


def test_a_metric_that_net_does_not_know_is_refused():
    with pytest.raises(InvalidInput, match=r"metric must name one of .* got 'wealth' "):
        random_result().net("wealth")


def test_it_can_be_pickled_after_use():
    result = random_result()
    table = result.table()
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(result)).table(), table)
