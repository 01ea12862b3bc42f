"""Ready-made assumptions: laws with the published percentiles and means, their sources, and what is refused."""

from __future__ import annotations

import math

import pytest
from scipy import integrate, stats

import riskkit as rk

PORTFOLIO = rk.Portfolio(
    [rk.Holding("ACME", 60, founder="Ann"), rk.Holding("BOLT", 10, founder={"Ann": 0.5}), rk.Holding("index", 30)]
)


def law(impact: rk.Impact):
    """The lognormal law of 1 + impact, from its mean and sd by the formulas of a lognormal law."""
    mean = 1.0 + impact.expected
    shape = math.sqrt(math.log(1.0 + (impact.sd / mean) ** 2))
    return stats.lognorm(shape, scale=mean / math.sqrt(1.0 + (impact.sd / mean) ** 2))


def test_death_has_the_published_percentiles():
    impact = rk.evidence.ceo_death(age=54, sex="male").impact
    assert impact == rk.Impact(-0.01285, 0.09404)
    assert law(impact).ppf([0.1, 0.9]) - 1.0 == pytest.approx([-0.13, 0.11], abs=1e-4)


def test_death_is_two_sided():
    """The published percentiles have different signs, so that a gain is nearly as likely as a loss."""
    gain = law(rk.evidence.ceo_death(age=54, sex="male").impact).sf(1.0)
    assert f"a gain in {100 * gain:.1f} % of events" in repr(rk.evidence.ceo_death(age=54, sex="male"))
    assert 0.4 < gain < 0.45


def test_death_states_the_diffusion_of_four_days():
    """0.40 √(4/252) = 5.04 points; the rest of the log variance has an sd of 8.0 points of the price."""
    impact = rk.evidence.ceo_death(age=54, sex="male").impact
    diffusion = 0.40 * math.sqrt(4.0 / 252.0)
    whole = law(impact)
    rest = math.sqrt(whole.args[0] ** 2 - diffusion**2)
    sd = stats.lognorm(rest, scale=whole.median()).std()
    assert f"{100 * diffusion:.1f} points of ordinary movement; net of it the sd is {100 * sd:.1f} points" in repr(
        rk.evidence.ceo_death(age=54, sex="male")
    )
    assert (round(100 * diffusion, 1), round(100 * sd, 1)) == (5.0, 8.0)


@pytest.mark.parametrize("sex", ["male", "female"])
def test_death_has_the_rate_of_the_life_table(sex):
    assert rk.evidence.ceo_death(age=61, sex=sex).rate == rk.Mortality(61, sex)


def test_published_signs_by_age_are_stated_and_change_no_number():
    hired, founder = (rk.evidence.ceo_death(age=40, sex="male", founder=each) for each in (False, True))
    assert (hired.rate, hired.impact) == (founder.rate, founder.impact)
    for each in (hired, founder):
        assert "Young founders and recently listed firms: significantly negative; old founders: positive" in repr(each)
    assert "Johnson, Magee, Nagarajan and Newman 1985" in repr(founder)
    assert "Johnson" not in repr(hired)


@pytest.mark.parametrize(("age", "used"), [(12, 20), (19.9, 20), (90.5, 90), (103, 90)])
def test_an_age_outside_the_samples_is_warned_of_and_the_nearest_is_used(age, used):
    with pytest.warns(rk.RiskkitWarning, match=f"age should be from 20 to 90.*got {age:g}; the rate is that of {used}"):
        found = rk.evidence.ceo_death(age=age, sex="male")
    assert found.rate == rk.Mortality(used, "male")


def test_turnover_is_the_published_rate():
    found = rk.evidence.ceo_turnover()
    assert (found.rate, found.impact, dict(found.values)) == (0.158, None, {"since 2000": 0.168})
    assert "Kaplan and Minton 2012 (1992 to 2007)" in repr(found)


@pytest.mark.parametrize(
    ("kind", "mean"),
    [
        ("no clean succession", -0.004),
        ("interim successor", -0.0357),
        ("personal reasons", -0.039),
        ("bad news", -0.0791),
        ("criticised", 0.0333),
    ],
)
def test_departures_have_the_published_mean_and_a_computed_sd(kind, mean):
    """A normal law with mean 0 and this sd has the mean absolute value 5.7 %, by numerical integration."""
    found = rk.evidence.departure(kind=kind)
    assert found.impact.mean == mean
    absolute, _ = integrate.quad(lambda x: 2.0 * x * stats.norm.pdf(x, scale=found.impact.sd), 0.0, 1.0)
    assert absolute == pytest.approx(0.057, abs=1e-9)
    assert round(found.impact.sd, 3) == 0.071
    assert "The sd is computed: 5.7 % × √(π/2)" in repr(found)
    assert found.rate is None


@pytest.mark.parametrize(("sector", "share"), [("all", 0.40), ("technology", 0.57), ("utilities", 0.13)])
def test_single_stocks_have_the_published_shares(sector, share):
    found = rk.evidence.single_stock(sector=sector)
    assert dict(found.values) == {"catastrophic loss": share}
    assert "over the stock's life in the index" in repr(found)
    assert ("second-hand" in repr(found)) == (sector != "all")


