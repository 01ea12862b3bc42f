"""Time changes of a user's own: against closed forms, the same bits however they are run, and what is refused."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest
from own_time_changes import Heston, Interpreted, Switching
from samples import SIGMAS, assert_mean
from test_same_bits import assert_same_outcomes

import riskkit as rk
from riskkit._random.streams import Stream
from riskkit.engine import own_statistics
from riskkit.engine.execution import run as engine_run
from riskkit.market.calibration._implied_moments import implied_beyond, implied_kurtosis
from riskkit.market.time_change._time_change import TimeChange

ASSETS = {"a": rk.Asset(0.06, 0.3), "b": rk.Asset(0.03, 0.1), "cash": rk.Asset(0.02, 0.0)}
PORTFOLIO = rk.Portfolio([rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 30), rk.Holding("cash", 10)])
HESTON = Heston(4.0, 2.0)
DAY = 1 / 252
REGIMES = rk.Regimes(
    {
        "calm": rk.Regime(),
        "storm": rk.Regime(3.0, {"a": -0.5}, {"a": {"b": 0.9}}),
        "crash": rk.Regime({"a": 5.0}, -0.2),
    },
    switching={"calm": {"storm": 1.0}, "storm": {"calm": 4.0, "crash": 1.0}, "crash": {"calm": 9.0}},
)


def market(*tails, assets=ASSETS, **more):
    return rk.Market(assets, {"a": {"b": 0.3}}, tails=tails, **more)


def scenario(*tails, years=2, steps_per_year=60, **more):
    return rk.Scenario(
        PORTFOLIO, market(*tails, **more), [rk.Hold(), rk.Rebalance()], years=years, steps_per_year=steps_per_year
    )


# ---------------------------------------------------------------------------------------------------------------------
# Against closed forms
# ---------------------------------------------------------------------------------------------------------------------


def rates(paths=20_000, steps=126):
    """Paces squared (step, path) of days."""
    numbers, stream = np.arange(paths, dtype=np.uint64), Stream(3, "time change heston")
    state = HESTON.start(stream, numbers, DAY)
    return HESTON.advance(stream, numbers, np.arange(steps), DAY, state)[0] ** 2


def test_the_time_that_passes_against_the_moments_of_a_square_root_diffusion():
    """E G = dt at every step, and Var of the sum of G over half a year from the autocovariance e^(-κh) ξ²/(2κ)."""
    drawn = rates()
    for step in (0, 1, 20, 125):
        assert_mean(drawn[step], 1.0, f"step {step}")
        assert_mean((drawn[step] - 1.0) ** 2, HESTON.variance, f"variance of step {step}")
    apart = np.abs(np.subtract.outer(np.arange(126), np.arange(126))) * DAY
    total = DAY * drawn.sum(axis=0)
    assert_mean(total, 0.5, "business time")
    assert_mean((total - 0.5) ** 2, DAY**2 * HESTON.variance * np.exp(-4.0 * apart).sum(), "variance swap")


@pytest.mark.parametrize("tails", [(HESTON,), (HESTON, rk.StudentT(8)), (Switching(1.7, 0.8), HESTON)])
def test_expected_prices_hold_under_a_time_change_of_ones_own(tails):
    crash = rk.Shock("crash", 0.5, {"a": -0.2})
    drawn = rk.sample(market(*tails, shocks=crash, compensate=True), years=2, steps_per_year=24, paths=40_000, seed=2)
    for step in (1, 24, 48):
        for asset, growth in ((0, 1.06), (1, 1.03)):
            assert_mean(drawn.prices[step, asset], growth ** (step / 24), f"asset {asset} after {step} steps")
    np.testing.assert_allclose(drawn.prices[-1, 2], 1.02**2, rtol=1e-12)


def test_kurtosis_of_a_day_against_that_of_the_variance_rate():
    """Excess kurtosis 3 ξ² / (2κ) = 1.5; each path is one draw, as the days of a path hang together."""
    assets = {"a": rk.Asset(0.0, 0.1)}
    prices = rk.sample(rk.Market(assets, tails=HESTON), years=0.25, paths=20_000, seed=4).prices[:, 0]
    returns = np.diff(np.log(prices), axis=0) / (0.1 * np.sqrt(DAY))
    fourth, second = (returns**4).mean(axis=0), (returns**2).mean(axis=0)
    ratio = fourth.mean() / second.mean() ** 2
    influence = (fourth - fourth.mean()) / second.mean() ** 2 - 2.0 * ratio * (second / second.mean() - 1.0)
    assert abs(ratio - 4.5) < SIGMAS * influence.std() / np.sqrt(influence.size)
    assert implied_kurtosis(rk.Market(assets, tails=HESTON), DAY)[0] == pytest.approx(1.5)


def test_regimes_of_ones_own_have_their_volatilities_and_correlations():
    """Rough years have the variance 1.5 σ² and correlation 0.9; which come first is a coin's throw."""
    drawn = rk.sample(market(Switching(1.5, 0.9)), years=2, steps_per_year=12, paths=20_000, seed=5)
    first = (Stream(5, "time change switching").uniforms(np.arange(20_000, dtype=np.uint64), 2**40)[0] < 0.5).astype(
        int
    )
    moves = np.diff(np.log(drawn.prices[:, :2]), axis=0)
    for year in (0, 1):
        rough = (first + year) % 2 == 1
        for chosen, factor, correlation in ((rough, 1.5, 0.9), (~rough, 0.5, 0.3)):
            month = moves[12 * year + 3, :, chosen]
            month = (month - month.mean(axis=0)) / (np.array([0.3, 0.1]) * np.sqrt(factor / 12))
            assert_mean(month[:, 0] ** 2, 1.0, "variance")
            assert_mean(month[:, 0] * month[:, 1], correlation, "correlation")


