"""`evidence.check` against closed forms of lognormal prices; what it flags and leaves out; where it is printed."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from scipy.stats import norm

import riskkit as rk
from riskkit.analysis._evidence_check import checkable, path_count
from riskkit.cli import main

GROWTH, VOLATILITY, INDEX_GROWTH, INDEX_VOLATILITY, CORRELATION = 0.08, 0.30, 0.06, 0.16, 0.4

#: Years that the published excess speaks of.
TEN = 10.0


def scenario(growth: float = GROWTH, volatility: float = VOLATILITY, **options) -> rk.Scenario:
    """A founder holding and an index, both lognormal, without shocks; monthly steps."""
    portfolio = rk.Portfolio([rk.Holding("ACME", 60, founder="Ann"), rk.Holding("index", 40)])
    assets = {"ACME": rk.Asset(growth, volatility), "index": rk.Asset(INDEX_GROWTH, INDEX_VOLATILITY)}
    market = rk.Market(assets, {"ACME": {"index": CORRELATION}})
    return rk.Scenario(portfolio, market, rk.Hold(), **{"steps_per_year": 12, **options})


def growth_of_median_excess(yearly: float, volatility: float = VOLATILITY) -> float:
    """The expected return at which the median of the ratio to the index grows by `yearly` a year.

    The log of the ratio has the mean T (ln((1 + m)/(1 + n)) - (σ² - τ²)/2).
    """
    half = 0.5 * (volatility**2 - INDEX_VOLATILITY**2)
    return (1.0 + INDEX_GROWTH) * math.exp(math.log1p(yearly) + half) - 1.0


def test_shares_and_the_median_against_their_closed_forms():
    row = rk.evidence.check(scenario(), paths=40_000, seed=1).frame().loc["ACME"]
    log_drift = math.log1p(GROWTH) - 0.5 * VOLATILITY**2
    below = norm.cdf(-log_drift * math.sqrt(TEN) / VOLATILITY)
    excess = log_drift - math.log1p(INDEX_GROWTH) + 0.5 * INDEX_VOLATILITY**2
    apart = math.sqrt(VOLATILITY**2 + INDEX_VOLATILITY**2 - 2.0 * CORRELATION * VOLATILITY * INDEX_VOLATILITY)
    behind = norm.cdf(-excess * math.sqrt(TEN) / apart)
    expected = {
        "below its start": below,
        "behind the benchmark": behind,
        "median excess": math.expm1(TEN * excess),
    }
    for quantity, value in expected.items():
        found, error = row.loc[quantity, "simulated"], row.loc[quantity, "standard_error"]
        assert abs(found - value) < 4.0 * error, quantity
        assert 0.0 < error < 0.01, quantity


def test_catastrophes_are_those_of_the_price_of_each_holding():
    """`Comparison.holdings` follows the price beside the books; here a book holds nothing else."""
    case = replace(rk.scenarios.baron(), steps_per_year=52)
    found = rk.evidence.check(case, paths=2000, seed=3).frame()["simulated"].xs("catastrophic loss", level="quantity")
    by_holding = rk.compare(case, paths=2000, seed=3, progress=False).holdings()["catastrophe_probability"]
    assert found.to_dict() == by_holding.to_dict()
    assert list(found.index) == ["TSLA", "SpaceX", "xAI"]


def test_published_figures_are_those_of_the_table():
    frame, table = rk.evidence.check(scenario(), paths=200).frame(), rk.evidence.table()
    names = {
        "catastrophic loss": "catastrophe_all",
        "below its start": "below_start",
        "behind the benchmark": "behind_index",
        "median excess": "ten_year_excess",
    }
    for quantity, name in names.items():
        assert frame.loc[("ACME", quantity), "published"] == table.loc[name, "value"]
        assert frame.loc[("ACME", quantity), "source"] == table.loc[name, "source"]


@pytest.mark.parametrize(
    ("yearly", "flagged", "words"),
    [
        (-0.0082, (), "None is flagged as more than 1.12 points a year from it"),
        (-0.0150, (), "None is flagged"),
        (-0.0450, ("ACME",), "Flagged as more than 1.12 points a year behind it: ACME"),
        (0.0300, ("ACME",), "Flagged as more than 1.12 points a year ahead of it: ACME"),
    ],
)
def test_what_is_flagged_is_a_ten_year_median_far_from_the_published_one(yearly, flagged, words):
    """Petajisto's medians are -0.82 % a year for all stocks and -1.94 % for past winners, 1.12 points apart."""
    found = rk.evidence.check(scenario(growth_of_median_excess(yearly)), paths=20_000, seed=4)
    assert found.flagged == flagged
    assert words in repr(found)


def test_shares_over_the_life_in_the_index_never_flag():
    """A volatility of 90 % with the published median: nearly all paths end in catastrophe, and nothing is flagged."""
    case = scenario(growth_of_median_excess(-0.0082, 0.9), 0.9)
    frame = rk.evidence.check(case, paths=20_000, seed=5).frame().loc["ACME"]
    assert frame.loc["catastrophic loss", "simulated"] > 0.55
    assert not frame["flagged"].any()
    shares = frame.drop("median excess")
    assert set(shares["speaks_of"]) == {"over the stock's life in the index"}
    assert frame.loc["median excess", "speaks_of"] == "ten years"
    sentences = rk.evidence.check(case, paths=200).sentences()
    assert ["over the stock's life in the index" in each for each in sentences] == [True, True, True, False]