def test_venture_and_volatility_premium_have_the_published_figures():
    assert list(rk.evidence.venture().values.values()) == [0.65, 0.10, 0.04, 0.37, 0.04]
    assert "not for a large, late one" in repr(rk.evidence.venture())
    assert list(rk.evidence.volatility_premium().values.values()) == [0.024, 0.039, 0.043]


ALL = {
    "ceo_death": rk.evidence.ceo_death(age=54, sex="female", founder=True),
    "ceo_turnover": rk.evidence.ceo_turnover(),
    "departure": rk.evidence.departure(kind="bad news"),
    "single_stock": rk.evidence.single_stock(),
    "venture": rk.evidence.venture(),
    "volatility_premium": rk.evidence.volatility_premium(),
}


@pytest.mark.parametrize("name", ALL)
def test_every_assumption_prints_its_sources(name):
    found = ALL[name]
    rows = rk.evidence.table()
    assert found.sources
    for figure in found.figures:
        assert figure.source in set(rows["source"])
        assert f"Source: {figure.source}" in repr(found)
    assert hash(found) == hash(found)


def test_a_shock_hits_in_proportion_and_names_its_sources():
    shock = rk.evidence.ceo_death(age=54, sex="male").shock(PORTFOLIO, "Ann", name="death of Ann")
    assert dict(shock.impact) == {
        "ACME": rk.Impact(-0.01285, 0.09404),
        "BOLT": rk.Impact(0.5 * -0.01285, 0.5 * 0.09404),
    }
    assert (shock.name, shock.once, shock.rate) == ("death of Ann", True, rk.Mortality(54, "male"))
    assert "rate of the period life table for 2023" in shock.describe()
    assert "impact of Jenter, Matveyev and Roth" in shock.describe()
    assert shock.describe().endswith(" (assumption)"), "reports and figures find assumptions by it"


def test_a_published_gain_is_no_mistake():
    shock = rk.evidence.departure(kind="criticised").shock(PORTFOLIO, "Ann", rate=0.1)
    assert shock.impact["ACME"].mean == 0.0333


def test_a_shock_of_turnover_takes_an_impact():
    shock = rk.evidence.ceo_turnover().shock(PORTFOLIO, "Ann", impact=-0.1)
    assert (shock.rate, shock.impact["ACME"]) == (0.158, rk.Impact(-0.1))
    assert shock.source == "rate of Kaplan and Minton 2012 (1992 to 2007)"


def test_the_source_of_a_shock_changes_no_price_and_is_saved(tmp_path):
    shock = rk.evidence.ceo_death(age=54, sex="male").shock(PORTFOLIO, "Ann")
    plain = rk.Shock(shock.name, shock.rate, shock.impact, once=True)
    assets = {name: rk.Asset(0.08, 0.3) for name in PORTFOLIO.names}
    ours, theirs = (
        rk.compare(rk.Scenario(PORTFOLIO, rk.Market(assets, shocks=each), rk.Hold(), years=2, steps_per_year=12),
                   paths=256, progress=False)
        for each in (shock, plain)
    )  # fmt: skip
    assert (ours.values("hold", "wealth") == theirs.values("hold", "wealth")).all()
    ours.scenario.save(tmp_path / "case.toml")
    assert rk.Scenario.load(tmp_path / "case.toml") == ours.scenario


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rk.evidence.single_stock(sector="tech"), "sector must name one of 'all', 'technology', 'utilities'"),
        (lambda: rk.evidence.departure(kind="bored"), "kind must name one of 'no clean succession', .*got 'bored'"),
        (lambda: rk.evidence.ceo_death(age=50, sex="m"), "sex must be one of 'male', 'female', got 'm'"),
        (lambda: rk.evidence.ceo_death(age="old", sex="male"), "ceo_death: age must be a number"),
        (lambda: rk.evidence.ceo_death(age=math.nan, sex="male"), "ceo_death: age must be"),
        (lambda: rk.evidence.ceo_death(age=50, sex="male", founder="Ann"), "founder must be True or False, got 'Ann'"),
        (lambda: ALL["departure"].shock(PORTFOLIO, "Ann"), "rate must be passed, since none is published"),
        (lambda: ALL["ceo_turnover"].shock(PORTFOLIO, "Ann"), "impact must be passed, since none is published"),
        (lambda: ALL["ceo_death"].shock(PORTFOLIO, "Ann", rate=0.1), "rate must be left out"),
        (lambda: ALL["ceo_death"].shock(PORTFOLIO, "Ann", impact=-0.1), "impact must be left out"),
        (lambda: ALL["ceo_death"].shock(PORTFOLIO, "Bob"), "founder must name one of 'Ann', got 'Bob'"),
        (lambda: ALL["ceo_death"].shock("ACME", "Ann"), "portfolio must be a Portfolio, got 'ACME'"),
        (lambda: ALL["venture"].shock(PORTFOLIO, "Ann"), "an assumption with a rate or an impact"),
        (lambda: rk.Shock("exit", 0.1, {"A": -0.1}, source=3), "source must be a non-empty string, got 3"),
    ],
)
def test_what_is_refused_by_name(call, message):
    with pytest.raises(rk.InvalidInput, match=message):
        call()