@pytest.mark.parametrize(
    "tails",
    [
        (rk.StudentT(5),),
        (rk.NormalInverseGaussian(6.0),),
        (rk.Clustered(0.1, 0.8),),
        (REGIMES,),
        (rk.Clustered(0.1, 0.8), REGIMES),
    ],
)
def test_built_in_time_changes_give_by_their_contract_what_the_kernel_gives(tails):
    """The slow one, plain NumPy step by step, against the compiled one, on the same random numbers."""
    compiled = rk.sample(market(*tails), years=1, steps_per_year=100, paths=300, seed=6).prices
    head, *others = tails
    slow = rk.sample(market(Interpreted(head), *others), years=1, steps_per_year=100, paths=300, seed=6).prices
    np.testing.assert_allclose(slow, compiled, rtol=1e-11)


# ---------------------------------------------------------------------------------------------------------------------
# The same bits
# ---------------------------------------------------------------------------------------------------------------------

MIXED = (HESTON, rk.StudentT(6), Switching(1.5, 0.7))
PATHS = 700


@pytest.fixture(scope="module")
def alone():
    return rk.compare(scenario(*MIXED), paths=PATHS, seed=1, workers=1).outcomes


@pytest.mark.parametrize("longest", [1, 3, 64])
def test_same_bits_for_chunks_of_any_length(monkeypatch, alone, longest):
    monkeypatch.setattr(own_statistics, "LONGEST_CHUNK", longest)
    assert_same_outcomes(rk.compare(scenario(*MIXED), paths=PATHS, seed=1, workers=1).outcomes, alone)


def test_same_bits_for_any_number_of_threads(alone):
    assert_same_outcomes(rk.compare(scenario(*MIXED), paths=PATHS, seed=1, workers=3).outcomes, alone)


@pytest.mark.parametrize("size", [128, 384, 8192])
def test_same_bits_for_any_batch_size(monkeypatch, alone, size):
    monkeypatch.setattr(engine_run, "paths_per_batch", lambda *arguments: size)
    assert_same_outcomes(rk.compare(scenario(*MIXED), paths=PATHS, seed=1, workers=1).outcomes, alone)


def test_processes_give_the_bits_of_threads(alone):
    found = rk.compare(scenario(*MIXED), paths=PATHS, seed=1, workers=2, backend="loky").outcomes
    assert_same_outcomes(found, alone)


def test_a_replay_has_the_bits_of_the_run(alone):
    found = {}

    def observe(moment, first):
        found[moment.step] = moment.book("hold").wealth

    chosen = [5, 640, 17]
    rk.replay(scenario(*MIXED), "hold", chosen, seed=1, observe=observe, steps=[7, 50, 120])
    np.testing.assert_array_equal(found[120], alone.columns["wealth"][0][chosen])


