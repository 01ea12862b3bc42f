"""Regret against the best rule on the path, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from random_results import StubScenario, random_result

from riskkit._core.errors import InvalidInput, RiskkitWarning


def four_kinds_of_path(quantity: str):
    """200 paths, 50 of each kind; three rules."""
    result = random_result(200)
    rows = [[1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 1.0, 4.0], [0.0, 1.0, 5.0, 4.0]]
    result.outcomes.columns[quantity][:] = np.tile(rows, 50)
    return result


def test_regret_by_hand():
    """Best: 2, 2, 5, 4. Regret of hold 1 0 2 0, of cap 0 0 4 0, of trim 2 1 0 0; the second path is a tie of two, the
    last of three, so hold has best 1/2 + 1/3 of 4, cap 1 + 1/2 + 1/3 and trim 1 + 1/3."""
    found = four_kinds_of_path("wealth").regret()
    assert found.index.names == ["rule", "statistic"]
    assert list(found.columns) == ["value", "standard_error", "low", "high"]
    value = found["value"]
    assert [value[rule, "mean"] for rule in StubScenario().names] == [0.75, 1.0, 0.75]
    assert [value[rule, "median"] for rule in StubScenario().names] == [0.0, 0.0, 0.0]
    assert [value[rule, "p95"] for rule in StubScenario().names] == [2.0, 4.0, 2.0]
    expected = [(1 / 2 + 1 / 3) / 4, (1 + 1 / 2 + 1 / 3) / 4, (1 + 1 / 3) / 4]
    assert [value[rule, "best"] for rule in StubScenario().names] == pytest.approx(expected)
    assert found.loc[("cap <30 %>", "mean"), "standard_error"] == pytest.approx(math.sqrt(3.0 / 200))


def test_where_less_is_better_the_least_is_best():
    """Least: 0, 1, 1, 4. Regret of hold 1 1 2 0, of cap 2 1 0 0, of trim 0 0 4 0."""
    value = four_kinds_of_path("ulcer").regret("ulcer")["value"]
    assert [value[rule, "mean"] for rule in StubScenario().names] == [1.0, 0.75, 1.0]
    assert [value[rule, "best"] for rule in StubScenario().names] == pytest.approx(
        [1 / 12, 1 / 12 + 1 / 4, 1 / 12 + 1 / 2]
    )


def test_weights_count():
    """All weight on the first kind of path: regrets 1, 0 and 2; cap is best."""
    result = four_kinds_of_path("wealth")
    result.outcomes.path_weights[:] = np.tile([1 / 50, 0.0, 0.0, 0.0], 50)
    value = result.regret()["value"]
    assert [value[rule, "mean"] for rule in StubScenario().names] == pytest.approx([1.0, 0.0, 2.0])
    assert [value[rule, "best"] for rule in StubScenario().names] == pytest.approx([0.0, 1.0, 0.0])


def test_intervals_hold_the_value():
    found = random_result(2000).regret("max_drawdown", level=0.9)
    assert (found["low"] <= found["value"]).all()
    assert (found["high"] >= found["value"]).all()
    mean = found.xs("mean", level="statistic")
    np.testing.assert_allclose(mean["high"] - mean["low"], 2 * 1.644854 * mean["standard_error"], rtol=1e-6)


def test_a_missing_error_is_warned_of():
    with pytest.warns(RiskkitWarning, match="p95 of hold, cap <30 %>, trim: too few paths") as caught:
        random_result(20).regret("max_drawdown")
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.regret("welth"), r"quantity must name one of .* \(did you mean 'wealth'\?\)"),
        (lambda r: r.regret("rebalances"), "quantity with a better side must name one of 'wealth', "),
        (lambda r: r.regret(level=0.0), r"level must be > 0 and < 1, got 0\.0"),
    ],
)
def test_unknown_names_are_refused_with_those_that_exist(call, message):
    with pytest.raises(InvalidInput, match=message):
        call(random_result())
