"""A saved result comes back bit for bit, and a damaged one is refused by the name of the file."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.comparison._comparison import Comparison
from riskkit.engine.outcomes import COLUMNS, HEDGES, Outcomes

PATHS = 500


@pytest.fixture(scope="module")
def result() -> Comparison:
    """Numbers with all their bits in use, some of them extreme, for two rules."""
    scenario = rk.Scenario(
        rk.Portfolio([rk.Holding("TSLA", 40, founder="Musk"), rk.Holding("FUND: ä", 60)]),
        rk.Market(
            {"TSLA": rk.Asset(0.08, 0.57), "FUND: ä": rk.Asset(0.08, 0.16)},
            shocks=rk.Shock("founder exit", 0.1, {"TSLA": -0.5}),
        ),
        [rk.Hold(name="ticks: hold"), rk.Rebalance(12)],
        years=2,
    )
    rng = np.random.default_rng(1)
    columns = {name: rng.uniform(size=(2, PATHS)) ** 2 for name in COLUMNS}
    columns["tax_due"] = np.zeros((2, PATHS))  # all tax is paid at once
    # Without instruments.
    columns |= {name: np.zeros((2, PATHS)) for name in HEDGES} | {"founder_delta_end": columns["founder_weight_end"]}
    thresholds = np.sort(rng.uniform(size=(2, 4)), axis=1)
    columns |= {f"excess_{level + 1}": np.maximum(columns["ulcer"] - thresholds[:, [level]], 0.0) for level in range(4)}
    columns["wealth"][0, :4] = 5e-324, 1e100, np.pi, 0.1 + 0.2
    # Without external flows.
    columns |= {"time_weighted_wealth": columns["wealth"], "time_weighted_max_drawdown": columns["max_drawdown"]}
    weights = rng.uniform(size=PATHS)
    outcomes = Outcomes(
        columns=columns,
        path_weights=weights / weights.sum(),
        thresholds=thresholds,
        event_counts={"founder exit": rng.integers(0, 3, PATHS)},
        hazards={"founder exit": rng.uniform(size=PATHS)},
        holdings={"TSLA": rng.integers(0, 2, PATHS).astype(float)},
    )
    return Comparison(scenario, outcomes, seed=2**64 - 1, notes={"version": "0.1.0"})


@pytest.fixture
def saved(result: Comparison, tmp_path: Path) -> Path:
    result.save(tmp_path / "answers" / "first")
    return tmp_path / "answers" / "first"


def rewrite(folder: Path, **changes: object) -> None:
    """Change facts and make the checksums fit again, as someone would who edits the files on purpose."""
    import tomllib

    facts = tomllib.loads((folder / "result.toml").read_text(encoding="utf-8")) | changes
    for name in facts["checksums"]:
        facts["checksums"][name] = hashlib.blake2b((folder / name).read_bytes()).hexdigest()
    (folder / "result.toml").write_text(tomli_w.dumps(facts), encoding="utf-8")


def test_every_bit_comes_back(result: Comparison, saved: Path):
    back = rk.Comparison.load(saved)
    assert back.scenario == result.scenario
    assert (back.seed, back.paths, dict(back.notes)) == (2**64 - 1, PATHS, {"version": "0.1.0"})
    first, second = result.outcomes, back.outcomes
    assert list(second.columns) == list(COLUMNS)
    for name in COLUMNS:
        assert second.columns[name].tobytes() == first.columns[name].tobytes()
    assert second.path_weights.tobytes() == first.path_weights.tobytes()
    assert second.thresholds.tobytes() == first.thresholds.tobytes()
    for kind in ("event_counts", "hazards", "holdings"):
        ours, theirs = getattr(first, kind), getattr(second, kind)
        assert list(ours) == list(theirs)
        for name in ours:
            np.testing.assert_array_equal(theirs[name], ours[name], strict=True)
    metrics = ["wealth_mean", "ced95", "ulcer"]
    pd.testing.assert_frame_equal(back.table(metrics), result.table(metrics), check_exact=True)


def test_how_the_paths_were_drawn_comes_back(result: Comparison, tmp_path: Path):
    assert rk.Comparison.load(_saved(result, tmp_path / "plain")).outcomes.stratum is None
    drawn = dataclasses.replace(
        result.outcomes, stratum=np.arange(PATHS, dtype=np.int64) % 7, group=16, sequential=True
    )
    result = dataclasses.replace(result, outcomes=drawn)
    back = rk.Comparison.load(_saved(result, tmp_path / "drawn"))
    np.testing.assert_array_equal(back.outcomes.stratum, drawn.stratum, strict=True)
    assert (back.outcomes.group, back.outcomes.sequential) == (16, True)
    pd.testing.assert_frame_equal(back.errors("wealth_median"), result.errors("wealth_median"), check_exact=True)


def _saved(result: Comparison, folder: Path) -> Path:
    result.save(folder)
    return folder


def test_a_saved_result_is_replaced_by_the_same_files(result: Comparison, saved: Path):
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    result.save(saved)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert sorted(before) == ["paths.parquet", "result.toml", "scenario.toml"]


def test_a_result_with_a_rule_of_ones_own_is_saved_with_its_numbers(result: Comparison, tmp_path: Path):
    """The rule itself is code and is not saved: its name and numbers are."""

    class Whim(rk.Rule):
        def decide(self, view, state):
            return None, None

    scenario = dataclasses.replace(result.scenario, rules=[rk.Hold(), Whim()])
    Comparison(scenario, result.outcomes, seed=1).save(tmp_path)
    back = rk.Comparison.load(tmp_path)
    assert back.scenario.names == ("hold", "whim")
    np.testing.assert_array_equal(back.values("whim", "wealth"), result.values("rebalance", "wealth"))


def test_an_empty_folder_is_fine_and_text_paths_too(result: Comparison, tmp_path: Path):
    result.save(str(tmp_path))
    assert rk.Comparison.load(str(tmp_path)).paths == PATHS


def test_a_folder_with_other_files_is_not_written_to(result: Comparison, tmp_path: Path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(
        InvalidInput, match=r"folder must be new, empty or hold a saved result, got .* with other files"
    ):
        result.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_file_is_not_a_folder(result: Comparison, tmp_path: Path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InvalidInput, match="folder must be a folder, got the file"):
        result.save(tmp_path / "letter.txt")


@pytest.mark.parametrize("name", ["result.toml", "scenario.toml", "paths.parquet"])
def test_a_missing_file_is_named(saved: Path, name: str):
    (saved / name).unlink()
    with pytest.raises(InvalidInput, match=f"must hold a saved result, got .* without {name}"):
        rk.Comparison.load(saved)


def test_a_missing_folder_is_refused(tmp_path: Path):
    with pytest.raises(InvalidInput, match=r"without result\.toml"):
        rk.Comparison.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["scenario.toml", "paths.parquet"])
def test_one_changed_byte_is_found(saved: Path, name: str):
    content = bytearray((saved / name).read_bytes())
    content[len(content) // 2] ^= 1
    (saved / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=rf"{name} does not match its checksum in result\.toml"):
        rk.Comparison.load(saved)


@pytest.mark.parametrize(
    ("content", "message"), [(b"format = ", " must be TOML"), (b"\xff\xfe", ", line 1: must be text in UTF-8")]
)
def test_facts_that_cannot_be_read_are_refused(saved: Path, content: bytes, message: str):
    (saved / "result.toml").write_bytes(content)
    with pytest.raises(InvalidInput, match=rf"result\.toml{message}, got"):
        rk.Comparison.load(saved)


def test_a_save_that_was_cut_short_is_refused_and_can_be_redone(result: Comparison, tmp_path: Path, monkeypatch):
    def full(*args: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("riskkit.comparison.io.folder.write_paths", full)
        with pytest.raises(OSError, match="no space left"):
            result.save(tmp_path)
    with pytest.raises(InvalidInput, match=r"without paths\.parquet"):
        rk.Comparison.load(tmp_path)
    result.save(tmp_path)
    assert rk.Comparison.load(tmp_path).paths == PATHS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 1}, r"result\.toml: format must be 2, got 1; run the comparison again"),
        ({"seed": -1}, r"result\.toml: seed must be >= 0 and <= 18446744073709551615, got -1"),
        ({"seed": "x"}, r"result\.toml: seed must be a whole number, got 'x'"),
        ({"paths": 499}, r"paths\.parquet must have 499 rows, got 500"),
        ({"group": 0}, r"result\.toml: group must be >= 1 and <= 1048576, got 0"),
        ({"sequential": "no"}, r"result\.toml: sequential must be True or False, got 'no'"),
        ({"stratified": True}, r"paths\.parquet must have one column 'stratum', got 0"),
        ({"notes": {"version": 1}}, r"result\.toml: notes.version must be a non-empty string, got 1"),
        (
            {"ticks": ["flood"]},
            r"result\.toml: ticks must name the shocks of the scenario \['founder exit'\], got \['flood'\]",
        ),
        ({"ticks": "flood"}, r"result\.toml: ticks must be a list, got 'flood'"),
        ({"holdings": [["TSLA"]]}, r"holdings\[0\] must be a non-empty string, got \['TSLA'\]"),
        (
            {"thresholds": {"hold": [0.1, 0.2, 0.3, 0.4]}},
            r"thresholds must name the rules 'ticks: hold', 'rebalance', got 'hold'",
        ),
        ({"thresholds": {"ticks: hold": [0.1]}}, "thresholds of 'ticks: hold' must be 4 numbers, got"),
        ({"thresholds": {"ticks: hold": [0.1, 0.2, 0.3, float("nan")]}}, "must be >= 0, got nan"),
    ],
)
def test_facts_that_do_not_fit_are_refused(saved: Path, changes: dict, message: str):
    rewrite(saved, **changes)
    with pytest.raises(InvalidInput, match=message):
        rk.Comparison.load(saved)


def test_paths_that_are_not_parquet_are_refused(saved: Path):
    (saved / "paths.parquet").write_bytes(b"PAR1 not really PAR1")
    rewrite(saved)
    with pytest.raises(InvalidInput, match=r"paths\.parquet must be a Parquet file, got"):
        rk.Comparison.load(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="ulcer: rebalance"), "must have one column 'ulcer: rebalance', got 0"),
        (lambda frame: frame.assign(weight="heavy"), "column 'weight' must be float64, got '(large_)?string'"),
        (
            lambda frame: frame.assign(weight=-frame["weight"]),
            "column 'weight' must be from 0 to 1, got -0.00",
        ),
        (lambda frame: frame.assign(**{"ticks: founder exit": 0.5}), "column 'ticks: founder exit' must be int64"),
    ],
)
def test_paths_that_do_not_fit_are_refused(saved: Path, change, message: str):
    path = saved / "paths.parquet"
    change(pd.read_parquet(path)).to_parquet(path)
    rewrite(saved)
    with pytest.raises(InvalidInput, match=message):
        rk.Comparison.load(saved)


def test_a_result_from_before_the_bounds_of_fractions_is_read_without_them(tmp_path: Path):
    """An inflation of 300 % a year was accepted once; the paths that it was run with are the same."""
    scenario = rk.Scenario(
        rk.Portfolio([rk.Holding("A", 1.0)]), rk.Market({"A": rk.Asset(0.08, 0.2)}), [rk.Hold()], years=1,
        steps_per_year=1,
    )  # fmt: skip
    object.__setattr__(scenario, "inflation", 3.0)
    result = rk.compare(scenario, paths=128, seed=1, progress=False)
    result.save(tmp_path / "saved")
    back = Comparison.load(tmp_path / "saved")
    assert back.scenario.inflation == 3.0
    np.testing.assert_array_equal(back.values("hold", "wealth"), result.values("hold", "wealth"))
    with pytest.raises(InvalidInput, match="inflation must be at most 1"):
        rk.Scenario.load(tmp_path / "saved" / "scenario.toml")


def test_tax_that_is_due_is_saved_where_tax_is_paid_later(tmp_path: Path):
    """The column is in the file in that case alone; deferred tax may be below 0 there."""
    portfolio = rk.Portfolio([rk.Holding("a", 60, cost=12), rk.Holding("b", 20), rk.Holding("c", 20, cost=80)])
    market = rk.Market({name: rk.Asset(0.05, 0.2) for name in "abc"})
    for paid, saved_names in (("at once", 0), ("next april", 1)):
        frictions = rk.Frictions(tax=rk.CapitalGains(0.25, short_rate=0.4, paid=paid))
        cap = rk.Cap(0.3, holding="a")
        ran = rk.compare(rk.Scenario(portfolio, market, [cap], frictions=frictions, years=1, steps_per_year=12),
                         paths=128, seed=3, workers=1, progress=False)  # fmt: skip
        ran.save(tmp_path)
        stored = pd.read_parquet(tmp_path / "paths.parquet").columns
        assert sum(name.startswith("tax_due") for name in stored) == saved_names
        back = rk.Comparison.load(tmp_path)
        assert (back.outcomes.columns["deferred_tax"] < 0.0).any() == (paid == "next april")
        for name in COLUMNS:
            np.testing.assert_array_equal(back.outcomes.columns[name], ran.outcomes.columns[name], err_msg=name)


def test_time_weighted_columns_are_saved_where_there_are_flows(tmp_path: Path):
    """Column by column; an earlier version's file has none, and one without flows may not claim any."""
    portfolio = rk.Portfolio([rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 40)])
    market = rk.Market({"a": rk.Asset(0.1, 0.5), "b": rk.Asset(0.05, 0.2)})
    plain = rk.Scenario(portfolio, market, [rk.Hold(), rk.Cap(0.4)], years=1, steps_per_year=12)
    flows = rk.Frictions(flows=[rk.Deposit(12), rk.Vesting("a", 20, 1, cliff=0.5)])
    for case, saved_names in ((plain, 0), (dataclasses.replace(plain, frictions=flows), 4)):
        ran = rk.compare(case, paths=128, seed=3, workers=1, progress=False)
        ran.save(tmp_path)
        stored = pd.read_parquet(tmp_path / "paths.parquet").columns
        assert sum(name.startswith("time_weighted") for name in stored) == saved_names
        back = rk.Comparison.load(tmp_path)
        assert back.scenario == case
        for name in COLUMNS:
            np.testing.assert_array_equal(back.outcomes.columns[name], ran.outcomes.columns[name], err_msg=name)
        assert repr(back) == repr(ran)
        pd.testing.assert_frame_equal(back.table(), ran.table(), check_exact=True)
    ran = rk.compare(plain, paths=128, seed=3, workers=1, progress=False)
    ran.save(tmp_path)
    rewrite(tmp_path, time_weighted=True)
    with pytest.raises(rk.InvalidInput, match="time_weighted must be false without external flows, got true"):
        rk.Comparison.load(tmp_path)
