"""Regimes against the closed forms of a Markov chain: shares, durations, volatilities and correlations by state."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pandas as pd
import pytest
from samples import SIGMAS, assert_mean, assert_share, cumulants

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import FrozenMap

OFTEN = {"calm": {"storm": 2.0}, "storm": {"calm": 6.0}}  # storms 2 / 8 of the time, 1/6 of a year long
THREE = {"calm": {"storm": 1.0, "slow": 2.0}, "storm": {"calm": 5.0}, "slow": {"calm": 1.0, "storm": 1.0}}
MONTH = 1.0 / 12.0


def two(calm: rk.Regime, storm: rk.Regime) -> rk.Regimes:
    return rk.Regimes({"calm": calm, "storm": storm}, switching=OFTEN)


def seen(regimes, assets, *, correlation=None, paths=4_000, steps_per_year=12, years=2):
    """The state of each step (step, path), read off a marker that nothing but the drift moves; and log returns."""
    names = list(regimes.states)
    marks = {name: {"marker": float(number)} for number, name in enumerate(names)}
    states = {
        name: rk.Regime(state.volatility, {**dict(state.drift or {}), **marks[name]}, state.correlation)
        for name, state in regimes.states.items()
    }
    market = rk.Market(
        {"marker": rk.Asset(0.0, 1e-9), **assets}, correlation, tails=rk.Regimes(states, switching=regimes.switching)
    )
    prices = rk.sample(market, years=years, steps_per_year=steps_per_year, paths=paths, seed=4).prices
    moves = np.diff(np.log(prices), axis=0)
    level = moves[:, 0] * steps_per_year
    state = np.rint(level - level.min(axis=1, keepdims=True)).astype(int)
    return state, moves[:, 1:]


# ---------------------------------------------------------------------------------------------------------------------
# The chain
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dt", [1.0 / 252.0, MONTH, 1.0, 20.0])
def test_chances_of_two_states_against_the_closed_form(dt):
    """P(storm at dt | calm) = π (1 - e^{-(a + b) dt}), π = a / (a + b), with rates a into storms and b out of them."""
    gone = -math.expm1(-8.0 * dt)
    expected = [[1.0 - 0.25 * gone, 0.25 * gone], [0.75 * gone, 1.0 - 0.75 * gone]]
    np.testing.assert_allclose(two(rk.Regime(), rk.Regime()).transitions(dt), expected, rtol=1e-12)


def test_chances_of_three_states_follow_each_other_and_begin_at_the_rates():
    """P(2 dt) = P(dt)² (Chapman and Kolmogorov); P(dt) = 1 + Q dt + (Q dt)²/2 up to 1e-9 in a ten-thousandth year."""
    regimes = rk.Regimes(dict.fromkeys(("calm", "storm", "slow"), rk.Regime()), switching=THREE)
    chances = regimes.transitions(0.3)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(regimes.transitions(0.6), chances @ chances, rtol=1e-12)
    rates = np.array([[-3.0, 1.0, 2.0], [5.0, -5.0, 0.0], [1.0, 1.0, -2.0]]) * 1e-4
    np.testing.assert_allclose(regimes.transitions(1e-4), np.eye(3) + rates + 0.5 * rates @ rates, atol=1e-9)


def test_shares_against_the_markov_chain_tree_theorem():
    """A state's weight is the sum over the trees that lead to it of the product of their two rates.

    To calm {storm → calm, slow → calm} and {storm → calm, slow → storm}: 5·1 + 5·1. To storm {calm → storm, slow →
    calm}, {calm → storm, slow → storm} and {calm → slow, slow → storm}: 1·1 + 1·1 + 2·1. To slow {calm → slow, storm
    → calm}: 2·5.
    """
    regimes = rk.Regimes(dict.fromkeys(("calm", "storm", "slow"), rk.Regime()), switching=THREE)
    calm, storm, slow = 5 * 1 + 5 * 1, 1 * 1 + 1 * 1 + 2 * 1, 2 * 5
    total = calm + storm + slow
    expected = {"calm": calm / total, "storm": storm / total, "slow": slow / total}
    assert list(regimes.shares) == list(expected)
    assert regimes.shares == pytest.approx(expected, rel=1e-12)
    shares = np.array(list(regimes.shares.values()))
    np.testing.assert_allclose(shares @ regimes.transitions(0.7), shares, rtol=1e-12)


def test_states_keep_their_shares_from_the_first_step_to_the_last():
    """10, 4 and 10 parts of 24, at every time: the chain starts from its stationary law."""
    state, _ = seen(rk.Regimes(dict.fromkeys(("calm", "storm", "slow"), rk.Regime()), switching=THREE), {})
    for step in (0, 1, 11, 23):
        for number, parts in enumerate((10, 4, 10)):
            assert_share(state[step] == number, parts / 24, f"state {number} at step {step}")


@pytest.mark.parametrize("steps_per_year", [12, 252])
def test_mean_durations_of_states_against_the_exponential_law(steps_per_year):
    """A state that is left at rate b is kept from step to step with chance 1 - (1 - π) (1 - e^{-(a + b) dt}).

    Its mean duration seen at steps is dt over the chance of leaving it: 1/6 of a year for storms, and a little more
    at monthly steps, between which some storms come and go. Next states depend on the last one only.
    """
    state, _ = seen(two(rk.Regime(), rk.Regime()), {}, steps_per_year=steps_per_year, paths=2_000)
    gone = -math.expm1(-8.0 / steps_per_year)
    for number, leaving in ((0, 0.25 * gone), (1, 0.75 * gone)):
        here = state[:-1] == number
        assert_share(state[1:][here] != number, leaving, f"leaving {number}")
        twice = here[1:] & here[:-1]
        assert_share(state[2:][twice] != number, leaving, f"leaving {number} after two steps there")
    if steps_per_year == 252:
        assert 1.0 / (252 * 0.75 * gone) == pytest.approx(1 / 6, rel=0.02)


# ---------------------------------------------------------------------------------------------------------------------
# What the states do
# ---------------------------------------------------------------------------------------------------------------------


def test_volatilities_of_states_and_their_mean_square():
    """Relative volatilities v, scaled by √(Σ π v²): with 1 and 3, and π = 3/4 and 1/4, by √3; b is left alone."""
    regimes = two(rk.Regime(), rk.Regime({"a": 3.0}))
    np.testing.assert_allclose(regimes.scales(["a", "b"]), [[1 / math.sqrt(3), 1], [math.sqrt(3), 1]], rtol=1e-12)
    state, moves = seen(regimes, {"a": rk.Asset(0.0, 1e-3), "b": rk.Asset(0.0, 1e-3)})
    squares = moves**2 * 12.0 / 1e-6
    for number, expected in ((0, 1 / 3), (1, 3.0)):
        assert_mean(squares[:, 0][state == number], expected, f"a in state {number}")
        assert_mean(squares[:, 1][state == number], 1.0, f"b in state {number}")
    assert_mean(squares[:, 0].mean(axis=0), 1.0, "a in all states")


def test_correlations_of_states():
    """0.9 and -0.5 in storms, the market's 0.2 in calm, and 0 in a state that names no pair."""
    storm = {"a": {"b": 0.9, "c": -0.5}, "b": {"c": -0.3}}
    states = {"calm": rk.Regime(), "storm": rk.Regime(2.0, correlation=storm), "slow": rk.Regime(correlation={})}
    assets = {name: rk.Asset(0.0, 1e-3) for name in "abc"}
    market = {"a": {"b": 0.2}}
    state, moves = seen(rk.Regimes(states, switching=THREE), assets, correlation=market, paths=6_000)
    level = math.sqrt((10 + 4 * 4 + 10) / 24)  # of the mean square
    for number, scale, pairs in ((0, 1.0, (0.2, 0.0)), (1, 2.0, (0.9, -0.5)), (2, 1.0, (0.0, 0.0))):
        here = state == number
        for other, expected in zip((1, 2), pairs, strict=True):
            product = (moves[:, 0] * moves[:, other])[here] * 12.0 / 1e-6 * (level / scale) ** 2
            assert_mean(product, expected, f"pair 0, {other} in state {number}")


