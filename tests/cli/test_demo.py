"""The demo's sentences against its numbers, for every sign of the differences."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from riskkit._core.errors import InvalidInput
from riskkit.analysis._breakeven import BreakEven, Tie
from riskkit.analysis._parameters import Parameter
from riskkit.cli.demo import demo, sentences
from riskkit.comparison._compare import compare
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.paired_difference import Difference
from riskkit.scenario.scenarios import baron


def run(belief: float | None, paths: int = 2000, seed: int = 1) -> Comparison:
    return compare(replace(baron(belief), steps_per_year=12), paths=paths, seed=seed, progress=False)


@pytest.fixture(scope="module")
def plain() -> Comparison:
    return run(None)


TIE = BreakEven(
    "hold", "diversify now", "growth_median", Parameter("expected_return", "Musk"), (0.0, 0.4),
    (Tie(0.17, 0.16, 0.18),), ((0.0, Difference(-0.03, 0.001, -0.032, -0.028, 0.0)),), 5000, 1,
)  # fmt: skip


def interpretation(plain: Comparison, believed: Comparison) -> list[str]:
    return sentences(plain, believed, TIE)


def verdict(plain: Comparison, believed: Comparison) -> str:
    """The second point up to the break-even."""
    return interpretation(plain, believed)[1].removesuffix(f" {TIE.sentence()}")


def median_difference(result: Comparison) -> tuple[float, float]:
    row = result.differences(baseline="hold", metrics="wealth_median").loc[("diversify now", "wealth_median")]
    return row["low"], row["high"]


@pytest.mark.slow
def test_a_belief_that_turns_the_order_decides(plain: Comparison):
    believed = run(0.4)
    assert median_difference(plain)[0] > 0.0 > median_difference(believed)[1]
    assert len(interpretation(plain, believed)) == 3
    assert verdict(plain, believed).endswith("so the assumed return decides which of the two has the higher median.")


@pytest.mark.slow
@pytest.mark.parametrize(("belief", "change"), [(0.0, "wider"), (0.1, "no wider")])
def test_a_belief_that_leaves_the_order_says_so(plain: Comparison, belief: float, change: str):
    believed = run(belief)
    assert median_difference(plain)[0] > 0.0
    assert median_difference(believed)[0] > 0.0
    assert verdict(plain, believed).endswith(
        f"so the order of the two does not depend on the belief, which makes the gap {change}."
    )


def test_insignificant_differences_are_named(plain: Comparison):
    few = run(0.1746, paths=40)
    low, high = median_difference(few)
    assert low < 0.0 < high
    assert "so with the belief the paths are too few to tell which has the higher median" in verdict(plain, few)
    assert "so with no view the paths are too few to tell which has the higher median" in verdict(few, plain)
    neither = verdict(few, few)
    assert "so the paths are too few to tell which has the higher median, with the belief or without" in neither
    assert "(too few paths to tell it from " in neither


@pytest.mark.slow
@pytest.mark.parametrize("belief", [-0.3, None, 0.4])
def test_the_winner_is_the_highest_median_and_is_set_against_hold_or_the_yardstick(belief: float | None):
    result = run(belief)
    medians = result.table("wealth_median")["wealth_median"]
    first = interpretation(result, result)[0]
    winner, value = re.match(r"With no view '(.+?)' has the highest median wealth.*?, (\S+) times", first).groups()
    assert medians[winner] == medians.max()
    assert value == f"{medians.max():.2f}"
    other = "diversify now" if winner == "hold" else "hold"
    against = re.search(rf"([+-]\S+) ± (\S+) against '{other}', .* on (\d+) % of the paths", first).groups()
    row = result.differences(baseline=other, metrics="wealth_median").loc[(winner, "wealth_median")]
    assert against[0] == f"{medians[winner] - medians[other]:+.2f}"
    assert abs(float(against[1]) - row["standard_error"]) <= 0.005
    assert against[2] == f"{100 * row['won']:.0f}"


def test_the_third_sentence_has_the_numbers_of_the_table(plain: Comparison):
    believed = run(0.4)
    numbers = re.findall(r"(\d+) %", interpretation(plain, believed)[2])
    metrics = ["max_drawdown_median", "loss_probability", "goal_probability"]
    tables = [100.0 * result.table(metrics) for result in (plain, believed)]
    hold = [f"{table.loc['hold', metric]:.0f}" for metric in metrics for table in tables]
    # What is diversified at once is not touched by a belief in the companies.
    yardstick = [f"{tables[0].loc['diversify now', metric]:.0f}" for metric in metrics]
    assert numbers == hold + yardstick


def test_the_second_point_ends_with_the_belief_at_which_the_two_tie(plain: Comparison):
    assert interpretation(plain, plain)[1].endswith(
        ". 'hold' beats 'diversify now' by growth_median only if the expected return of Musk's companies is above 17 % "
        "a year (95 % interval 16 % to 18 %)."
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")
def test_the_whole_text():
    text = demo(paths=500, seed=3, steps_per_year=12)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 110
    for words in [
        "By founder: effective number 1.83 (1 / Herfindahl index), largest 65 % (Musk)",
        "With the belief: expected return a year 17.46 % (TSLA, SpaceX, xAI).",
        "the same 500 paths, seed 3",
        "Each rule minus 'hold', paired path by path",
    ]:
        assert words in text
    assumed = " ".join(text.split())
    assert re.search(r"founder exit: 2 % a year, once;.*? \(assumption\)", assumed)
    rows = [line for line in lines if line.startswith("diversify now ")]
    assert [len(re.findall(r"[-+]?\d+\.\d+", row)) for row in rows] == [14, 14]
    assert "'hold' beats 'diversify now' by growth_median only if the expected return of Musk's companies is" in assumed
    assert [line[:3] for line in lines if re.match(r"\d\. ", line)] == ["1. ", "2. ", "3. "]
    for result, row in ((run(None, 500, 3), rows[0].split()[2:9]), (run(0.1746, 500, 3), rows[0].split()[9:])):
        table = result.table(["wealth_median", "goal_probability"]).loc["diversify now"]
        assert (row[0], row[3]) == (f"{table.iloc[0]:.2f}", f"{100 * table.iloc[1]:.1f}")


@pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")
def test_a_single_path_is_enough():
    assert "nan" in demo(paths=1, steps_per_year=12)


@pytest.mark.parametrize("wrong", [{"paths": 0}, {"seed": -1}, {"steps_per_year": 0}])
def test_bad_numbers_are_refused(wrong: dict[str, int]):
    with pytest.raises(InvalidInput, match=f"{next(iter(wrong))} must be"):
        demo(**wrong)
