"""Break-even against closed forms: sure markets, a mean with crashes, and the Kelly criterion with a crash."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.analysis._breakeven import BreakEven, Tie, breakeven
from riskkit.analysis._parameters import Parameter
from riskkit.comparison.estimation.paired_difference import Difference

YEARS, RATE = 4, 0.03


class Mix(rk.Rule):
    """The same share in the stock, the rest in cash, restored at every step."""

    share: float
    every: int = 0
    at_start: bool = True

    def decide(self, view: rk.View, state: Any):
        return np.repeat([[self.share], [1.0 - self.share]], view.weights.shape[1], axis=1), None


def scenario(*shocks: rk.Shock, volatility: float = 0.0, steps_per_year: int = 1) -> rk.Scenario:
    """All in a founder's stock; cash is a holding too small to matter."""
    portfolio = rk.Portfolio([rk.Holding("stock", 1.0, founder="Ann"), rk.Holding("cash", 1e-12)])
    assets = {"stock": rk.Asset(0.08, volatility), "cash": rk.Asset(RATE, 0.0)}
    rules = [rk.Hold(), rk.DiversifyNow()]
    return rk.Scenario(portfolio, rk.Market(assets, shocks=shocks), rules, years=YEARS, steps_per_year=steps_per_year)


# ---------------------------------------------------------------------------------------------------------------------
# Sure markets: the value is found to 1/10,000 of the range, and its interval is the value
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vary", "expected", "above"),
    [
        ("expected_return:Ann", RATE, True),
        ("shift:Ann", RATE - 0.08, True),
        # (1.08^4) (1 + J) = 1.03^4
        ("impact:crash", (1.03 / 1.08) ** 4 - 1.0, True),
    ],
)
def test_in_a_sure_market_holding_ties_where_it_grows_as_cash_does(vary: str, expected: float, above: bool):
    case = scenario(rk.Shock("crash", 0.0, {"stock": -0.5}))
    if vary.startswith("impact"):
        case = case.with_event("crash", year=1)
    found = breakeven(case, "hold", "diversify now", vary=vary, paths=100)
    span = found.between[1] - found.between[0]
    assert found.value == pytest.approx(expected, abs=1e-4 * span)
    assert (found.low, found.high) == (found.value, found.value)
    signs = np.sign(found.frame()["difference"])
    assert (np.sign(found.frame().index - expected) == signs).all()
    assert found.sentence().startswith("'hold' beats 'diversify now' by growth_median only if ")
    assert (" is above " in found.sentence()) == above


def test_the_grid_is_searched_first_and_every_value_tried_is_stored():
    found = breakeven(scenario(), "hold", "diversify now", vary="expected_return:Ann", between=(0.0, 0.1), paths=100)
    grid = {round(0.005 * point, 12) for point in range(21)}
    assert grid <= set(found.frame().index)
    assert found.frame().index.name == "expected_return:Ann"
    assert found.frame().index.is_monotonic_increasing
    assert f"{len(found.frame())} runs of 100 paths" in repr(found)


def test_none_in_range_is_an_answer():
    found = breakeven(scenario(), "hold", "diversify now", vary="expected_return:Ann", between=(0.05, 0.1), paths=100)
    assert found.ties == ()
    assert found.values == ()
    assert math.isnan(found.value)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.sentence() == (
        "'hold' beats 'diversify now' by growth_median wherever the expected return of Ann's companies is "
        "from 5 % to 10 % a year."
    )
    turned = breakeven(scenario(), "diversify now", "hold", vary="expected_return:Ann", between=(0.05, 0.1), paths=100)
    assert "'diversify now' is behind 'hold' by growth_median wherever" in turned.sentence()


def test_a_stretch_where_both_do_the_same_is_no_change_of_sign():
    """Who takes profit at 1.2 times the start does so only above 4.66 % a year, 1.2^(1/4), and is then behind."""
    taker = rk.TakeProfit(1.2, 1.0)
    found = breakeven(scenario(), rk.Hold(), taker, vary="expected_return:Ann", paths=100)
    assert found.ties == ()
    assert (found.frame()["difference"].loc[:0.04] == 0.0).all()
    assert (found.frame()["difference"].loc[0.10:] > 0.0).all()
    assert "beats" in found.sentence()
    same = breakeven(scenario(), rk.Hold(), rk.Hold(name="stay"), vary="expected_return:Ann", paths=100)
    assert "'hold' cannot be distinguished from 'stay'" in same.sentence()