def test_a_correlation_may_be_a_frame_and_equals_the_mapping():
    frame = pd.DataFrame([[1.0, 0.9], [0.9, 1.0]], index=["a", "b"], columns=["a", "b"])
    market = {"a": rk.Asset(0.05, 0.2), "b": rk.Asset(0.05, 0.3)}
    prices = [
        rk.sample(
            rk.Market(market, tails=two(rk.Regime(), rk.Regime(correlation=given))),
            years=1, steps_per_year=12, paths=200, seed=1,
        ).prices
        for given in (frame, {"a": {"b": 0.9}})
    ]  # fmt: skip
    np.testing.assert_array_equal(*prices)


def test_kurtosis_of_a_step_is_that_of_the_mixture_of_normals():
    """3 (Σ π v⁴ / (Σ π v²)² - 1) = 3 ((3/4 + 81/4) / 9 - 1) = 4 for volatilities 1 and 3."""
    market = rk.Market({"a": rk.Asset(0.0, 1e-4)}, tails=two(rk.Regime(), rk.Regime(3.0)))
    prices = rk.sample(market, years=MONTH, steps_per_year=12, paths=100_000, seed=5).prices
    found = cumulants(np.log(prices[-1, 0]) / (1e-4 * math.sqrt(MONTH)))
    for (value, error), expected in zip(found, (0.0, 1.0, 0.0, 4.0), strict=True):
        assert abs(value - expected) < SIGMAS * error


