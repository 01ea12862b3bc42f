"""Tables of a comparison against hand calculation from its columns; what is refused; how it prints."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit.comparison.result import Comparison
from riskkit.engine.outcomes import COLUMNS, Outcomes
from riskkit.errors import InvalidInput, RiskkitWarning

DESIGN = (
    "wealth_mean wealth_median wealth_p05 wealth_p95 wealth_es95 growth_median goal_probability loss_probability "
    "certainty_equivalent average_drawdown ulcer max_drawdown_mean max_drawdown_median max_drawdown_p95 ced95 cdar95 "
    "under_water longest_under_water still_under_water catastrophe_probability founder_weight_end rebalances turnover "
    "cost_paid tax_paid"
)


@dataclass(frozen=True)
class Asked:
    """As much of a scenario as a comparison reads."""

    names: tuple[str, ...] = ("hold", "cap <30 %>", "trim")
    goal: float = 2.0
    years: float = 10
    baseline_name: str = "hold"
    portfolio: rk.Portfolio = field(default_factory=lambda: rk.Portfolio([rk.Holding("TSLA", 1.0, founder="Musk")]))
    frictions: rk.Frictions = field(default_factory=rk.Frictions)

    @property
    def rules(self) -> tuple[str, ...]:
        return self.names

    def assumptions(self) -> list[str]:
        return ["TSLA: expected return 8 % a year & volatility 57 %.", "A founder exit costs " + "half of it, " * 12]


def made(paths: int = 1000, seed: int = 0, asked: Asked | None = None) -> Comparison:
    """Columns drawn at random: rules share most of their luck, and drawdowns are uniform on 0 … depth of the path."""
    asked = asked or Asked()
    rng = np.random.default_rng(seed)
    shape = (len(asked.names), paths)
    luck = rng.standard_normal(paths)
    columns = {name: rng.uniform(0.0, 1.0, shape) for name in COLUMNS}
    columns["wealth"] = np.exp(0.4 * luck + 0.1 * rng.standard_normal(shape) + 0.3)
    depth = np.clip(0.5 - 0.1 * luck + 0.05 * rng.standard_normal(shape), 0.05, 0.95)
    columns |= {"max_drawdown": depth, "average_drawdown": depth / 2, "ulcer": depth / np.sqrt(3)}
    for name in ("still_under_water", "catastrophe"):
        columns[name] = (rng.uniform(0.0, 1.0, shape) < 0.3).astype(float)
    thresholds = np.tile([0.40, 0.44, 0.48, 0.56], (len(asked.names), 1))
    for j, eta in enumerate(thresholds[0], start=1):
        beyond = np.maximum(depth - eta, 0.0)
        columns |= {f"excess_{j}": beyond**2 / (2 * depth), f"above_{j}": beyond / depth}
    return Comparison(
        asked,
        Outcomes(
            columns=columns,
            weights=np.full(paths, 1.0 / paths),
            thresholds=thresholds,
            ticks={"founder exit": rng.integers(0, 2, paths)},
            hazards={"founder exit": rng.uniform(0.0, 0.2, paths)},
            holdings={"TSLA": (rng.uniform(0, 1, paths) < 0.4).astype(float)},
        ),
        seed=7,
        notes={"version": "0.1.0"},
    )


def test_the_table_has_the_metrics_of_the_design_in_its_order():
    table = made().table()
    assert " ".join(table.columns) == DESIGN
    assert list(table.index) == ["hold", "cap <30 %>", "trim"]
    assert table.index.name == "rule"
    assert not table.isna().any(axis=None)


def test_table_against_hand_calculation():
    result = made()
    wealth, depth = result.values("trim", "wealth"), result.values("trim", "max_drawdown")
    ranked, deep = np.sort(wealth), np.sort(depth)
    row = result.table().loc["trim"]
    assert row["wealth_mean"] == wealth.mean()
    assert row["wealth_p05"] == ranked[49]
    assert row["wealth_median"] == ranked[499]
    assert row["wealth_p95"] == ranked[949]
    assert row["wealth_es95"] == pytest.approx(ranked[:50].mean())
    assert row["growth_median"] == pytest.approx(ranked[499] ** 0.1 - 1)
    assert row["goal_probability"] == (wealth >= 2).mean()
    assert row["loss_probability"] == (wealth < 1).mean()
    assert row["certainty_equivalent"] == pytest.approx(np.mean(wealth**-2.0) ** -0.5)
    assert row["average_drawdown"] == pytest.approx(depth.mean() / 2)
    assert row["ulcer"] == pytest.approx(depth.mean() / np.sqrt(3))
    assert row["max_drawdown_median"] == deep[499]
    assert row["max_drawdown_p95"] == deep[949]
    assert row["ced95"] == pytest.approx(deep[-50:].mean())
    for metric in ("under_water", "longest_under_water", "rebalances", "turnover", "cost_paid", "founder_weight_end"):
        assert row[metric] == pytest.approx(result.values("trim", metric).mean())
    assert row["catastrophe_probability"] == pytest.approx(result.values("trim", "catastrophe").mean())


def test_pooled_tail_against_fine_grid():
    """A thousand points a path, uniform on 0 … depth, sorted; the grid itself is off by at most depth / 1000."""
    result = made()
    points = np.sort(np.outer((np.arange(1000) + 0.5) / 1000, result.values("hold", "max_drawdown")).ravel())
    assert result.table().loc["hold", "cdar95"] == pytest.approx(points[-50_000:].mean(), abs=2e-4)


def test_errors_have_the_shape_of_the_table_and_intervals_hold_the_value():
    result = made()
    table, errors = result.table(), result.errors()
    assert table.shape == errors.shape
    assert (errors > 0).all(axis=None)
    for metric in table.columns:
        interval = result.interval(metric, 0.9)
        assert (interval["low"] < table[metric]).all()
        assert (interval["high"] > table[metric]).all()
        width = (interval["high"] - interval["low"]) / (2 * 1.6449 * errors[metric])
        assert width.between(0.7, 1.3).all()


def test_differences_against_hand_calculation():
    """Means: the gap path by path. Two rules against one baseline: Holm doubles the smaller p value."""
    from scipy import stats

    result = made()
    found = result.differences(metrics=["wealth_mean", "ulcer", "turnover"], level=0.9)
    assert list(found.columns) == ["difference", "standard_error", "low", "high", "p_montecarlo", "won"]
    assert found.index.names == ["rule", "metric"]
    assert list(found.index.get_level_values("rule").unique()) == ["cap <30 %>", "trim"]
    raw = []
    for rule in ("cap <30 %>", "trim"):
        gap = result.values(rule, "wealth") - result.values("hold", "wealth")
        row, error = found.loc[(rule, "wealth_mean")], gap.std() / np.sqrt(1000)
        assert row["difference"] == pytest.approx(gap.mean())
        assert row["standard_error"] == pytest.approx(error)
        assert row["low"] == pytest.approx(gap.mean() - 1.644854 * error, rel=1e-6)
        assert row["won"] == (gap > 0).mean()
        raw.append(2 * stats.norm.sf(abs(gap.mean()) / error))
        ulcer = result.values(rule, "ulcer") - result.values("hold", "ulcer")
        assert found.loc[(rule, "ulcer"), "won"] == (ulcer < 0).mean()
        assert np.isnan(found.loc[(rule, "turnover"), "won"])
    adjusted = found.xs("wealth_mean", level="metric")["p_montecarlo"]
    assert sorted(adjusted) == pytest.approx(sorted([min(1, 2 * min(raw)), max(2 * min(raw), max(raw))]))


def test_differences_from_another_baseline_turn_the_sign():
    result = made()
    forth = result.differences(metrics="wealth_p05").loc[("trim", "wealth_p05")]
    back = result.differences("trim", metrics="wealth_p05").loc[("hold", "wealth_p05")]
    assert back["difference"] == -forth["difference"]
    assert back["won"] == pytest.approx(1 - forth["won"])
    assert (result.differences("trim").reset_index()["rule"] != "trim").all()


def test_one_rule_has_no_differences():
    assert made(asked=Asked(names=("hold",))).differences().empty


def test_two_rules_that_do_the_same_are_even():
    result = made()
    for name in COLUMNS:
        result.outcomes.columns[name][2] = result.outcomes.columns[name][0]
    rows = result.differences().loc["trim"]
    assert (rows["difference"] == 0).all()
    assert (rows["standard_error"] == 0).all()
    assert (rows["p_montecarlo"] == 1).all()
    assert set(rows["won"].dropna()) == {0.5}


def test_weights_run_through_every_metric():
    """Weights 2 on the first half of the paths, 0 on the rest, are the first half alone."""
    whole, half = made(2000), made(2000)
    whole.outcomes.weights[:1000], whole.outcomes.weights[1000:] = 1 / 1000, 0.0
    cut = Outcomes(
        {name: values[:, :1000] for name, values in half.outcomes.columns.items()},
        np.full(1000, 1 / 1000),
        half.outcomes.thresholds,
        {},
        {},
        {},
    )
    other = Comparison(Asked(), cut, seed=7)
    pd.testing.assert_frame_equal(whole.table(), other.table(), rtol=1e-12)
    pd.testing.assert_frame_equal(whole.errors(), other.errors(), rtol=1e-9)
    pd.testing.assert_frame_equal(whole.differences(), other.differences(), rtol=1e-7, atol=1e-12)


def test_holdings_are_told_one_by_one():
    result = made()
    found = result.holdings()
    assert list(found.index) == ["TSLA"]
    assert found.loc["TSLA", "catastrophe_probability"] == result.outcomes.holdings["TSLA"].mean()
    assert found.loc["TSLA", "standard_error"] == pytest.approx(np.sqrt(0.4 * 0.6 / 1000), rel=0.05)


def test_values_and_weights_are_read_only():
    result = made()
    for array in (result.values("hold", "wealth"), result.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_every_frame_carries_the_assumptions():
    result = made()
    frames = (result.table(), result.errors(), result.interval("ulcer"), result.differences(), result.holdings())
    assert all(frame.attrs["assumptions"] == result.scenario.assumptions() for frame in frames)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.table(["wealth_mean", "sharpe"]), "metrics must name one of 'wealth_mean', .* got 'sharpe'"),
        (lambda r: r.table(["ulcer", "ulcer"]), "metrics must be unique, got 'ulcer' twice"),
        (lambda r: r.errors("ulcr"), r"got 'ulcr' \(did you mean 'ulcer'\?\)"),
        (lambda r: r.interval("wealth"), "metric must name one of 'wealth_mean'"),
        (lambda r: r.interval("ulcer", 1.0), r"level must be > 0 and < 1, got 1\.0"),
        (lambda r: r.differences(level=95), r"level must be > 0 and < 1, got 95\.0"),
        (lambda r: r.differences("holt"), r"baseline must name one of 'hold', .* got 'holt' \(did you mean 'hold'\?\)"),
        (lambda r: r.values("holt", "wealth"), "rule must name one of 'hold'"),
        (lambda r: r.values("hold", "excess_1"), "quantity must name one of 'wealth', 'max_drawdown'"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(call, message):
    with pytest.raises(InvalidInput, match=message):
        call(made())


def test_columns_of_the_wrong_shape_are_refused():
    result = made()
    result.outcomes.columns["ulcer"] = np.zeros((3, 999))
    with pytest.raises(
        InvalidInput, match=r"column 'ulcer' must have the shape \(rule, path\) \(3, 1000\), got \(3, 999\)"
    ):
        Comparison(Asked(), result.outcomes, seed=7)


def test_a_number_that_cannot_be_told_is_nan_with_a_warning_each_time():
    result = made(paths=20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not result.table("wealth_p05").isna().any(axis=None)
    for _ in range(2):
        with pytest.warns(RiskkitWarning, match="wealth_p05 of hold, cap <30 %>, trim: too few paths") as caught:
            assert result.errors("wealth_p05").isna().all(axis=None)
        assert all(each.filename == __file__ for each in caught)
    result.outcomes.thresholds[:] += 1.0
    for j in range(1, 5):
        result.outcomes.columns[f"above_{j}"][:] = 0.0
    with pytest.warns(RiskkitWarning, match="some values are NaN: cdar95 of hold, cap <30 %>, trim: the worst 5%"):
        assert result.table("cdar95").isna().all(axis=None)


def test_it_prints_the_telling_numbers_and_what_was_assumed():
    text = repr(made())
    assert max(map(len, text.splitlines())) <= 120
    assert "1,000 paths, seed 7" in text
    head, assumed = text.split("\nAssumptions\n")
    for rule in Asked().names:
        assert f"\n{rule}  " in head
    assert "±" in head
    assert assumed.startswith("- TSLA: expected return 8 % a year & volatility 57 %.")


def test_it_prints_why_a_number_is_missing_without_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "wealth_p05 of hold: too few paths to bracket the 5% quantile" in repr(made(paths=20))


def test_notebooks_get_the_same_escaped():
    page = made()._repr_html_()
    assert "cap &lt;30 %&gt;" in page
    assert "a year &amp; volatility" in page
    assert "<30" not in page


def test_it_can_be_pickled_after_use():
    result = made()
    table = result.table()
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(result)).table(), table)