# ---------------------------------------------------------------------------------------------------------------------
# Markets with risk: the truth lies within four standard errors, a standard error being the interval's width / 3.92
# ---------------------------------------------------------------------------------------------------------------------


def assert_near(found: BreakEven, expected: float) -> None:
    error = (found.high - found.low) / (2.0 * 1.96)
    assert 0.0 < error < 0.1 * (found.between[1] - found.between[0])
    assert abs(found.value - expected) < 4.0 * error
    assert found.low < found.value < found.high


def test_rate_at_which_the_mean_of_a_crashing_stock_is_that_of_cash():
    """Crashes of -L on top at rate λ: E[S_T] = (1.08 e^{-λL})^T ties with 1.03^T at λ = ln(1.08 / 1.03) / L."""
    case = scenario(rk.Shock("crash", 0.01, {"stock": -0.6}), volatility=0.2)
    found = breakeven(case, "hold", "diversify now", vary="rate:crash", metric="wealth_mean", paths=5000, seed=1)
    assert_near(found, math.log(1.08 / 1.03) / 0.6)
    assert " is below " in found.sentence()


@pytest.mark.slow
@pytest.mark.parametrize("shares", [(0.0, 1.0), (0.3, 0.8)])
def test_expected_return_at_which_two_shares_grow_alike_is_kellys_with_a_crash(shares: tuple[float, float]):
    """Kelly with a crash: a share f of a stock with log drift μ - σ²/2 and volatility σ, the rest at r, restored at
    all times, grows at r + f(μ - r) - f²σ²/2 + λ ln(1 - fL) a year, where λ is one crash in T years. As that crash is
    forced, log wealth is normal and the growth of its median is just that. So two shares f < g tie at
    μ = r + (f + g) σ²/2 - λ ln((1 - gL)/(1 - fL))/(g - f), with the crash on top of μ, and E[S_1] = e^μ. Restoring
    12 times a year, and not always, changes growth by less than σ⁴/4/12 = 5e-4, a small part of a standard error.
    """
    volatility, crash = 0.4, 0.3
    low, high = (Mix(share, name=f"{share:.0%}") for share in shares)
    f, g = shares
    expected = math.log1p(RATE) + (f + g) * volatility**2 / 2
    expected -= math.log((1 - g * crash) / (1 - f * crash)) / (g - f) / YEARS
    steps = 12 if f else 1
    case = scenario(rk.Shock("crash", 0.0, {"stock": -crash}), volatility=volatility, steps_per_year=steps)
    case = case.with_event("crash", year=2.5)
    found = breakeven(case, high, low, vary="expected_return:Ann", paths=3000, seed=2)
    assert_near(found, math.expm1(expected))


def test_the_interval_is_where_the_paired_interval_covers_0():
    case = scenario(volatility=0.4)
    found = breakeven(case, "hold", "diversify now", vary="expected_return:Ann", paths=1000, seed=5)
    tried = found.frame()
    covers = (tried["low"] <= 0.0) & (tried["high"] >= 0.0)
    inside = (tried.index > found.low) & (tried.index < found.high)
    precision = 1e-4 * 0.4
    near = np.minimum(abs(tried.index - found.low), abs(tried.index - found.high)) < 2 * precision
    assert (covers == inside)[~near].all()
    assert inside.sum() > 3


def test_an_interval_that_leaves_the_range_ends_there():
    """At 10 % volatility growth ties at 1.03 e^{0.005} - 1 = 3.5 %; fifty paths do not tell 3 from 4 %."""
    case = scenario(volatility=0.1)
    found = breakeven(case, "hold", "diversify now", vary="expected_return:Ann", between=(0.0, 0.08), paths=50, seed=1)
    narrow = breakeven(
        case,
        "hold",
        "diversify now",
        vary="expected_return:Ann",
        between=(found.value - 1e-3, found.value + 2e-3),
        paths=50,
        seed=1,
    )
    assert (narrow.low, narrow.high) == narrow.between
    assert " or less to " in narrow.sentence()
    assert narrow.sentence().endswith(" or more).")


