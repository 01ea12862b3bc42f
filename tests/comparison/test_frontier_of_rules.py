"""The frontier of two metrics by hand, and how sure it is that a rule is beaten."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_results import StubScenario, random_result
from scipy import stats

from riskkit._core.errors import InvalidInput, RiskkitWarning

FOUR = StubScenario(names=("hold", "cap", "trim", "band"))


def four_rules(noise: float = 1.0):
    """Mean wealth 2, 1.5, 1.5 and 1, mean ulcer 0.4, 0.2, 0.3 and 0.5; cap and trim have the same wealth, and the gap
    between their ulcers is 0.1 plus or minus `noise` in turn."""
    result = random_result(1000, scenario=FOUR)
    sign = np.where(np.arange(1000) % 2, 1.0, -1.0)
    luck = 0.1 * np.where(np.arange(1000) % 4 < 2, 1.0, -1.0)
    result.outcomes.columns["wealth"][:] = np.array([2.0, 1.5, 1.5, 1.0])[:, None] + luck * [[1], [2], [2], [3]]
    result.outcomes.columns["ulcer"][:] = np.array([0.4, 0.2, 0.3, 0.5])[:, None]
    result.outcomes.columns["ulcer"][2] += noise * sign
    return result


def test_frontier_by_hand():
    """Hold has the most wealth, cap the least ulcer; cap beats trim by ulcer at equal wealth, and all three beat band:
    cap and hold without a doubt, as each gap but that to trim has the same sign on every path."""
    found = four_rules().frontier("ulcer", "wealth_mean")
    assert list(found.columns) == ["ulcer", "wealth_mean", "frontier", "beaten_by", "p_montecarlo"]
    assert found["frontier"].to_dict() == {"hold": True, "cap": True, "trim": False, "band": False}
    assert found.loc["trim", "beaten_by"] == "cap"
    assert found.loc["band", "beaten_by"] in {"hold", "cap"}
    assert found.loc[["hold", "cap"], ["beaten_by", "p_montecarlo"]].isna().all(axis=None)
    np.testing.assert_allclose(found["ulcer"], [0.4, 0.2, 0.3, 0.5], rtol=1e-12)


def test_p_value_by_hand():
    """A gap of 0.1 with a standard deviation of 1 on 1000 paths is sqrt(10) standard errors; three other rules."""
    found = four_rules().frontier("ulcer", "wealth_mean")
    assert found.loc["trim", "p_montecarlo"] == pytest.approx(3.0 * stats.norm.sf(np.sqrt(10.0)), rel=1e-6)
    weak = four_rules(noise=20.0).frontier("ulcer", "wealth_mean")
    assert weak.loc["trim", "beaten_by"] == "cap"
    assert weak.loc["trim", "p_montecarlo"] == 1.0


def test_the_worse_of_the_two_metrics_counts():
    """Band is below hold by 1 in wealth, with a standard deviation of 0.2, and by 0.1 in ulcer with one of 2."""
    result = four_rules()
    result.outcomes.columns["ulcer"][3] += np.where(np.arange(1000) % 2, 2.0, -2.0)
    result.outcomes.columns["ulcer"][1:3] = 0.9
    found = result.frontier("ulcer", "wealth_mean")
    assert found.loc["band", "beaten_by"] == "hold"
    assert found.loc["band", "p_montecarlo"] == pytest.approx(3.0 * stats.norm.sf(0.1 / 2 * np.sqrt(1000)), rel=1e-6)


def test_two_rules_that_do_the_same_are_both_on_it():
    result = four_rules()
    for name in result.outcomes.columns:
        result.outcomes.columns[name][2] = result.outcomes.columns[name][1]
    assert result.frontier("ulcer", "wealth_mean").loc[["cap", "trim"], "frontier"].all()


def test_the_default_is_drawdown_against_wealth():
    found = random_result().frontier()
    table = random_result().table(["ced95", "wealth_median"])
    assert (found[["ced95", "wealth_median"]] == table).all(axis=None)
    best = table["wealth_median"].idxmax()
    assert found.loc[best, "frontier"]
    assert found.attrs["assumptions"] == random_result().assumptions()


def test_no_p_value_after_looking_at_the_results():
    result = four_rules()
    sequential = replace(result, outcomes=replace(result.outcomes, sequential=True))
    found = sequential.frontier("ulcer", "wealth_mean")
    assert found["p_montecarlo"].isna().all()
    assert found.loc["trim", "beaten_by"] == "cap"


def test_a_rule_with_a_nan_metric_is_not_on_it():
    result = four_rules()
    result.outcomes.thresholds[:] += 1.0
    for j in range(1, 5):
        result.outcomes.columns[f"above_{j}"][:] = 0.0
    with pytest.warns(RiskkitWarning, match="cdar95 of hold, cap, trim, band: the worst 5 %") as caught:
        found = result.frontier("cdar95", "wealth_mean")
    assert caught[0].filename == __file__
    assert not found["frontier"].any()


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ("ced", "wealth_mean", r"metrics with a better side must name one of .* \(did you mean 'ced95'\?\)"),
        ("turnover", "wealth_mean", "metrics with a better side must name one of 'wealth_mean', .* got 'turnover'"),
        ("ulcer", "ulcer", "metrics must be unique, got 'ulcer' twice"),
    ],
)
def test_metrics_that_make_no_frontier_are_refused(x, y, message):
    with pytest.raises(InvalidInput, match=message):
        random_result().frontier(x, y)
