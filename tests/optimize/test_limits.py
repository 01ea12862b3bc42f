"""Ready-made limits by hand calculation, and messages on infeasible constraints."""

from __future__ import annotations

import pickle

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest
from plain_programmes import returns_of

import riskkit as rk
from riskkit.optimize import founder_limit, holding_limits, locked, min_cvar, turnover_limit

NAMES = ["TSLA", "SpaceX", "fund", "bonds"]
PORTFOLIO = rk.Portfolio(
    [
        rk.Holding("TSLA", 40, founder="Musk"),
        rk.Holding("SpaceX", 20, founder="Musk"),
        rk.Holding("fund", 30, founder={"Musk": 0.5, "Huang": 0.2}),
        rk.Holding("bonds", 10),
    ]
)


def table(best: str) -> pd.DataFrame:
    """Returns of which one asset has by far the least risk."""
    returns = pd.DataFrame(returns_of(400, 4), columns=NAMES)
    returns[best] *= 0.01
    return returns


def test_founder_limit_counts_shares():
    """TSLA is the safest; with 30 % at most on Musk, and half of the fund his: w1 + w2 + w3 / 2 <= 0.3."""
    found = min_cvar(table("TSLA"), constraints=founder_limit("Musk", 0.3, PORTFOLIO)).weights
    assert found["TSLA"] + found["SpaceX"] + 0.5 * found["fund"] == pytest.approx(0.3, abs=1e-6)


def test_founder_limit_is_of_names_not_of_places():
    returns = table("TSLA")[["bonds", "fund", "SpaceX", "TSLA"]].assign(cash=0.0)
    found = min_cvar(returns, constraints=[founder_limit("Huang", 0.02, PORTFOLIO), lambda w: w[1] >= 0.1]).weights
    assert list(found.index) == ["bonds", "fund", "SpaceX", "TSLA", "cash"]
    assert found["fund"] == pytest.approx(0.1, abs=1e-6)


def test_turnover_limit_counts_sales():
    """Bonds are the safest, and sales of 25 % of wealth at most: 10 % + 25 % = 35 % bonds."""
    found = min_cvar(table("bonds"), constraints=turnover_limit(0.25, PORTFOLIO)).weights
    sales = np.maximum(PORTFOLIO.weights - found, 0.0).sum()
    assert sales == pytest.approx(0.25, abs=1e-6)
    assert found["bonds"] == pytest.approx(0.35, abs=1e-6)


def test_holding_limits_and_locked():
    constraints = [holding_limits({"bonds": 0.5, "fund": (0.05, 0.08)}), locked("SpaceX", PORTFOLIO)]
    found = min_cvar(table("bonds"), constraints=constraints).weights
    assert found["bonds"] == pytest.approx(0.5, abs=1e-6)
    assert 0.05 - 1e-8 <= found["fund"] <= 0.08 + 1e-8
    assert found["SpaceX"] == pytest.approx(0.2, abs=1e-8)
    both = min_cvar(table("bonds"), constraints=locked(["TSLA", "fund"], PORTFOLIO)).weights
    assert both[["TSLA", "fund"]].to_list() == pytest.approx([0.4, 0.3], abs=1e-8)


def test_bounds_by_name():
    found = min_cvar(table("bonds"), bounds={"bonds": (0, 0.4), "TSLA": (0.2, 1)}).weights
    assert found["bonds"] == pytest.approx(0.4, abs=1e-6)
    assert found["TSLA"] >= 0.2 - 1e-9


def test_own_limits_take_the_weights_or_the_names_too():
    def no_more_than_half(w, names):
        return w[names.index("bonds")] <= 0.5

    scale = 2.0
    found = min_cvar(table("bonds"), constraints=[no_more_than_half, lambda w, k=scale: k * w[0] >= 0.4]).weights
    assert found["bonds"] == pytest.approx(0.5, abs=1e-6)
    assert found["TSLA"] >= 0.2 - 1e-8


def test_limits_are_plain_data():
    limit = founder_limit("Musk", 0.3, PORTFOLIO)
    assert limit == pickle.loads(pickle.dumps(limit))
    assert hash(limit) == hash(founder_limit("Musk", 0.3, PORTFOLIO))
    assert limit != founder_limit("Musk", 0.2, PORTFOLIO)
    assert str(turnover_limit(0.25, PORTFOLIO)) == "turnover_limit(0.25)"


# ---------------------------------------------------------------------------------------------------------------------
# Limits that conflict: every amount by hand
# ---------------------------------------------------------------------------------------------------------------------


def refusal(**limits) -> str:
    with pytest.raises(rk.InvalidInput, match="the constraints are infeasible") as refused:
        min_cvar(table("bonds"), **limits)
    return str(refused.value)


def test_one_limit_that_cannot_hold_is_named_with_its_amount():
    """The largest mean return is 0.1, so that 0.5 is 0.4 too much."""
    returns = pd.DataFrame({"A": [0.1, 0.1], "B": [0.0, 0.1]})
    with pytest.raises(rk.InvalidInput, match=r"min_return=0.5 is infeasible within the bounds.* by at least 0\.4$"):
        min_cvar(returns, level=0.5, min_return=0.5)


