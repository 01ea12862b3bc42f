"""Almost stochastic dominance by hand on small samples, and against closed forms for two normals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from random_results import random_result
from scipy import stats

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.comparison.ranking._dominance import almost_dominance
from riskkit.engine.outcomes import COLUMNS


def epsilon(ours, theirs, weights=None) -> float:
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    return almost_dominance(ours, theirs, np.full(len(ours), 1.0 / len(ours)) if weights is None else weights).value


def test_epsilon_by_hand():
    """Ours 1, 2, 6 and theirs 2, 3, 4: F - G is 1/3 on [1, 2), 1/3 on [2, 3), 0 on [3, 4) and -1/3 on [4, 6)."""
    assert epsilon([1, 2, 6], [2, 3, 4]) == pytest.approx(0.5)
    assert epsilon([1, 2, 9], [2, 3, 4]) == pytest.approx(2 / 7)


def test_epsilon_with_weights_by_hand():
    """Weights 3/4 and 1/4: ours 1 and 8, theirs 2 and 3. F - G is 3/4 on [1, 2), 0 on [2, 3) and -1/4 on [3, 8)."""
    assert epsilon([1, 8], [2, 3], np.array([0.75, 0.25])) == pytest.approx(0.75 / (0.75 + 1.25))


def test_the_other_way_round_it_is_the_rest():
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(0.1, 1.0, 500), rng.normal(0.0, 2.0, 500)
    assert epsilon(ours, theirs) + epsilon(theirs, ours) == pytest.approx(1.0)


def test_a_rule_that_is_better_throughout_dominates():
    x = np.arange(20.0)
    weights = np.full(20, 0.05)
    better = almost_dominance(x + 1.0, x, weights)
    assert better.value == 0.0
    assert math.isnan(better.standard_error)
    assert better.note == "the distributions do not cross in this sample"
    assert almost_dominance(x, x + 1.0, weights).value == 1.0


def test_the_same_distribution_has_none():
    """The same numbers in another order are the same distribution, whatever the rounding."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=1000)
    same = almost_dominance(x, rng.permutation(x), np.full(1000, 0.001))
    assert math.isnan(same.value)
    assert same.note == "both have the same distribution"


def normal_epsilon(m1: float, s1: float, m2: float, s2: float) -> float:
    """Of N(m1, s1²) over N(m2, s2²), s1 < s2: the functions cross once, at t, and F is the larger beyond. There the
    area is E(Y - t)⁺ - E(X - t)⁺, with E(X - t)⁺ = s φ(d) + (m - t) Φ(d) and d = (m - t) / s; left of t it is that plus
    m1 - m2."""
    t = (m1 * s2 - m2 * s1) / (s2 - s1)

    def beyond(m: float, s: float) -> float:
        d = (m - t) / s
        return s * stats.norm.pdf(d) + (m - t) * stats.norm.cdf(d)

    area = beyond(m2, s2) - beyond(m1, s1)
    return area / (2.0 * area + m1 - m2)


@pytest.mark.parametrize(("m1", "s1", "m2", "s2"), [(0.2, 1.0, 0.0, 1.5), (0.0, 0.5, 0.1, 2.0), (0.5, 1.0, 0.0, 1.2)])
def test_two_normals_against_their_closed_form(m1, s1, m2, s2):
    """Paired by a correlation of 0.5."""
    z = np.random.default_rng(5).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 50_000).T
    found = almost_dominance(m1 + s1 * z[0], m2 + s2 * z[1], np.full(50_000, 1 / 50_000))
    assert abs(found.value - normal_epsilon(m1, s1, m2, s2)) < 4.0 * found.standard_error < 0.1


def test_the_error_against_repetition():
    """Paired by a correlation of 0.5, 400 times: their standard deviation is known to 4 / sqrt(800) = 14 %."""
    rng = np.random.default_rng(6)
    weights = np.full(1000, 0.001)
    answers = []
    for _ in range(400):
        z = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 1000).T
        answers.append(almost_dominance(0.3 + z[0], 1.5 * z[1], weights))
    spread = np.std([answer.value for answer in answers], ddof=1)
    assert np.mean([answer.standard_error for answer in answers]) == pytest.approx(spread, rel=0.14)


def test_influences_against_the_derivative_towards_the_weight_of_a_path():
    """The numerical derivative of epsilon towards the weight of one path."""
    rng = np.random.default_rng(7)
    ours, theirs = rng.normal(0.2, 1.0, 30), rng.normal(0.0, 1.6, 30)
    weights = rng.dirichlet(np.full(30, 5.0))
    found = almost_dominance(ours, theirs, weights)
    assert (weights * found.influences).sum() == pytest.approx(0.0, abs=1e-12)
    for path in (0, 7, 29):
        more = (1.0 - 1e-7) * weights
        more[path] += 1e-7
        moved = (almost_dominance(ours, theirs, more).value - found.value) / 1e-7
        assert found.influences[path] == pytest.approx(moved, abs=1e-5)


def test_the_frame_of_a_comparison():
    result = random_result()
    found = result.dominance()
    assert list(found.index) == ["cap <30 %>", "trim"]
    assert list(found.columns) == ["epsilon", "standard_error", "low", "high"]
    hold, trim = result.values("hold", "wealth"), result.values("trim", "wealth")
    assert found.loc["trim", "epsilon"] == epsilon(trim, hold)
    assert (found["low"] >= 0.0).all()
    assert (found["high"] <= 1.0).all()
    back = result.dominance("trim", level=0.5)
    assert back.loc["hold", "epsilon"] == pytest.approx(1.0 - found.loc["trim", "epsilon"])
    inside = back.loc["hold", "epsilon"] - 0.67449 * back.loc["hold", "standard_error"]
    assert back.loc["hold", "low"] == pytest.approx(max(inside, 0.0), abs=1e-5)
    assert found.attrs["assumptions"] == result.assumptions()


def test_a_quantity_of_which_less_is_better_is_negated():
    result = random_result()
    hold, trim = result.values("hold", "max_drawdown"), result.values("trim", "max_drawdown")
    assert result.dominance(quantity="max_drawdown").loc["trim", "epsilon"] == epsilon(-trim, -hold)


def test_a_missing_error_is_warned_of():
    result = random_result()
    for name in COLUMNS:
        result.outcomes.columns[name][2] = result.outcomes.columns[name][0]
    result.outcomes.columns["wealth"][1] = result.outcomes.columns["wealth"][0] + 1.0
    with pytest.warns(
        RiskkitWarning, match="cap <30 %>: the distributions do not .* trim: both have the same"
    ) as caught:
        found = result.dominance()
    assert caught[0].filename == __file__
    assert found.loc["cap <30 %>", "epsilon"] == 0.0
    assert np.isnan(found.loc["trim", "epsilon"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.dominance("holt"), r"baseline must name one of 'hold', .* \(did you mean 'hold'\?\)"),
        (lambda r: r.dominance(quantity="welth"), r"quantity must name one of .* \(did you mean 'wealth'\?\)"),
        (lambda r: r.dominance(quantity="turnover"), "quantity with a better side must name one of 'wealth', "),
        (lambda r: r.dominance(level=1.0), r"level must be > 0 and < 1, got 1\.0"),
    ],
)
def test_unknown_names_are_refused_with_those_that_exist(call, message):
    with pytest.raises(InvalidInput, match=message):
        call(random_result())
