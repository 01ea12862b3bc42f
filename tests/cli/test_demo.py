"""The demo's sentences against its numbers, for every sign of the differences."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from riskkit._core.errors import InvalidInput
from riskkit.analysis._breakeven import BreakEven, Tie
from riskkit.analysis._parameters import Parameter
from riskkit.cli.demo import BELIEF, RULES, demo, scenario_with_collar, sentences
from riskkit.comparison._compare import compare
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.paired_difference import Difference


def run(belief: float | None, paths: int = 2000, seed: int = 1) -> Comparison:
    return compare(replace(scenario_with_collar(belief), steps_per_year=12), paths=paths, seed=seed, progress=False)


@pytest.fixture(scope="module")
def plain() -> Comparison:
    return run(None)


TIE = BreakEven(
    "hold", "diversify now", "growth_median", Parameter("expected_return", "Musk"), (0.0, 0.4),
    (Tie(0.17, 0.16, 0.18),), ((0.0, Difference(-0.03, 0.001, -0.032, -0.028, 0.0)),), 5000, 1,
)  # fmt: skip


def interpretation(plain: Comparison, believed: Comparison) -> list[str]:
    return sentences(plain, believed, TIE)


TIE_IN_WORDS = (
    "Holding beats selling now by median wealth only if the expected return of Musk's companies is above 17 % a year "
    "(95 % interval 16 % to 18 %)."
)


def verdict(plain: Comparison, believed: Comparison) -> str:
    """The third point up to the break-even."""
    return interpretation(plain, believed)[2].removesuffix(f" {TIE_IN_WORDS}")


def median_difference(result: Comparison) -> tuple[float, float]:
    row = result.differences(baseline="hold", metrics="wealth_median").loc[("diversify now", "wealth_median")]
    return row["low"], row["high"]


@pytest.mark.slow
def test_a_belief_that_turns_the_order_decides(plain: Comparison):
    believed = run(0.4)
    assert median_difference(plain)[0] > 0.0 > median_difference(believed)[1]
    assert len(interpretation(plain, believed)) == 5
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
    assert "so without a view the paths are too few to tell which has the higher median" in verdict(few, plain)
    neither = verdict(few, few)
    assert "so the paths are too few to tell which has the higher median, with the belief or without" in neither
    assert "(too few paths to tell it from " in interpretation(few, few)[1]


@pytest.mark.slow
@pytest.mark.parametrize("belief", [-0.3, None, 0.4])
def test_the_winner_is_the_highest_median_and_is_set_against_hold_or_the_yardstick(belief: float | None):
    result = run(belief)
    medians = result.table("wealth_median")["wealth_median"]
    first = interpretation(result, result)[0]
    phrase, value = re.match(r"Without a view (.+?) has the highest median wealth.*?, (\S+) times", first).groups()
    (winner,) = (rule for rule, (words, _) in RULES.items() if words == phrase)
    assert medians[winner] == medians.max()
    assert value == f"{medians.max():.2f}"
    other = "diversify now" if winner == "hold" else "hold"
    against = re.search(
        rf"That is ([+-]\S+) ± (\S+) against {RULES[other][0]}, which it beats on (\d+) % of the paths", first
    ).groups()
    row = result.differences(baseline=other, metrics="wealth_median").loc[(winner, "wealth_median")]
    decimals = len(against[1].partition(".")[2])
    assert against[0] == f"{medians[winner] - medians[other]:+.{decimals}f}"
    assert against[1] == f"{row['standard_error']:.{decimals}f}"
    assert float(against[1]) > 0.0
    assert against[2] == f"{100 * row['won']:.0f}"


def test_the_last_point_has_the_numbers_of_the_table(plain: Comparison):
    believed = run(0.4)
    numbers = re.findall(r"(\d+) %", interpretation(plain, believed)[3])
    metrics = ["max_drawdown_median", "loss_probability", "goal_probability"]
    tables = [100.0 * result.table(metrics) for result in (plain, believed)]
    hold = [f"{table.loc['hold', metric]:.0f}" for metric in metrics for table in tables]
    # What is diversified at once is not touched by a belief in the companies.
    yardstick = [f"{tables[0].loc['diversify now', metric]:.0f}" for metric in metrics]
    assert numbers == hold + yardstick


def test_the_third_point_ends_with_the_belief_at_which_the_two_tie(plain: Comparison):
    assert interpretation(plain, plain)[2].endswith(f". {TIE_IN_WORDS}")


def test_each_rule_is_described_by_its_settings():
    """One line each, and every number in it is a setting of the rule."""
    rules = {rule.name: rule for rule in scenario_with_collar().rules}
    assert list(RULES) == list(rules)
    numbers = {
        name: [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)] for name, (_, text) in RULES.items()
    }
    assert numbers == {
        "hold": [],
        "diversify now": [],
        "client trim": [pytest.approx(100 * rules["client trim"].fraction)],
        "last seller": [rules["last seller"].after.years],
        "cap 30 %": [100 * rules["cap 30 %"].limit] * 2,
        "rebalance yearly": [],
        "drawdown control": [100 * rules["drawdown control"].limit],
        "collar": [100 * rules["collar"].instruments[0].floor],
    }
    assert rules["client trim"].multiple == 2.0  # "has doubled"
    assert rules["rebalance yearly"].every == 12  # "each year"
    assert rules["collar"].instruments[0].years == 1.0  # "each year"
    assert rules["collar"].instruments[0].roll


def test_the_sentence_on_the_collar_has_its_numbers(plain: Comparison):
    """The cap of the assumptions, the two drawdowns of the table, and the paired difference of the medians."""
    sentence = interpretation(plain, plain)[4]
    [cap] = {line for line in plain.assumptions() if line.startswith("The cap of the collar on TSLA is")}
    assert f"beyond {re.search(r'([0-9.]+ %)', cap)[1]} of its price, for a floor at 90 %" in sentence
    falls = 100.0 * plain.table("max_drawdown_median")["max_drawdown_median"]
    assert f"drawdown is {falls['collar']:.0f} %, that of holding {falls['hold']:.0f} %" in sentence
    row = plain.differences(baseline="hold", metrics="wealth_median").loc[("collar", "wealth_median")]
    change = re.search(r"differs by ([+-]\S+) ± (\S+), with the belief by \1 ± \2\.", sentence)
    decimals = len(change[1].partition(".")[2])
    assert change.groups() == (f"{row['difference']:+.{decimals}f}", f"{row['standard_error']:.{decimals}f}")


def test_the_belief_is_five_times_the_money_in_ten_years():
    assert pytest.approx(5.0, abs=0.005) == (1.0 + BELIEF) ** 10


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")
def test_the_whole_text():
    text = demo(paths=500, seed=3, steps_per_year=12)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 110
    for words in [
        "A portfolio of which 65 % rides on one person: hold it for 10 years, or sell now?",
        "By founder: effective number 1.83 (1 / Herfindahl index), largest 65 % (Musk)",
        "five times the money in ten years from TSLA, SpaceX and xAI: 17.46 % a year, as 1.1746^10 = 5.",
        "the same 500 paths, seed 3, 12 steps a year",
        "Each rule minus hold, as differences path by path",
    ]:
        assert words in " ".join(lines)
    assumed = " ".join(text.split())
    assert re.search(r"founder exit: 2 % a year, once;.*? \(assumption\)", assumed)
    rows = [line for line in lines if re.match(r"diversify now +[-+\d]", line)]
    assert [len(re.findall(r"[-+]?\d+\.\d+", row)) for row in rows] == [12, 12]
    assert "Holding beats selling now by median wealth only if the expected return of Musk's companies is" in assumed
    assert [line[:3] for line in lines if re.match(r"\d\. ", line)] == ["1. ", "2. ", "3. ", "4. ", "5. "]
    # No name of the code, which has underscores or quotes, stands in a sentence.
    assert not re.search(r"\w_\w|'\w+( \w+)?'", text)
    results = [run(None, 500, 3), run(0.1746, 500, 3)]
    for result, row in zip(results, (rows[0].split()[2:8], rows[0].split()[8:]), strict=True):
        table = result.table(["wealth_median", "goal_probability"]).loc["diversify now"]
        assert (row[0], row[2]) == (f"{table.iloc[0]:.2f}", f"{100 * table.iloc[1]:.1f}")
    check_answer(lines[2:4], results)


def check_answer(answer: list[str], results: list[Comparison]) -> None:
    """The first two lines after the title: the higher median with and without the belief, the drawdowns of holding."""
    medians = [result.table("wealth_median")["wealth_median"] for result in results]
    for result, median, view in zip(results, medians, ("without a view", "with the belief"), strict=True):
        ahead, behind = sorted((median["diversify now"], median["hold"]), reverse=True)
        low, high = median_difference(result)
        leader = "selling now" if low > 0.0 else "holding" if high < 0.0 else "undecided"
        assert f"{leader} {view} ({ahead:.2f} > {behind:.2f})" in answer[0]
    drawdown, ced = 100.0 * results[0].table(["max_drawdown_median", "ced95"]).loc["hold"]
    assert answer[1] == (
        f"Maximum drawdown of holding: {drawdown:.0f} % in the median, {ced:.0f} % in the mean of the worst 5 % "
        "(CED 95 %)."
    )


@pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")
def test_a_single_path_is_enough():
    assert "nan" in demo(paths=1, steps_per_year=12)


@pytest.mark.parametrize("wrong", [{"paths": 0}, {"seed": -1}, {"steps_per_year": 0}])
def test_bad_numbers_are_refused(wrong: dict[str, int]):
    with pytest.raises(InvalidInput, match=f"{next(iter(wrong))} must be"):
        demo(**wrong)