def test_everything_but_market_and_holdings_is_left_out():
    """Rules, loan, locks, frictions, horizon, inflation and forced events change nothing."""
    plain = scenario()
    shock = rk.Shock("exit", 0.02, {"ACME": -0.3}, once=True)
    with_shock = replace(plain, market=replace(plain.market, shocks=shock))
    holdings = [
        rk.Holding("ACME", 10, founder="Ann", liquidity=rk.Locked(2), marks=rk.Marks(6), cost=1),
        rk.Holding("index", 90),
    ]
    other = rk.Scenario(
        rk.Portfolio(holdings, loan=rk.Loan(5, 0.03)),
        with_shock.market,
        [rk.Rebalance(12), rk.Cap(0.3)],
        years=3,
        steps_per_year=12,
        inflation=0.02,
        frictions=rk.Frictions(0.01, tax=rk.CapitalGains(0.2), spending=rk.Spending(rate=0.04)),
        forced={"exit": 1.0},
    )
    first, second = (rk.evidence.check(each, paths=500, seed=6) for each in (with_shock, other))
    assert first.frame().equals(second.frame())


def test_cash_is_no_benchmark():
    """The published excess is over the market."""
    case = rk.Scenario(
        rk.Portfolio([rk.Holding("ACME", 60, founder="Ann"), rk.Holding("cash", 40)]),
        rk.Market({"ACME": rk.Asset(0.08, 0.3), "cash": rk.Asset(0.03, 0.0)}),
        rk.Hold(),
        steps_per_year=12,
    )
    found = rk.evidence.check(case, paths=200)
    frame = found.frame().loc["ACME"]
    assert found.benchmark == ()
    assert frame["simulated"].isna().to_dict() == {
        "catastrophic loss": False, "below its start": False, "behind the benchmark": True, "median excess": True
    }  # fmt: skip
    assert not frame["flagged"].any()
    assert repr(found).splitlines()[2] == (
        "No holding without a founder has a volatility, so that there is no excess to compare."
    )


def test_more_holdings_than_one_run_takes():
    names = [f"F{number}" for number in range(103)]
    holdings = [*(rk.Holding(name, 1, founder="Ann") for name in names), rk.Holding("index", 40)]
    assets = {name: rk.Asset(0.08, 0.3) for name in names} | {"index": rk.Asset(0.08, 0.16)}
    case = rk.Scenario(rk.Portfolio(holdings), rk.Market(assets), rk.Hold(), steps_per_year=1)
    frame = rk.evidence.check(case, paths=64).frame()
    assert list(dict.fromkeys(frame.index.get_level_values("holding"))) == names
    assert len(frame) == 4 * 103
    assert (path_count(case), path_count(scenario())) == (256, 4096)


BARE = rk.Scenario(rk.Portfolio([rk.Holding("index", 1)]), rk.Market({"index": rk.Asset(0.06, 0.16)}), rk.Hold())
RISKLESS = scenario(volatility=0.0)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (BARE, "scenario must have a holding that is tied to a founder, got none; give one founder="),
        (RISKLESS, r"scenario must have a risk in a founder holding, got volatility 0 and no shock .*\(ACME\)"),
        ("case", "scenario must be a Scenario, got 'case'"),
    ],
)
def test_what_is_refused_by_name(case, message):
    with pytest.raises(rk.InvalidInput, match=message):
        rk.evidence.check(case)
    with pytest.raises(rk.InvalidInput, match="paths must be"):
        rk.evidence.check(scenario(), paths=0)


def test_a_shock_alone_is_a_risk():
    shocked = replace(RISKLESS, market=replace(RISKLESS.market, shocks=rk.Shock("exit", 0.02, {"ACME": -0.5})))
    assert checkable(shocked)
    assert not checkable(RISKLESS)
    assert not checkable(BARE)


def assumptions_of_a_report(case: rk.Scenario, folder) -> str:
    file = folder / "report.html"
    rk.compare(case, paths=200, progress=False).report(file, paths=100)
    page = file.read_text(encoding="utf-8").replace("\xa0", " ")
    return re.search(r'<section[^>]*id="assumptions".*?</section>', page, re.DOTALL)[0]


def test_the_report_has_the_sentences_among_its_assumptions(tmp_path):
    case = replace(scenario(), rules=[rk.Hold(), rk.DiversifyNow()], years=2)
    section = assumptions_of_a_report(case, tmp_path)
    assert "Median excess over" in section
    assert "Petajisto 2023" in section
    assert section.count("over the stock") == 3


def test_a_report_without_a_founder_has_none(tmp_path):
    assert "Petajisto" not in assumptions_of_a_report(replace(BARE, years=1, steps_per_year=12), tmp_path)


def test_the_command_line_prints_the_sentences(tmp_path, capsys):
    file = tmp_path / "case.toml"
    replace(scenario(), years=2).save(file)
    assert main(["run", str(file), "--paths", "200"]) == 0
    printed = capsys.readouterr().out
    assert "Beside them, what has been published\n- Catastrophic loss within ten years" in printed
    assert "Petajisto 2023" in printed
    assert max(map(len, printed.splitlines())) <= 120
    replace(BARE, years=1, steps_per_year=12).save(file)
    assert main(["run", str(file), "--paths", "200"]) == 0
    assert "published" not in capsys.readouterr().out