def test_drifts_of_states_and_what_makes_up_for_them():
    """With drifts u a year E of the product of e^{u dt} over t steps is π' D (P D)^{t-1} 1; its log falls away."""
    regimes = two(rk.Regime(drift=0.5), rk.Regime(drift={"a": -3.0}))
    steps = 30
    recentred = regimes.recentring(FrozenMap({"a": True, "b": True}), MONTH, steps)
    chances, shares = regimes.transitions(MONTH), np.array([0.75, 0.25])
    for column, drifts in ((0, [0.5, -3.0]), (1, [0.5, 0.0])):
        pushed = np.diag(np.exp(np.array(drifts) * MONTH))
        for t in (1, 2, 7, steps):
            expected = shares @ pushed @ np.linalg.matrix_power(chances @ pushed, t - 1) @ np.ones(2)
            assert recentred[:t, column].sum() == pytest.approx(-math.log(expected), rel=1e-11)


def test_drifts_differ_between_states_by_as_much_as_was_asked():
    regimes = two(rk.Regime(), rk.Regime(drift={"a": -3.0, "b": 0.6}))
    state, moves = seen(regimes, {"a": rk.Asset(0.07, 1e-9), "b": rk.Asset(0.07, 1e-9)}, paths=200)
    for row, drift in ((0, -3.0), (1, 0.6)):
        for step in (0, 5, 23):
            calm, storm = (moves[step, row][state[step] == number].mean() for number in (0, 1))
            assert storm - calm == pytest.approx(drift / 12.0, abs=1e-7)


@pytest.mark.parametrize("steps_per_year", [4, 52])
def test_expected_prices_are_those_of_the_asset_at_every_time(steps_per_year):
    """E[S_t] = (1 + m)^t, with storms that last and drive prices down by e^{-2} a year."""
    regimes = rk.Regimes(
        {"calm": rk.Regime(0.5, drift=0.2), "storm": rk.Regime(2.0, drift=-2.0)},
        switching={"calm": {"storm": 0.5}, "storm": {"calm": 1.0}},
    )
    market = rk.Market({"a": rk.Asset(0.1, 0.2)}, tails=regimes)
    prices = rk.sample(market, years=3, steps_per_year=steps_per_year, paths=20_000, seed=6).prices[:, 0]
    for year in (1, 2, 3):
        assert_mean(prices[year * steps_per_year], 1.1**year, f"year {year}")