def test_two_limits_in_conflict_are_named_alone():
    """A lock at 20 % Musk and a limit of 15 % miss by 0.05; the other limits have no part in it."""
    message = refusal(
        constraints=[
            lambda w: w[3] <= 0.9,
            founder_limit("Musk", 0.15, PORTFOLIO),
            turnover_limit(1.0, PORTFOLIO),
            locked("SpaceX", PORTFOLIO),
        ],
        min_return=-1.0,
    )
    assert "founder_limit('Musk', 0.15) and locked('SpaceX', at 0.2) conflict; relax one of them" in message
    assert "founder_limit('Musk', 0.15) by at least 0.05, or locked('SpaceX', at 0.2) by at least 0.05" in message
    assert "turnover" not in message
    assert "min_return" not in message


def test_three_limits_that_conflict_only_together():
    """At most 30 % each in three of four holdings and 0 in the fourth: 10 % are left over. Any two of them may hold."""
    upper = holding_limits({"TSLA": 0.4, "SpaceX": 0.3, "fund": 0.2})
    message = refusal(
        constraints=[lambda w: cp.sum(w) <= 2, *upper, turnover_limit(1.0, PORTFOLIO)], bounds={"bonds": (0, 0)}
    )
    for name, limit in {"TSLA": 0.4, "SpaceX": 0.3, "fund": 0.2}.items():
        assert f"holding_limits('{name}', at most {limit:g}) by at least 0.1" in message
    assert "constraint 1" not in message
    assert "turnover" not in message


def test_the_smallest_conflict_is_named_not_just_any():
    """Three limits conflict together, and so do two others, the smaller set, which is named."""
    upper = holding_limits({"TSLA": 0.4, "SpaceX": 0.3, "fund": 0.2})
    pair = [lambda w: w[3] <= 0.0, lambda w: w[3] >= 0.05]
    message = refusal(constraints=[*pair, *upper])
    assert "constraint 1 and constraint 2 conflict" in message
    assert "holding_limits" not in message
    message = refusal(constraints=[*upper, *pair])
    assert "constraint 4 and constraint 5 conflict" in message
    assert "holding_limits" not in message


def test_a_limit_that_is_no_inequality_is_named_without_amount():
    """A norm of 4 equal weights is 0.5 at least; cvxpy's own cone constraints have no single number to relax."""
    message = refusal(constraints=lambda w: cp.SOC(cp.Constant(0.3), w))
    assert message == "the constraints are infeasible: constraint 1 is infeasible within the bounds"


def test_a_curved_limit_is_named_with_its_amount():
    """The norm of weights that sum to 1 is 0.5 at least, 0.2 above 0.3."""
    message = refusal(constraints=lambda w: cp.norm(w) <= 0.3)
    assert message.endswith("constraint 1 by at least 0.2")


# ---------------------------------------------------------------------------------------------------------------------
# Refusals
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "pattern"),
    [
        (lambda: founder_limit("Bezos", 0.3, PORTFOLIO), "founder must name one of 'Musk', 'Huang', got 'Bezos'"),
        (lambda: founder_limit("Musk", 1.3, PORTFOLIO), "founder_limit: limit must be >= 0 and <= 1, got 1.3"),
        (lambda: founder_limit("Musk", 0.3, {"TSLA": 1}), "founder_limit: portfolio must be a Portfolio"),
        (lambda: turnover_limit(-0.1, PORTFOLIO), "turnover_limit: limit must be >= 0, got -0.1"),
        (lambda: locked("Tesla", PORTFOLIO), "locked must name one of .* got 'Tesla'"),
        (lambda: holding_limits({"TSLA": (0.3, 0.2)}), "holding_limits: 'TSLA' must be >= 0.3, got 0.2"),
        (lambda: holding_limits(0.3), "holding_limits must be a mapping from names to limits, got 0.3"),
        (lambda: holding_limits({"TSLA": "much"}), "holding_limits: 'TSLA' must be a number, got 'much'"),
    ],
)
def test_limits_refuse_what_they_cannot_mean(make, pattern):
    with pytest.raises(rk.InvalidInput, match=pattern):
        make()


@pytest.mark.parametrize(
    ("constraints", "pattern"),
    [
        (3, "constraints must be functions of the weights that return cvxpy constraints, got 3"),
        ("w[0] <= 0.3", "constraints must be functions .* got 'w"),
        (lambda w: True, "constraint 1 must return cvxpy constraints, got True"),
        ([lambda w: w[0] <= 1, lambda w: w[0]], "constraint 2 must return cvxpy constraints, got "),
        (lambda w: cp.norm(w) >= 0.5, "constraint 1 must be convex by cvxpy's rules"),
        (lambda w: w[0] <= cp.Variable(boolean=True), "constraint 1 must be convex .* without whole-number variables"),
        (holding_limits({"Tesla": 0.3}), "must name one of 'TSLA', 'SpaceX', 'fund', 'bonds', got 'Tesla'"),
    ],
)
def test_constraints_that_are_none_are_refused(constraints, pattern):
    with pytest.raises(rk.InvalidInput, match=pattern):
        min_cvar(table("bonds"), constraints=constraints)


def test_limits_by_name_need_names():
    with pytest.raises(rk.InvalidInput, match=r"needs named assets; give returns as a DataFrame or an rk.Paths"):
        min_cvar(table("bonds").to_numpy(), constraints=founder_limit("Musk", 0.3, PORTFOLIO))


def test_a_holding_of_the_founder_that_is_not_among_the_assets_is_refused():
    returns = table("bonds").rename(columns={"SpaceX": "Space X"})
    with pytest.raises(rk.InvalidInput, match=r"founder_limit\('Musk', 0.3\) must name one of .* got 'SpaceX'"):
        min_cvar(returns, constraints=founder_limit("Musk", 0.3, PORTFOLIO))