def test_a_pace_of_one_changes_no_number():
    """Not to the last bits, as the half variance is then taken off in the kernel; the draws are the same."""

    @dataclass(frozen=True)
    class Even(rk.TimeChange):
        def start(self, stream, paths, dt):
            return None

        def advance(self, stream, paths, steps, dt, state):
            return np.ones((steps.size, paths.size)), None, state

    even, plain = (rk.sample(market(*tails), years=1, paths=100, seed=7).prices for tails in ((Even(),), ()))
    np.testing.assert_allclose(even, plain, rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# As data, and in the answers
# ---------------------------------------------------------------------------------------------------------------------


def test_a_market_with_a_time_change_of_ones_own_is_equal_by_value_and_pickles():
    one, other = market(HESTON, rk.StudentT(5)), market(Heston(4.0, 2.0), rk.StudentT(5))
    assert one == other == pickle.loads(pickle.dumps(one)) == replace(one)
    assert hash(one) == hash(other)
    assert one != market(Heston(4.0, 1.0), rk.StudentT(5))
    assert one.tails == (HESTON, rk.StudentT(5))
    assert f"{HESTON.describe()}." in one.assumptions()
    assert all(isinstance(part, TimeChange) for part in (rk.StudentT(5), rk.Clustered(0.1, 0.5), REGIMES))


def test_a_scenario_file_names_the_class(tmp_path):
    case = scenario(HESTON, rk.StudentT(5))
    case.save(tmp_path / "case.toml")
    assert rk.Scenario.load(tmp_path / "case.toml", allow_import=True) == case
    assert 'type = "own_time_changes:Heston"' in (tmp_path / "case.toml").read_text()


def test_what_is_not_known_of_a_time_change_is_not_told():
    assert np.isnan(implied_kurtosis(market(Switching()), DAY)).all()
    assert np.isnan(implied_beyond(market(HESTON), DAY, 3.0)).all()
    result = rk.compare(scenario(HESTON), paths=256)
    with pytest.warns(
        rk.RiskkitWarning, match=r"Heston.* does not say, by largest_exponent, that the mean of 1/wealth"
    ):
        assert np.isnan(result.table("certainty_equivalent").to_numpy()).all()

    @dataclass(frozen=True)
    class Bounded(Switching):
        def largest_exponent(self, dt):
            return np.inf

    known = rk.compare(scenario(Bounded()), paths=256)
    assert np.isfinite(known.table("certainty_equivalent").to_numpy()).all()


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer(rk.TimeChange):
    """Returns what it is told to."""

    answer: object
    regimes: int = 1

    def start(self, stream, paths, dt):
        return None

    def advance(self, stream, paths, steps, dt, state):
        return self.answer(steps.size, paths.size) if callable(self.answer) else self.answer

    def tables(self, moving, correlation, dt):
        return rk.RegimeTables(np.ones((2, len(moving))))


@pytest.mark.parametrize(
    ("answer", "regimes", "came"),
    [
        (3, 1, r"\(pace, regime, state\), got 3"),
        (
            lambda s, p: (np.ones(p), None, None),
            1,
            r"paces of shape \(step, path\) = \(\d+, 128\), got float64 of shape",
        ),
        (lambda s, p: (1.0, None, None), 1, "paces of shape .*got 1.0"),
        (lambda s, p: (np.full((s, p), np.nan), None, None), 1, "finite paces >= 0, got nan"),
        (lambda s, p: (np.full((s, p), -1.0), None, None), 1, "finite paces >= 0, got -1.0"),
        (lambda s, p: (np.ones((s, p)), np.zeros((s, p), int), None), 1, "None as regime, as it has one only"),
        (lambda s, p: (np.ones((s, p)), None, None), 2, "regimes as whole numbers of shape .*got None"),
        (lambda s, p: (np.ones((s, p)), np.full((s, p), 2), None), 2, "regimes from 0 to 1, got 2 to 2"),
    ],
)
def test_answers_that_are_not_what_they_must_be_are_refused(answer, regimes, came):
    with pytest.raises(rk.InvalidInput, match=f"Answer.*: advance must return {came}"):
        rk.compare(scenario(Answer(answer, regimes)), paths=128)


def test_regimes_with_drifts_need_their_recentring():
    with pytest.raises(
        rk.InvalidInput, match=r"recentring must return log drifts of shape \(step, asset\) = \(120, 3\)"
    ):
        rk.compare(scenario(Switching(drift=0.1)), paths=64)


def test_tables_of_another_shape_are_refused():
    @dataclass(frozen=True)
    class Short(Switching):
        def tables(self, moving, correlation, dt):
            return rk.RegimeTables(np.ones((2, 1)))

    with pytest.raises(rk.InvalidInput, match=r"volatility of its tables must be of shape \(2, 3\), got \(2, 1\)"):
        rk.compare(scenario(Short()), paths=64)


def test_an_error_of_ones_own_says_where_it_was():
    def fails(steps, paths):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        rk.compare(scenario(Answer(fails)), paths=64)
    assert "was called: advance at step 0" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("tails", "came"),
    [
        ([HESTON, Heston(1.0, 1.0)], "tails must hold at most one Heston, got"),
        ([Switching(), REGIMES], "tails must hold at most one with regimes, got"),
        ([Answer([1])], "tails must be hashable"),
        ([Heston], r"tails must be .*; give its parameters: Heston\(\.\.\.\)"),
    ],
)
def test_parts_that_no_market_can_have_are_refused(tails, came):
    with pytest.raises(rk.InvalidInput, match=f"^Market: {came}"):
        market(*tails)


def test_a_class_that_lacks_a_method_cannot_be_used():
    class Half(rk.TimeChange):
        def start(self, stream, paths, dt):
            return None

    with pytest.raises(TypeError, match=r"abstract .*advance"):
        Half()