def test_cash_stays_cash_when_a_storm_moves_all_assets():
    """A drift for all assets at once leaves those without volatility alone, as a `market_crash` does."""
    market = rk.Market(
        {"a": rk.Asset(0.1, 0.2), "cash": rk.Asset(0.03, 0.0)}, tails=two(rk.Regime(), rk.Regime(2.0, drift=-1.0))
    )
    prices = rk.sample(market, years=2, steps_per_year=12, paths=50, seed=1).prices
    np.testing.assert_allclose(prices[-1, 1], 1.03**2, rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# As data
# ---------------------------------------------------------------------------------------------------------------------


def test_regimes_are_equal_by_value_hashable_pickle_and_say_what_they_do():
    storm = rk.Regime({"a": 3.0}, drift=-0.4, correlation={"a": {"b": 0.9}})
    regimes = two(rk.Regime(), storm)
    same = two(rk.Regime(1), rk.Regime({"a": 3}, -0.4, {"a": {"b": 0.9}}))
    assert regimes == same == pickle.loads(pickle.dumps(regimes)) == copy.deepcopy(regimes)
    assert hash(regimes) == hash(same) == hash(pickle.loads(pickle.dumps(regimes)))
    assert regimes != two(rk.Regime(1.1), storm)
    assert repr(storm) == "Regime(volatility={'a': 3.0}, drift=-0.4, correlation={'a': {'b': 0.9}})"
    assert regimes.describe() == "The market switches between states: calm 75 % of the time, storm 25 % of the time"
    market = rk.Market({"a": rk.Asset(0.1, 0.2), "b": rk.Asset(0.1, 0.2)}, tails=regimes)
    assert f"{regimes.describe()}." in market.assumptions()
    with pytest.raises(TypeError):
        regimes.states["calm"] = storm


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0,), r"^Regime: volatility must be > 0, got 0\.0$"),
        ((1e160,), r"^Regime: volatility must be >= 1e-100 and <= 1e\+100, got 1e\+160$"),  # its square is no float
        (({"a": 1e-200},), r"^Regime: volatility of 'a' must be >= 1e-100 and <= 1e\+100, got 1e-200$"),
        (({"a": -1.0},), r"^Regime: volatility of 'a' must be > 0, got -1\.0$"),
        (("high",), r"^Regime: volatility must be a number, got 'high'$"),
        (({1: 2.0},), r"^Regime: volatility must be a non-empty string, got 1$"),
        ((1.0, math.nan), r"^Regime: drift must be finite, got nan$"),
        ((1.0, {"a": "down"}), r"^Regime: drift of 'a' must be a number, got 'down'$"),
        ((1.0, 0.0, 0.5), r"^Regime: correlation must be a DataFrame or \{name: \{name: number\}\}, got 0\.5$"),
        ((1.0, 0.0, {"a": 0.5}), r"^Regime: correlation must be a DataFrame or"),
        ((1.0, 0.0, {"a": {"b": "x"}}), r"^Regime: correlation of 'a' and 'b' must be a number, got 'x'$"),
    ],
)
def test_a_bad_state_is_refused(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        rk.Regime(*arguments)


@pytest.mark.parametrize(
    ("states", "switching", "message"),
    [
        ({"calm": rk.Regime()}, {}, r"^Regimes: states must be a mapping of at least two \{name: Regime\}, got"),
        ([rk.Regime(), rk.Regime()], {}, r"^Regimes: states must be a mapping of at least two"),
        ({"calm": rk.Regime(), "storm": 3.0}, OFTEN, r"^Regimes: state 'storm' must be a Regime, got 3\.0$"),
        (
            {"calm": rk.Regime(), "": rk.Regime()},
            OFTEN,
            r"^Regimes: name of a state must be a non-empty string, got ''$",
        ),
        (None, {"calm": {"strom": 1.0}}, r"^Regimes: switching from 'calm' to must name one of 'storm', got 'strom'"),
        (None, {"clam": {"storm": 1.0}}, r"^Regimes: switching from must name one of 'calm', 'storm', got 'clam'"),
        (None, {"calm": {"calm": 1.0}}, r"^Regimes: switching from 'calm' to must name one of 'storm', got 'calm'"),
        (None, {"calm": 2.0}, r"^Regimes: switching from 'calm' must be a mapping, got 2\.0$"),
        (None, 2.0, r"^Regimes: switching must be a mapping \{state: \{state: rate\}\}, got 2\.0$"),
        (None, {"calm": {"storm": -1.0}}, r"^Regimes: switching 'calm' to 'storm' must be >= 0, got -1\.0$"),
        (None, {"calm": {"storm": 1.0}}, r"^Regimes: switching must lead from every state to .* 'storm' to 'calm'$"),
        (None, {**OFTEN, "storm": {"calm": 0.0}}, r"got no way 'storm' to 'calm'$"),
    ],
)
def test_bad_states_and_switches_are_refused(states, switching, message):
    with pytest.raises(InvalidInput, match=message):
        rk.Regimes(states or {"calm": rk.Regime(), "storm": rk.Regime()}, switching=switching)


@pytest.mark.parametrize(
    ("storm", "message"),
    [
        (rk.Regime({"c": 2.0}), r"^Market: regime 'storm' must name one of 'a', 'b', got 'c'"),
        (rk.Regime(drift={"A": 2.0}), r"^Market: regime 'storm' must name one of 'a', 'b', got 'A'"),
        (rk.Regime(correlation={"a": {"c": 0.5}}), r"^Market: regime 'storm': correlation of 'a' must name one of"),
        (
            rk.Regime(correlation={"a": {"b": 1.5}}),
            r"^Market: regime 'storm': correlation of .* from -1 to 1, got 1\.5$",
        ),
    ],
)
def test_a_state_that_does_not_fit_the_market_is_refused(storm, message):
    with pytest.raises(InvalidInput, match=message):
        rk.Market({"a": rk.Asset(0.1, 0.2), "b": rk.Asset(0.1, 0.2)}, tails=two(rk.Regime(), storm))
