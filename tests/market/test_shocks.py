"""Shocks: lognormal impacts against their closed form, what is refused, and how they are told."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.frozen import FrozenMap
from riskkit.market import Impact, Shock, founder_exit
from riskkit.market.hazards._hazard import Constant, Hazard
from riskkit.portfolio._holding import Holding
from riskkit.portfolio._portfolio import Portfolio


class Twice:
    """A clock of two ticks a year that is no Hazard."""

    def cumulative(self, t):
        return 2.0 * np.asarray(t)

    def __repr__(self):
        return "Twice()"


def musk() -> Portfolio:
    return Portfolio(
        [
            Holding("TSLA", 40, founder="Musk"),
            Holding("Venture", 10, founder={"Musk": 0.5, "Huang": 0.2}),
            Holding("Rest", 50),
        ]
    )


@given(st.floats(-0.99, 3.0), st.floats(0.0, 1.0))
def test_impact_has_the_given_mean_and_sd(mean, sd):
    """A lognormal has mean exp(μ + s²/2) and variance (exp(s²) - 1)·mean²."""
    impact = Impact(mean, sd)
    level = math.exp(impact.log_mean + 0.5 * impact.log_sd**2)
    assert level - 1.0 == pytest.approx(mean, rel=1e-12, abs=1e-12)
    assert math.sqrt(math.expm1(impact.log_sd**2)) * level == pytest.approx(sd, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("mean", "sd"), [(-0.5, 0.15), (-0.2, 0.1), (0.3, 0.17), (1.0, 0.5)])
def test_share_of_wrong_signs_against_the_lognormal_of_scipy(mean, sd):
    impact = Impact(mean, sd)
    law = stats.lognorm(s=impact.log_sd, scale=math.exp(impact.log_mean))
    assert (law.mean() - 1.0, law.std()) == pytest.approx((mean, sd))
    assert impact.wrong_sign == pytest.approx(law.sf(1.0) if mean < 0 else law.cdf(1.0), rel=1e-12)


def test_a_point_mass_and_a_mean_of_zero_have_no_wrong_sign():
    assert (Impact(-0.5).log_mean, Impact(-0.5).log_sd, Impact(-0.5).wrong_sign) == (math.log(0.5), 0.0, 0.0)
    assert Impact(0.0, 0.2).wrong_sign == 0.0
    assert Impact(-0.5, 1e-200).wrong_sign == 0.0


#: mean, sd, and the share of events of the other sign, told from 1 % on. By hand for the first, which is Merton's kind
#: of jump: s = sqrt(ln(1 + (.1/.97)²)) = .10282, μ = ln .97 - s²/2 = -.03575, Φ(μ/s) = Φ(-.34765) = 36.4 %.
OF_BOTH_SIGNS = [
    (-0.03, 0.10, "-3 % ± 10 % (a gain in 36.4 % of events)"),
    (0.05, 0.30, "+5 % ± 30 % (a loss in 48.6 % of events)"),
    (-0.1, 0.1, "-10 % ± 10 % (a gain in 15.7 % of events)"),
    (-0.5, 0.17, "-50 % ± 17 % (a gain in 1.19 % of events)"),
    (-0.5, 0.15, "-50 % ± 15 %"),
    (0.0, 0.2, "0 % ± 20 %"),
    (3.0, 9.0, "+300 % ± 900 % (a loss in 35.9 % of events)"),
    (-0.999, 5.0, "-99.9 % ± 500 %"),
]


@pytest.mark.parametrize(("mean", "sd", "told"), OF_BOTH_SIGNS)
def test_any_mean_and_sd_are_taken_and_the_share_of_the_other_sign_is_told_above_one_percent(mean, sd, told):
    """By hand above; the share of all is that of SciPy's lognormal."""
    impact = Impact(mean, sd)
    assert (impact.mean, impact.sd) == (mean, sd)
    if mean:
        deviation = math.sqrt(math.log1p((sd / (1.0 + mean)) ** 2))
        law = stats.lognorm(s=deviation, scale=(1.0 + mean) * math.exp(-0.5 * deviation**2))
        assert impact.wrong_sign == pytest.approx(law.sf(1.0) if mean < 0.0 else law.cdf(1.0), rel=1e-9)
        assert ("of events" in told) == (impact.wrong_sign > 0.01)
    assert Shock("news", 1.0, {"A": impact}).describe() == f"news: 100 % a year; A {told} (assumption)"


