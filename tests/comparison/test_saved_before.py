"""A result that an earlier version saved (commit 9afc85b) loads with its scenario, its paths and its table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import riskkit as rk

SAVED = Path(__file__).with_name("saved_by_9afc85b")


@pytest.fixture(scope="module")
def loaded() -> rk.Comparison:
    return rk.Comparison.load(SAVED)


def test_the_scenario_is_the_one_that_was_written(loaded):
    """The script that wrote the file, said again in Python."""
    portfolio = rk.Portfolio(
        [
            rk.Holding("TSLA", 40, founder="Musk", cost=[rk.Lot(30, 3), rk.Lot(10, 12)], method="hifo"),
            rk.Holding(
                "SpaceX", 25, founder={"Musk": 0.9}, cost=5, marks=rk.Marks(3, reacts=True),
                liquidity=rk.TenderWindows([6, 12], 0.25, discount=0.1),
            ),
            rk.Holding("xAI", 5, founder="Musk", liquidity=rk.Locked(2.0)),
            rk.Holding("funds", 50),
        ],
        loan=rk.Loan(20, 0.05, 0.7),
    )  # fmt: skip
    market = rk.Market(
        {
            "TSLA": rk.Asset(0.08, 0.57),
            "SpaceX": rk.Asset(0.1, 0.5),
            "xAI": rk.Asset(0.1, 0.8),
            "funds": rk.Asset(0.06, 0.16),
        },
        {"TSLA": {"SpaceX": 0.5, "funds": 0.4}},
        tails=[rk.StudentT(4), rk.Clustered(0.1, 0.8)],
        shocks=[
            rk.founder_exit(portfolio, "Musk", rk.Mortality(55, "male"), rk.Impact(-0.5, 0.1)),
            rk.Shock("crash", 0.1, {"TSLA": -0.3, "funds": -0.25}, together=0.5),
            rk.Contagion("crash", "founder exit", 0.1, 0.25),
        ],
    )
    scenario = rk.Scenario(
        portfolio,
        market,
        [rk.Hold(), rk.Cap(0.3), rk.Band(0.1), rk.Trim(0.5, 3), rk.SellLast(after=rk.Trim(1.0, 2))],
        frictions=rk.Frictions(
            {"TSLA": 0.001, "funds": 0.0005}, tax=rk.CapitalGains(0.2), spending=rk.Spending(0.03), death=0.02
        ),
        years=3,
        steps_per_year=12,
        goal=2.0,
        baseline="hold",
        inflation=0.02,
    )
    assert loaded.scenario == scenario
    assert rk.Scenario.load(SAVED / "scenario.toml") == scenario
    assert (loaded.paths, loaded.seed) == (128, 7)


def test_paths_and_table_are_those_that_the_earlier_version_printed(loaded):
    """Wealth of the first three paths to the last bit, and the first columns of its table to six digits."""
    wealth = {
        "hold": [2.075469573319191, 0.8383992058055744, 1.0979565758343832],
        "cap": [1.3896597306016654, 0.7878416571222031, 1.0914332871885846],
        "band": [1.9531050109805541, 0.8493313694170577, 1.1495273731494988],
        "trim": [2.03598003856321, 0.7295369592775774, 1.1754504864363022],
        "sell last": [2.075469573319191, 0.8383992058055744, 1.0979565758343832],
    }
    for rule, values in wealth.items():
        assert loaded.values(rule, "wealth")[:3].tolist() == values
    table = loaded.table(["wealth_mean", "wealth_median", "wealth_p05", "wealth_p95", "growth_median"])
    printed = {
        "hold": [0.833888, 0.723651, 0.155423, 1.951062, -0.102207],
        "cap": [0.812162, 0.776950, 0.279035, 1.389660, -0.080685],
        "band": [0.828187, 0.741466, 0.122059, 1.874293, -0.094899],
    }
    for rule, values in printed.items():
        np.testing.assert_allclose(table.loc[rule].to_numpy(), values, atol=6e-7)


def test_losses_are_counted_from_the_start_after_tax_though_the_file_is_older(loaded, tmp_path):
    """TSLA 40 cost 15, SpaceX 25 cost 5, the rest nothing less than it is worth: gains of 45, at 20 % a tax of 9.

    That leaves .91 of the 100 that are net of the loan. The column of final wealth is that of the file.
    """
    assert loaded.scenario.start_after_tax == pytest.approx(0.91, rel=1e-12)
    table = loaded.table("loss_probability")
    for rule in loaded.scenario.names:
        share = float((loaded.path_weights * (loaded.values(rule, "wealth") < 0.91)).sum())
        assert table.loc[rule, "loss_probability"] == pytest.approx(share, abs=1e-12)
    assert not np.allclose(table["loss_probability"], [(loaded.values(r, "wealth") < 1).mean() for r in table.index])
    loaded.save(tmp_path)
    again = rk.Comparison.load(tmp_path)
    pd.testing.assert_frame_equal(again.table("loss_probability"), table, check_exact=True)
    pd.testing.assert_frame_equal(again.errors("loss_probability"), loaded.errors("loss_probability"), check_exact=True)


def test_it_is_saved_again_with_the_same_names_of_columns_and_the_same_bits(loaded, tmp_path):
    """So an earlier version can read it too."""
    loaded.save(tmp_path)
    before, after = (pd.read_parquet(folder / "paths.parquet") for folder in (SAVED, tmp_path))
    pd.testing.assert_frame_equal(after, before, check_exact=True)


def test_time_weighted_metrics_that_the_file_does_not_have_are_nan_with_the_reason(loaded):
    """It has spending, so that they differ from the money-weighted ones; the text and other metrics stand."""
    with pytest.warns(rk.RiskkitWarning, match="time_weighted_growth of hold.*: the version that ran this result did"):
        table = loaded.table(["time_weighted_growth", "wealth_mean"])
    assert table["time_weighted_growth"].isna().all()
    assert table["wealth_mean"].notna().all()
    assert "time_weighted" not in repr(loaded)
