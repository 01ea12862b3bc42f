"""One result minus another: paired on the same paths, else as two samples, and ``attrs`` say which."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from random_results import StubScenario, random_result

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.estimation.unpaired_difference import against, reason_unpaired, unpaired_difference

NOTES = {"version": "0.1.0", "sampling": "plain"}
FIRST = replace(random_result(paths=1000), seed=0, notes=NOTES)


def shifted(by: float) -> Comparison:
    """The same paths, with wealth of each rule higher by a number and a little luck of its own."""
    wealth = FIRST.outcomes.columns["wealth"]
    luck = 0.1 * np.random.default_rng(5).standard_normal(wealth.shape)
    columns = {**FIRST.outcomes.columns, "wealth": wealth + by + luck}
    return replace(FIRST, outcomes=replace(FIRST.outcomes, columns=columns))


def test_the_same_paths_are_paired_by_hand():
    """The error of a mean difference is the standard deviation of the differences / root n."""
    second = shifted(0.25)
    found = against(second, FIRST, "wealth_mean")
    gaps = second.values("trim", "wealth") - FIRST.values("trim", "wealth")
    row = found.loc[("trim", "wealth_mean")]
    assert found.attrs == {"paired": True, "apart": None}
    assert row["difference"] == pytest.approx(gaps.mean())
    assert row["standard_error"] == pytest.approx(gaps.std() / math.sqrt(1000))
    assert row["won"] == pytest.approx((gaps > 0.0).mean())
    assert row["value"] - row["other"] == pytest.approx(row["difference"])
    assert row["low"] == pytest.approx(gaps.mean() - 1.959964 * gaps.std() / math.sqrt(1000))


def test_other_seeds_are_two_samples_by_hand():
    """Errors of 0.3 and 0.4 make one of 0.5; a difference of one error has p = 0.3173."""
    found = unpaired_difference(Estimate(2.0, 0.3), Estimate(1.5, 0.4))
    assert (found.value, found.standard_error) == (0.5, 0.5)
    assert found.p == pytest.approx(0.3173, abs=1e-4)
    other = replace(random_result(paths=1000, seed=1), seed=1, notes=NOTES)
    unpaired = against(other, FIRST, "wealth_mean")
    errors = [result.errors("wealth_mean").at["hold", "wealth_mean"] for result in (FIRST, other)]
    assert unpaired.at[("hold", "wealth_mean"), "standard_error"] == pytest.approx(math.hypot(*errors))
    assert unpaired["won"].isna().all()
    assert unpaired.attrs == {"paired": False, "apart": "different seeds 0 and 1"}


def test_pairing_cancels_common_moves():
    paired = against(shifted(0.0), FIRST, "wealth_mean")["standard_error"]
    unpaired = against(replace(shifted(0.0), seed=1), FIRST, "wealth_mean")["standard_error"]
    assert (paired < unpaired / 3.0).all()


def tilted(weight: float) -> Comparison:
    weights = np.full(1000, (1.0 - weight) / 999)
    weights[0] = weight
    return replace(FIRST, outcomes=replace(FIRST.outcomes, path_weights=weights))


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (FIRST, None),
        (replace(FIRST, seed=7), "different seeds 0 and 7"),
        (replace(random_result(paths=500), seed=0, notes=NOTES), "different numbers of paths 1000 and 500"),
        (
            replace(FIRST, notes=NOTES | {"sampling": "stratified on a"}),
            "different samplings plain and stratified on a",
        ),
        (replace(FIRST, notes=NOTES | {"version": "9.9"}), "different versions of riskkit 0.1.0 and 9.9"),
        (tilted(0.01), "different weights of the paths"),
    ],
)
def test_only_the_same_paths_are_paired(other: Comparison, reason: str | None):
    assert reason_unpaired(other, FIRST) == reason


def test_only_rules_of_the_same_name_are_compared():
    other = replace(FIRST, scenario=StubScenario(names=("hold", "sell", "trim")))
    assert against(other, FIRST, "wealth_median").index.get_level_values("rule").tolist() == ["hold", "trim"]
    with pytest.raises(InvalidInput, match="results must have a rule of the same name, got 'a', 'b', 'c' and 'hold', "):
        against(replace(FIRST, scenario=StubScenario(names=("a", "b", "c"))), FIRST)


def test_a_result_minus_itself_is_nothing():
    found = against(FIRST, FIRST, ["wealth_median", "ced95"])
    assert (found["difference"] == 0.0).all()
    assert (found["p_montecarlo"] == 1.0).all()
    assert (found["won"] == 0.5).all()


def test_no_p_value_where_paths_were_added_until_it_sufficed():
    sequential = replace(shifted(0.1), outcomes=replace(shifted(0.1).outcomes, sequential=True))
    assert against(sequential, FIRST, "wealth_mean")["p_montecarlo"].isna().all()


def test_metrics_and_levels_are_checked():
    with pytest.raises(InvalidInput, match=r"metrics must name one of .* got 'wealth' "):
        against(FIRST, FIRST, "wealth")
    with pytest.raises(InvalidInput, match="level must be"):
        against(FIRST, FIRST, level=1.0)


def test_the_effect_of_a_cost_by_hand():
    """One sale of all at the start, which costs c, leaves 1 - c on every path: the ratio of the wealths is exact."""
    portfolio = rk.Portfolio([rk.Holding("A", 50, founder="Ann"), rk.Holding("B", 50)])
    market = rk.Market({"A": rk.Asset(0.08, 0.4), "B": rk.Asset(0.05, 0.0)})
    free = rk.Scenario(portfolio, market, [rk.Hold(), rk.DiversifyNow()], years=1, steps_per_year=12)
    dear = replace(free, frictions=rk.Frictions({"A": 0.02}))
    first, second = (rk.compare(scenario, paths=200, seed=3, progress=False) for scenario in (free, dear))
    found = against(second, first, "wealth_median").xs("wealth_median", level="metric")
    assert found.at["hold", "difference"] == 0.0
    assert found.at["diversify now", "difference"] == pytest.approx(-0.5 * 0.02 * 1.05)
    assert found.at["diversify now", "won"] == 0.0