@pytest.mark.parametrize("mean", [-1.0, -1.5, math.nan, math.inf, "-0.5", None])
def test_impact_at_or_below_minus_one_is_refused(mean):
    with pytest.raises(InvalidInput, match=r"^Impact: mean must be .*, got"):
        Impact(mean)


@pytest.mark.parametrize("sd", [-0.1, math.nan, math.inf, "0.1", 1e300])
def test_sd_of_impact_must_be_finite_and_not_negative(sd):
    with pytest.raises(InvalidInput, match=r"^Impact: sd must be .*, got"):
        Impact(0.0, sd)


def test_shock_is_a_hashable_value_that_pickles():
    shock = Shock("exit", 0.02, {"TSLA": -0.6, "xAI": Impact(-0.7, 0.1)}, once=True, drift_after={"TSLA": -0.01})
    assert isinstance(shock.impact, FrozenMap)
    assert shock.impact["TSLA"] == Impact(-0.6)
    assert shock.impacts is shock.impact
    assert shock == pickle.loads(pickle.dumps(shock))
    assert hash(shock) == hash(pickle.loads(pickle.dumps(shock)))
    assert shock != Shock("exit", 0.02, {"TSLA": -0.6, "xAI": Impact(-0.7, 0.1)}, once=True)
    with pytest.raises(AttributeError):
        shock.rate = 0.1


def test_a_rate_is_kept_as_a_number_and_any_clock_as_a_hazard():
    assert Shock("s", 1, {"A": -0.5}).rate == 1.0
    assert Shock("s", 0.02, {"A": -0.5}).hazard == Constant(0.02)
    assert Shock("s", Constant(0.02), {"A": -0.5}) == Shock("s", 0.02, {"A": -0.5})
    clock = Shock("s", Twice(), {"A": -0.5})
    assert isinstance(clock.rate, Hazard)
    assert clock.hazard is clock.rate
    assert clock.hazard.cumulative(np.array([3.0])).tolist() == [6.0]


@pytest.mark.parametrize("rate", [-0.02, math.nan, math.inf, "2 %"])
def test_negative_rates_are_refused(rate):
    with pytest.raises(InvalidInput, match=r"^Shock 'crash': rate must be .*, got"):
        Shock("crash", rate, {"A": -0.5})


@pytest.mark.parametrize("value", [-1.0, -1.2, math.nan, "-50 %"])
def test_impacts_at_or_below_minus_one_are_refused_by_holding(value):
    with pytest.raises(InvalidInput, match=r"^Shock 'crash': impact on 'A' must be .*, got"):
        Shock("crash", 0.1, {"A": value})


def test_an_impact_without_holdings_or_names_is_refused():
    with pytest.raises(InvalidInput, match=r"^Shock 'crash': impact must name at least one holding, got none$"):
        Shock("crash", 0.1, {})
    with pytest.raises(InvalidInput, match=r"^Shock 'crash': impact must be a mapping \{holding: change\}, got -0\.5$"):
        Shock("crash", 0.1, -0.5)
    with pytest.raises(InvalidInput, match=r"^Shock 'crash': holding in impact must be a non-empty string, got 1$"):
        Shock("crash", 0.1, {1: -0.5})
    with pytest.raises(InvalidInput, match=r"^name of a shock must be a non-empty string, got ''$"):
        Shock("", 0.1, {"A": -0.5})


@pytest.mark.parametrize(
    ("holdings", "together", "fits"),
    [(1, -1.0, True), (2, -1.0, True), (3, -0.5, True), (3, -0.6, False), (4, -1 / 3, True), (2, 1.1, False)],
)
def test_together_runs_from_minus_one_over_n_minus_one_to_one(holdings, together, fits):
    impact = {str(number): Impact(-0.5, 0.1) for number in range(holdings)}
    if fits:
        assert Shock("s", 0.1, impact, together=together).together == together
    else:
        with pytest.raises(InvalidInput, match=r"^Shock 's': together must be >= .* and <= 1, got"):
            Shock("s", 0.1, impact, together=together)


