"""Each kind of assumption that can be varied, and those that are refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.analysis._parameters import KINDS, parameter


@dataclass(frozen=True)
class Ageing(rk.Hazard):
    def cumulative(self, t):
        return 0.01 * np.asarray(t, dtype=float) ** 2


def scenario(rate: float | rk.Hazard = 0.02) -> rk.Scenario:
    """Ann has all of A and exactly half of B; of C she has less than half, of D nothing."""
    holdings = [
        rk.Holding("A", 1.0, founder="Ann"),
        rk.Holding("B", 1.0, founder={"Ann": 0.5, "Bob": 0.4}),
        rk.Holding("C", 1.0, founder={"Ann": 0.49}),
        rk.Holding("D", 1.0),
    ]
    shocks = [
        rk.Shock("exit", rate, {"A": rk.Impact(-0.5, 0.1), "B": -0.25}, once=True),
        rk.Shock("split", 0.1, {"A": 0.2, "D": -0.1}),
        rk.Shock("nothing", 0.1, {"A": 0.0}),
    ]
    assets = {name: rk.Asset(0.01 * number, 0.3) for number, name in enumerate("DABC", 1)}
    return rk.Scenario(rk.Portfolio(holdings), rk.Market(assets, shocks=shocks), [rk.Hold()])


def returns(case: rk.Scenario) -> dict[str, float]:
    return {name: asset.expected_return for name, asset in case.market.assets.items()}


def test_an_expected_return_is_the_same_for_each_of_a_founders_companies():
    """A and B, of which at least half is Ann's."""
    changed = parameter(scenario(), "expected_return:Ann").set(scenario(), 0.15)
    assert returns(changed) == {"D": 0.01, "A": 0.15, "B": 0.15, "C": 0.04}
    assert replace(changed, market=scenario().market) == scenario()


def test_a_shift_is_added_to_each():
    changed = parameter(scenario(), "shift:Ann").set(scenario(), 0.10)
    assert returns(changed) == pytest.approx({"D": 0.01, "A": 0.12, "B": 0.13, "C": 0.04})


def test_a_rate_is_that_of_its_shock():
    rates = {"exit": 0.05, "split": 0.1, "nothing": 0.1}
    changed = parameter(scenario(), "rate:exit").set(scenario(), 0.05)
    assert {shock.name: shock.rate for shock in changed.market.shocks} == rates


def test_an_impact_is_that_on_the_hardest_hit_and_the_others_follow():
    """From -0.5 to -0.2 all means and deviations of the exit are scaled by 0.4."""
    changed = parameter(scenario(), "impact:exit").set(scenario(), -0.2)
    impact = changed.market.shocks[0].impacts
    assert (impact["A"].mean, impact["A"].sd) == pytest.approx((-0.2, 0.04))
    assert (impact["B"].mean, impact["B"].sd) == pytest.approx((-0.1, 0.0))
    turned = parameter(scenario(), "impact:split").set(scenario(), -0.1).market.shocks[1].impacts
    assert (turned["A"].mean, turned["D"].mean) == pytest.approx((-0.1, 0.05))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("expected_return:Ann", (0.0, 0.4)),
        ("shift:Ann", (-0.1, 0.3)),
        ("rate:exit", (0.0, 0.2)),
        ("impact:exit", (-0.9, 0.0)),
        ("impact:split", (0.0, 0.9)),
    ],
)
def test_default_ranges_can_be_set_at_both_ends(name: str, expected: tuple[float, float]):
    """Documented, and every one of them gives valid scenarios."""
    found = parameter(scenario(), name)
    assert found.default_range(scenario()) == expected
    assert str(found) == name
    for end in expected:
        assert isinstance(found.set(scenario(), end), rk.Scenario)


def test_every_kind_is_documented():
    for kind in KINDS:
        assert f"- ``{kind}:" in parameter.__doc__ or f"- ``{kind}``:" in parameter.__doc__


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "expected_return:Anne",
            r"vary must name one of 'expected_return:Ann', .*'rate:exit'.*got 'expected_return:Anne",
        ),
        ("rates:exit", r"vary must name one of .*'rate:exit', .*got 'rates:exit' \(did you mean 'rate:exit'\?\)"),
        ("rate", "vary must name one of .*got 'rate'"),
        (7, "vary must be a string such as 'expected_return:Musk', got 7"),
        ("expected_return:Bob", "needs a holding of which at least 50 % is tied to 'Bob', got none"),
        ("impact:nothing", "shock 'nothing' must have a mean impact other than 0 to scale it, got none"),
    ],
)
def test_bad_names_are_refused(name: object, message: str):
    with pytest.raises(InvalidInput, match=message):
        parameter(scenario(), name)


def test_a_hazard_has_no_rate_to_vary():
    with pytest.raises(InvalidInput, match=r"shock 'exit' must have a constant rate to vary it, got Ageing\(\)"):
        parameter(scenario(Ageing()), "rate:exit")


def test_values_outside_their_bounds_are_refused_by_what_they_are_set_on():
    with pytest.raises(InvalidInput, match=r"Shock .exit.: rate must be >= 0, got -0\.1"):
        parameter(scenario(), "rate:exit").set(scenario(), -0.1)
    with pytest.raises(InvalidInput, match="rate:exit must be a number, got 'often'"):
        parameter(scenario(), "rate:exit").set(scenario(), "often")