def test_too_few_paths_for_an_error_leave_the_interval_open():
    with pytest.warns(RiskkitWarning, match="the error of growth_median is unknown with 3 paths; ask for more"):
        found = breakeven(scenario(volatility=0.2), "hold", "diversify now", vary="expected_return:Ann", paths=3)
    assert not math.isnan(found.value)
    assert math.isnan(found.low)
    assert "(too few paths for an interval)" in found.sentence()


# ---------------------------------------------------------------------------------------------------------------------
# Words
# ---------------------------------------------------------------------------------------------------------------------


def range_in_words(metric: str, first: float, *values: float) -> str:
    ties = tuple(Tie(value, value - 0.01, value + 0.01) for value in values)
    start = ((0.0, Difference(first, 0.001, first - 0.002, first + 0.002, 0.0)),)
    vary = Parameter("rate", "exit")
    found = BreakEven("hold", "cap {}", metric, vary, (0.0, 0.4), ties, start, 1000, 0)
    return found.sentence().removeprefix(f"'hold' beats 'cap {{}}' by {metric} only if the rate of exit is ")


def test_where_the_first_is_ahead_follows_from_the_start_and_the_ties():
    one, two, three = (f"{n} % a year (95 % interval {n - 1} % to {n + 1} %)" for n in (10, 20, 30))
    assert range_in_words("growth_median", -1.0, 0.1) == f"above {one}."
    assert range_in_words("growth_median", 1.0, 0.1) == f"below {one}."
    assert range_in_words("growth_median", -1.0, 0.1, 0.2) == f"between {one} and {two}."
    assert range_in_words("growth_median", 1.0, 0.1, 0.2) == f"below {one} or above {two}."
    assert range_in_words("growth_median", -1.0, 0.1, 0.2, 0.3) == f"between {one} and {two} or above {three}."
    # A smaller drawdown is the better one.
    assert range_in_words("ced95", -1.0, 0.1) == f"below {one}."


def test_several_ties_have_no_single_value():
    vary, start = Parameter("rate", "exit"), ((0.0, Difference(1.0, 0.1, 0.8, 1.2, 0.0)),)
    ties = (Tie(0.1, 0.0, 0.2), Tie(0.3, 0.2, 0.4))
    found = BreakEven("hold", "cap", "growth_median", vary, (0.0, 0.4), ties, start, 1000, 0)
    assert found.values == (0.1, 0.3)
    assert math.isnan(found.value)


# ---------------------------------------------------------------------------------------------------------------------
# Bad input
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"first": "sell"}, "rule must name one of 'hold', 'diversify now', got 'sell'"),
        ({"second": "hold"}, "first and second must be two rules with names of their own, got 'hold' twice"),
        ({"vary": "expected_return:Bob"}, "vary must name one of 'expected_return:Ann', .*got 'expected_return:Bob'"),
        ({"metric": "growth"}, r"metric must name one of 'wealth_mean', .*got 'growth'"),
        ({"between": (0.3, 0.1)}, r"lowest < highest, got \(0.3, 0.1\)"),
        ({"between": (0.1, 0.1)}, r"lowest < highest, got \(0.1, 0.1\)"),
        ({"between": 0.3}, r"between must be a pair \(lowest, highest\), got 0.3"),
        ({"between": (0.0, 0.1, 0.2)}, r"between must be a pair \(lowest, highest\), got \(0.0, 0.1, 0.2\)"),
        ({"between": (0.0, "much")}, "between: each end must be a number, got 'much'"),
        ({"between": (-1.5, 0.3)}, "Asset: expected_return must be > -1, got -1.5"),
        ({"paths": 0}, "paths must be >= 1, got 0"),
        ({"seed": -1}, "seed must be from 0"),
    ],
)
def test_bad_questions_are_refused(changed: dict[str, Any], message: str):
    arguments: dict[str, Any] = {"first": "hold", "second": "diversify now", "vary": "expected_return:Ann", **changed}
    with pytest.raises(InvalidInput, match=message):
        breakeven(scenario(), arguments.pop("first"), arguments.pop("second"), **arguments)


def test_it_needs_a_scenario():
    with pytest.raises(InvalidInput, match="scenario must be a Scenario, got 'baron'"):
        breakeven("baron", "hold", "cap", vary="rate:exit")