def test_together_once_and_drift_after_of_the_wrong_kind_are_refused():
    with pytest.raises(InvalidInput, match=r"^Shock 's': together must be .*, got nan$"):
        Shock("s", 0.1, {"A": -0.5}, together=math.nan)
    with pytest.raises(InvalidInput, match=r"^Shock 's': once must be True or False, got 1$"):
        Shock("s", 0.1, {"A": -0.5}, once=1)
    with pytest.raises(InvalidInput, match=r"^Shock 's': drift_after must be a mapping"):
        Shock("s", 0.1, {"A": -0.5}, drift_after=-0.02)
    with pytest.raises(InvalidInput, match=r"^Shock 's': drift_after of 'A' must be finite, got inf$"):
        Shock("s", 0.1, {"A": -0.5}, drift_after={"A": math.inf})
    assert Shock("s", 0.1, {"A": -0.5}, drift_after={}) == Shock("s", 0.1, {"A": -0.5})


def test_a_shock_is_told_in_one_sentence_that_ends_as_an_assumption():
    """A share of other signs below 1 % is not told: of -50 % ± 15 % it is Φ(-.7362/.2936) = Φ(-2.508) = 0.61 %."""
    exit_ = Shock("founder exit", 0.02, {"TSLA": Impact(-0.5, 0.15), "xAI": -0.8}, once=True)
    assert exit_.describe() == ("founder exit: 2 % a year, once; TSLA -50 % ± 15 %, xAI -80 % (assumption)")
    rise = Shock(
        "boom", 0.5, {"A": Impact(0.3, 0.05), "B": Impact(0.4, 0.05)}, together=0.5, drift_after={"A": 0.01, "B": -0.02}
    )
    assert rise.describe() == (
        "boom: 50 % a year; A +30 % ± 5 %, B +40 % ± 5 %; log impacts correlated 0.5; "
        "log drift a year after each event: A +1 %, B -2 % (assumption)"
    )
    assert Shock("tick", Twice(), {"A": -0.1}).describe() == (
        "tick: at Twice(), 20 expected in ten years; A -10 % (assumption)"
    )


def test_founder_exit_hits_in_proportion_to_the_founder_share():
    shock = founder_exit(musk(), "Musk", 0.02, Impact(-0.5, 0.15))
    assert dict(shock.impact) == {"TSLA": Impact(-0.5, 0.15), "Venture": Impact(-0.25, 0.075)}
    assert (shock.name, shock.rate, shock.once, shock.together) == ("founder exit", 0.02, True, 1.0)
    other = founder_exit(musk(), "Huang", Constant(0.01), -0.5, name="Huang leaves", once=False)
    assert other == Shock("Huang leaves", 0.01, {"Venture": -0.1})


def test_founder_exit_of_either_sign_hits_in_proportion_to_the_founder_share():
    """Half of -4 % ± 20 % is -2 % ± 10 %; markets have greeted an exit, too: half of 6 % ± 8 %."""
    assert founder_exit(musk(), "Musk", 0.02, Impact(-0.04, 0.2)).impact["Venture"] == Impact(-0.02, 0.1)
    with pytest.warns(RiskkitWarning, match=r"^founder exit: impact \+0\.06 is a gain; a loss is negative: write"):
        welcome = founder_exit(musk(), "Musk", 0.02, Impact(0.06, 0.08))
    assert welcome.impact["Venture"] == Impact(0.03, 0.04)
    assert founder_exit(musk(), "Musk", 0.02, Impact(0.0, 0.3)).impact["Venture"] == Impact(0.0, 0.15)


def test_founder_exit_of_an_unknown_founder_is_refused_with_those_that_exist():
    with pytest.raises(InvalidInput, match=r"^founder must name one of 'Musk', 'Huang', got 'Mask'"):
        founder_exit(musk(), "Mask", 0.02, -0.5)
    with pytest.raises(InvalidInput, match=r"^founder must be a non-empty string, got None$"):
        founder_exit(musk(), None, 0.02, -0.5)
    with pytest.raises(InvalidInput, match=r"^portfolio must be a Portfolio, got \['TSLA'\]$"):
        founder_exit(["TSLA"], "Musk", 0.02, -0.5)


def test_founder_exit_refuses_an_impact_of_minus_one_and_a_negative_rate():
    with pytest.raises(InvalidInput, match=r"^Impact: mean must be > -1, got -1\.0$"):
        founder_exit(musk(), "Musk", 0.02, -1.0)
    with pytest.raises(InvalidInput, match=r"^Shock 'founder exit': rate must be >= 0, got -0\.02$"):
        founder_exit(musk(), "Musk", -0.02, -0.5)
