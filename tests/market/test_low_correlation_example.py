"""The example of low correlation: what it measures against closed forms, what it prints, and its figure."""

from __future__ import annotations

import math
import re
import runpy
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import event_probability, joint_loss, lognormal_impact
from samples import assert_mean, assert_share
from scipy import stats

import riskkit as rk

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "low_correlation.py"
DAY, RATE, SIGMA, RHO = 1.0 / 252.0, 0.02, np.array([0.57, 0.45]), 0.15
IMPACT = (-0.50, 0.15)


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def days(example: dict[str, Any]) -> dict[str, np.ndarray]:
    """Log returns of ten years (day, company, path), without the founder's exit and with it."""
    market = example["founders_market"]()
    return {"without": example["daily_returns"](replace(market, shocks=())), "with": example["daily_returns"](market)}


def test_daily_correlation_is_low_and_hardly_changed_by_the_exit(days: dict[str, np.ndarray]) -> None:
    """0.15 without; with it (ρ σ₁ σ₂ + λ E J²) / √Π (σ² + λ E J²) = 0.186 over all days, J the log impact on both.

    λ is the mean rate of an exit that comes once, (1 - e^{-10 · 0.02}) / 10.
    """
    low, spread = lognormal_impact(*IMPACT)
    jumps = event_probability(RATE, 10.0) / 10.0 * (low**2 + spread**2)
    for label, more, expected in (("without", 0.0, 0.15), ("with", jumps, 0.186)):
        covariance, variances = RHO * SIGMA[0] * SIGMA[1] + more, SIGMA**2 + more
        assert covariance / math.sqrt(variances[0] * variances[1]) == pytest.approx(expected, abs=5e-4)
        moves = days[label] / math.sqrt(DAY)
        away = moves - moves.mean(axis=(0, 2), keepdims=True)
        assert_mean((away[:, 0] * away[:, 1]).mean(axis=0), covariance, f"covariance {label}")
        for row in range(2):
            assert_mean((away[:, row] ** 2).mean(axis=0), variances[row], f"variance of {row} {label}")


def test_joint_falls_of_a_day_against_the_founders_hazard(days: dict[str, np.ndarray]) -> None:
    """Without the exit a fall of 25 % is 8 standard deviations of a day; with it both fall so on one day with
    (1 - e^{-λ T}) Φ₂, the logs of the day's returns being normal given the exit."""
    low, spread = lognormal_impact(*IMPACT)
    mean = (math.log(1.08) - 0.5 * SIGMA**2) * DAY + low
    covariance = np.diag(SIGMA**2 * DAY) + spread**2
    covariance[0, 1] += RHO * SIGMA[0] * SIGMA[1] * DAY
    covariance[1, 0] = covariance[0, 1]
    normal_probability = stats.multivariate_normal(mean, covariance).cdf([math.log(0.75)] * 2)
    together = {label: (moves < math.log(0.75)).all(axis=1).any(axis=0) for label, moves in days.items()}
    assert not together["without"].any()
    assert_share(together["with"], event_probability(RATE, 10.0) * float(normal_probability))


@pytest.mark.parametrize("exit_", [False, True])
def test_joint_losses_of_a_year_against_the_mixture_of_normals(example: dict[str, Any], exit_: bool) -> None:
    """Both lose 65 % in 0.11 % of years without the exit, and in 0.40 % with it: what takes a correlation of 0.41."""
    market = example["founders_market"]()
    market = market if exit_ else replace(market, shocks=())
    first, second, both = joint_loss(0.35, 1.0, tuple(SIGMA), RHO, RATE if exit_ else 0.0, IMPACT, 0.08)
    assert both == pytest.approx(0.0040 if exit_ else 0.0011, abs=5e-5)
    lost = rk.sample(market, years=1, steps_per_year=1, paths=200_000, seed=2).prices[-1] < 0.35
    assert_share(lost[0], first)
    assert_share(lost[1], second)
    assert_share(lost.all(axis=0), both)
    found = example["needed"](np.array([first, second]), both)
    assert found == pytest.approx(0.406 if exit_ else RHO, abs=5e-4)


@pytest.mark.slow
def test_what_is_printed_and_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """To two digits: correlations .15 and near .15, joint falls 0 and near 15.6 %, years 0.11 % and 0.40 %."""
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--figure", str(tmp_path / "days.png")])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    printed = capsys.readouterr().out
    rows = {line[:40].strip(): re.findall(r"[\d.]+(?=%|\s|$)", line[52:]) for line in printed.splitlines()}
    correlation, falls, others, years, needed = (
        [float(number) for number in numbers]
        for label, numbers in rows.items()
        if label.startswith(("daily corr", "both fall", "when the", "both lose", "a normal market"))
    )
    assert correlation == pytest.approx([0.15, 0.15], abs=0.011)
    assert falls == pytest.approx([0.0, 15.6], abs=4.6)
    assert others[-1] >= 97.0
    assert years == pytest.approx([0.11, 0.40], abs=0.031)
    assert needed == pytest.approx([0.15, 0.41], abs=0.031)
    assert (tmp_path / "days.png").read_bytes().startswith(b"\x89PNG")
    assert "The figure is in" in printed
