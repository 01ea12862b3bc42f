"""`replay`: what `observe` reads, against hand calculation, the slow twin and `compare`; batches do not matter."""

from __future__ import annotations

import numpy as np
import pytest
import twin
from by_hand import jumps
from friction_scenes import random_friction_scenario
from scenes import house, rules_of_every_kind

import riskkit as rk
from riskkit.engine import _replay

CLOSE = {"rtol": 1e-12, "atol": 1e-13}
#: As in twin_check: with taxes, loans and marks an amount can be the small difference of large ones.
FRICTIONS = {"rtol": 1e-9, "atol": 1e-9}


def two_holdings(rule: rk.Rule, *, marks: rk.Marks | None = None, frictions: rk.Frictions | None = None) -> rk.Scenario:
    """A rises by half in the first month and falls to half in the third; six months; B stands still."""
    liquidity = rk.Listed() if marks is None else rk.Locked(1)
    portfolio = rk.Portfolio(
        [rk.Holding("A", 50, cost=25, liquidity=liquidity, marks=marks), rk.Holding("B", 50)],
    )
    assets = {"A": rk.Asset(0.0, 0.0), "B": rk.Asset(0.0, 0.0)}
    market = rk.Market(assets, shocks=jumps(12, A={1: 1.5, 3: 0.5}))
    return rk.Scenario(portfolio, market, [rule], frictions=frictions or rk.Frictions(), years=0.5, steps_per_year=12)


def every_step(scenario: rk.Scenario) -> range:
    return range(scenario.calendar.steps + 1)


def observed(scenario, rules, paths, read, **more):
    """What `read` finds at each look: (step, first, value)."""
    found = []
    rk.replay(
        scenario, rules, paths, observe=lambda moment, first: found.append((moment.step, first, read(moment))), **more
    )
    return found


def stacked(scenario, rules, paths, read, **more):
    """What `read` finds (path) or (asset, path), put together over the batches: step → array."""
    stored: dict[int, list[np.ndarray]] = {}
    for step, _, value in observed(scenario, rules, paths, read, **more):
        stored.setdefault(step, []).append(value)
    return {step: np.concatenate(values, axis=-1) for step, values in stored.items()}


# ---------------------------------------------------------------------------------------------------------------------
# What is seen
# ---------------------------------------------------------------------------------------------------------------------


def test_a_rebalanced_book_against_hand_calculation():
    """Half A, half B, back to halves each month; prices of A: 1, 1.5, 1.5, .75, …

    step 1: wealth .5·1.5 + .5 = 1.25, A .75/1.25 = .6. To halves: .125 of A is sold for B; then A has .625/1.5 = 5/12
            of start wealth in units, 5/6 of its start units, and B .625.
    step 3: wealth 5/12·.75 + .625 = .9375, A .3125/.9375 = 1/3, drawdown 1 - .9375/1.25 = .25. To halves at .46875
            each: .15625 of A is bought.
    """
    seen = {}

    def observe(moment, first):
        book, trades = moment.book("rebalance"), moment.trades("rebalance")
        seen[moment.step] = (
            moment.time, moment.price, book.units, book.stake, book.weights, book.wealth, book.peak, book.drawdown,
        ), trades, dict(moment.events)  # fmt: skip

    rk.replay(two_holdings(rk.Rebalance(1)), "rebalance", [3], observe=observe, steps=range(7))
    expected = {
        0: (0.0, [1, 1], [1, 1], [0.5, 0.5], [0.5, 0.5], 1.0, 1.0, 0.0),
        1: (1 / 12, [1.5, 1], [1, 1], [0.5, 0.5], [0.6, 0.4], 1.25, 1.25, 0.0),
        2: (2 / 12, [1.5, 1], [5 / 6, 1.25], [5 / 12, 0.625], [0.5, 0.5], 1.25, 1.25, 0.0),
        3: (3 / 12, [0.75, 1], [5 / 6, 1.25], [5 / 12, 0.625], [1 / 3, 2 / 3], 0.9375, 1.25, 0.25),
        4: (4 / 12, [0.75, 1], [1.25, 0.9375], [0.625, 0.46875], [0.5, 0.5], 0.9375, 1.25, 0.25),
    }
    for step, values in expected.items():
        for found, value in zip(seen[step][0], values, strict=True):
            np.testing.assert_allclose(np.ravel(found), np.ravel(value), **CLOSE, err_msg=f"step {step}")
    assert seen[0][1] is None
    assert seen[1][1] is None
    first, second = seen[2][1], seen[4][1]
    assert (first.step, first.time, second.step) == (1, 1 / 12, 3)
    np.testing.assert_allclose(first.amount[:, 0], [-0.125, 0.125], **CLOSE)
    np.testing.assert_allclose(first.stake[:, 0], [5 / 12, 0.625], **CLOSE)
    np.testing.assert_allclose(second.amount[:, 0], [0.15625, -0.15625], **CLOSE)
    assert first.traded.all()
    assert not first.cost.any()
    assert not first.tax.any()
    assert not seen[3][1].traded.any()
    assert [seen[step][2]["A at 1"][0] for step in (0, 1, 6)] == [0, 1, 1]
    assert [seen[step][2]["A at 3"][0] for step in (2, 3, 6)] == [0, 1, 1]


def test_wealth_after_tax_and_drawdowns_so_far_end_where_the_columns_of_compare_do():
    """Bit for bit, as the columns are made of the same arrays; at step 3 the drawdown of the test above is .25."""
    scenario = two_holdings(rk.Rebalance(1), frictions=rk.Frictions(tax=rk.CapitalGains(0.25)))
    result = rk.compare(scenario, paths=200, seed=2, progress=False)
    end = scenario.calendar.steps
    for name, column in (("wealth_after_tax", "wealth"), ("max_drawdown", "max_drawdown")):
        found = stacked(
            scenario, "rebalance", range(200), lambda m, name=name: getattr(m.book("rebalance"), name), seed=2
        )
        np.testing.assert_array_equal(found[end], result.values("rebalance", column))
    deepest = observed(two_holdings(rk.Rebalance(1)), "rebalance", [3], lambda m: m.book("rebalance").max_drawdown)
    assert deepest[0][2] == pytest.approx([0.0])
    assert deepest[-1][2] == pytest.approx([0.25])


def test_cost_tax_and_purchase_cost_of_a_trade_against_hand_calculation():
    """Bought at half its price, A is sold in the first month at 1.5: trade of d pays 1 % and a quarter of its gain.

    Cap(.5) at step 1: A is .75 of 1.25, target .5 · 1.25 = .625; d = .125 is sold. It cost .125/1.5/2 = 1/24; the tax
    is .25 (.125 - 1/24) = 1/48, the cost .00125. The rest buys B: (.125 - .00125 - 1/48)/1.01. A unit of A still cost
    .5.
    """
    frictions = rk.Frictions(cost=0.01, tax=rk.CapitalGains(0.25))
    scenario = two_holdings(rk.Cap(0.5, holding="A", every=1), frictions=frictions)
    found = {step: value for step, _, value in observed(
        scenario, scenario.rules[0], [0], lambda moment: (moment.trades("cap"), moment.book("cap")), steps=[2]
    )}  # fmt: skip
    trades = found[2][0]
    bought = (0.125 - 0.00125 - 1 / 48) / 1.01
    np.testing.assert_allclose(trades.amount[:, 0], [-0.125, bought], **CLOSE)
    np.testing.assert_allclose(trades.cost[:, 0], [0.00125, 0.01 * bought], **CLOSE)
    np.testing.assert_allclose(trades.tax[:, 0], [1 / 48, 0.0], **CLOSE)
    costs = observed(scenario, "cap", [0], lambda moment: moment.book("cap").unit_cost, steps=[0, 2])
    np.testing.assert_allclose(costs[0][2][:, 0], [0.5, 1.0], **CLOSE)
    np.testing.assert_allclose(costs[1][2][0, 0], 0.5, **CLOSE)


def test_a_marked_price_stands_until_its_mark():
    """Marked every third month: the rise of the first month shows in the third, by when it has fallen to .75."""
    scenario = two_holdings(rk.Hold(), marks=rk.Marks(3, reacts=False))
    found = observed(scenario, "hold", [0], lambda moment: (moment.reported[0, 0], moment.price[0, 0]), steps=range(5))
    np.testing.assert_allclose([each for _, _, each in found], [(1, 1), (1, 1.5), (1, 1.5), (0.75, 0.75), (0.75, 0.75)])


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
def test_books_are_those_of_the_slow_twin(number):
    """Taxes, lots, deaths, windows, marks, loans, spending; every rule at once, companions beside them."""
    scenario, paths = random_friction_scenario(3 * number), [0, 3]
    dates = {rule.name: [] for rule in scenario.rules}
    series = {rule.name: [] for rule in scenario.rules}

    def observe(moment, first):
        for rule in scenario.rules:
            book, trades = moment.book(rule), moment.trades(rule.name)
            series[rule.name].append((book.wealth, book.peak, book.weights, book.stake, book.accounts, moment.price))
            if trades is not None and trades.step == moment.step - 1:
                dates[rule.name].append(trades)

    rk.replay(scenario, scenario.rules, paths, seed=5, observe=observe, steps=every_step(scenario))
    for rule in scenario.rules:
        for place, path in enumerate(paths):
            book, _ = twin.run(scenario, rule, path, 5)
            wealth, peak, weights, stake, accounts, price = zip(*series[rule.name], strict=True)
            which = f"{rule.name}, path {path}"
            np.testing.assert_allclose([each[place] for each in wealth], book.wealth, **FRICTIONS, err_msg=which)
            peaks = np.maximum.accumulate(book.wealth)
            np.testing.assert_allclose([each[place] for each in peak], peaks, **FRICTIONS, err_msg=which)
            np.testing.assert_allclose([each[:, place] for each in weights], book.weights, **FRICTIONS, err_msg=which)
            worth = np.array([each[:, place] > 1e-12 for each in price])  # what is worthless has units of rounding
            units = np.where(worth, [each[:, place] for each in stake], 0.0)
            np.testing.assert_allclose(units, np.where(worth, book.units, 0.0), **FRICTIONS, err_msg=which)
            for name, values in book.accounts.items():
                found = [each[name][place] for each in accounts]
                np.testing.assert_allclose(found, values, **FRICTIONS, err_msg=f"{which}: {name}")
            amount, cost, tax = (
                {(each.step, row): getattr(each, name)[row, place]
                 for each in dates[rule.name] for row in range(len(scenario.portfolio.names))}
                for name in ("amount", "cost", "tax")
            )  # fmt: skip
            names = list(scenario.portfolio.names)
            expected = {(step, names.index(name)): amounts for step, name, *amounts in book.trades}
            for key in amount.keys() | expected.keys():
                amounts = expected.get(key, (0.0, 0.0, 0.0))
                found = [each.get(key, 0.0) for each in (amount, cost, tax)]
                np.testing.assert_allclose(found, amounts, rtol=1e-9, atol=1e-9, err_msg=f"{which}: {key}")


def test_prices_and_wealth_balance_through_margin_calls():
    """Wealth = 1 + Σ units·Δprice - cost - interest + the lender's loss; units change on dates and by margin calls."""
    portfolio = rk.Portfolio(
        [rk.Holding("A", 100, founder="Ann"), rk.Holding("B", 30)], loan=rk.Loan(60, rate=0.05, max_loan_to_value=0.55)
    )
    market = rk.Market({"A": rk.Asset(0.05, 0.6), "B": rk.Asset(0.03, 0.2)})
    scenario = rk.Scenario(
        portfolio, market, [rk.Cap(0.7)], frictions=rk.Frictions(cost=0.002), years=3, steps_per_year=12
    )
    profit, last = np.zeros(500), []

    def observe(moment, first):
        rows, book = slice(first, first + moment.paths.size), moment.book("cap")
        if moment.step:
            price, stake = last[-1]
            trades = moment.trades("cap")
            if trades is not None and trades.step == moment.step - 1:
                stake = trades.stake
            profit[rows] += (stake * (moment.price - price)).sum(axis=0)
        last.append((moment.price, book.stake))
        if moment.step == 36:
            of = book.accounts
            worth = 1.0 + profit[rows] - of["cost"] - of["interest"] + of["lender_loss"]
            np.testing.assert_allclose(book.wealth, worth, rtol=1e-11, atol=1e-12)
            assert (of["debt"] < 60 / 70 - 1e-3).any()  # some were called

    rk.replay(scenario, "cap", range(500), seed=2, observe=observe, steps=every_step(scenario))


def test_a_path_is_that_of_compare_bit_for_bit():
    scenario = house(*rules_of_every_kind(), years=1, steps_per_year=12)
    paths = [299, 0, 17]
    result = rk.compare(scenario, paths=300, seed=4, progress=False)
    end = observed(
        scenario, scenario.names, paths, lambda moment: [moment.book(name).wealth for name in scenario.names],
        seed=4, steps=[12],
    )  # fmt: skip
    for name, wealth in zip(scenario.names, end[0][2], strict=True):
        np.testing.assert_array_equal(wealth, result.values(name, "wealth")[paths], err_msg=name)


def test_events_so_far_are_listed_path_by_path():
    """Each row has its time within the steps so far, and as many rows as events are counted."""
    scenario = house(rk.Hold(), years=3, steps_per_year=12)
    tables = observed(
        scenario, "hold", range(40, 180), lambda moment: (moment.event_table(), moment.events, moment.paths),
        steps=[0, 10, 36],
    )  # fmt: skip
    for step, _, (table, counts, paths) in tables:
        assert (table["step"] <= step).all()
        assert (table["time"] * 12 <= step).all()
        assert table["path"].is_monotonic_increasing
        assert set(table["path"]) <= set(paths)
        for shock, count in counts.items():
            rows = table[table["shock"] == shock].groupby("path").size().reindex(paths, fill_value=0)
            np.testing.assert_array_equal(rows, count)
    assert not len(tables[0][2][0])
    assert len(tables[-1][2][0]) > 100


# ---------------------------------------------------------------------------------------------------------------------
# Batches
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [128, 384])
def test_same_bits_for_any_batch_length_and_whatever_else_is_replayed(monkeypatch, size):
    scenario = house(*rules_of_every_kind(), years=2, steps_per_year=12)
    paths = [*range(500, 100, -1), 7, 7, 3000]

    def read(moment):
        book = moment.book("cap")
        return np.stack([book.wealth, book.peak, book.drawdown, *book.weights, *moment.price, *book.stake])

    whole = stacked(scenario, scenario.rules, paths, read, seed=1)
    monkeypatch.setattr(_replay, "paths_per_batch", lambda *arguments, **named: size)
    for rules in (scenario.rules, "cap"):
        found = stacked(scenario, rules, paths, read, seed=1)
        assert found.keys() == whole.keys()
        for step, values in whole.items():
            np.testing.assert_array_equal(found[step], values)


@pytest.mark.parametrize("count", [1, 127, 128, 129, 300])
def test_what_fills_up_a_block_is_never_seen(monkeypatch, count):
    monkeypatch.setattr(_replay, "paths_per_batch", lambda *arguments, **named: 128)
    scenario = random_friction_scenario(3)
    rule, seen = scenario.rules[0], []

    def observe(moment, first):
        book, trades, size = moment.book(rule), moment.trades(rule), moment.paths.size
        arrays = [moment.price, moment.reported, *moment.events.values(), book.units, book.weights, book.wealth,
                  book.peak, book.drawdown, book.stake, *book.accounts.values()]  # fmt: skip
        if trades is not None:
            arrays += [trades.traded, trades.amount, trades.cost, trades.tax, trades.stake]
        assert {array.shape[-1] for array in arrays} == {size}
        assert set(moment.event_table()["path"]) <= set(moment.paths)
        if moment.step == scenario.calendar.steps:
            seen.append((first, moment.paths))

    rk.replay(scenario, rule, np.arange(count) + 5, observe=observe)
    np.testing.assert_array_equal(np.concatenate([paths for _, paths in seen]), np.arange(count) + 5)
    assert [first for first, _ in seen] == list(range(0, count, 128))


def test_more_paths_than_fit_a_batch_come_one_batch_after_the_other():
    scenario = house(rk.Hold(), years=1, steps_per_year=1)
    found = observed(scenario, "hold", range(20_000), lambda _: None, steps=[0, 1])
    order = [(first, step) for step, first, _ in found]
    assert order == sorted(order)
    assert len({first for first, _ in order}) >= 3


# ---------------------------------------------------------------------------------------------------------------------
# When, and what is handed out
# ---------------------------------------------------------------------------------------------------------------------


def test_by_default_month_ends_and_the_end_are_observed():
    """A year of 250 days: month k ends on day floor(250 k/12 + 1/2); half a step beyond six months is no month end."""
    ends = [21, 42, 63, 83, 104, 125, 146, 167, 188, 208, 229, 250]
    scenario = house(rk.Hold(), years=1, steps_per_year=250)
    assert [step for step, _, _ in observed(scenario, "hold", [0], lambda _: None)] == ends
    short = house(rk.Hold(), years=0.7, steps_per_year=10)
    assert [step for step, _, _ in observed(short, "hold", [0], lambda _: None)] == [1, 2, 3, 4, 5, 6, 7]


def test_trades_are_of_the_last_date_between_two_observed_steps():
    found = observed(
        two_holdings(rk.Rebalance(1)), "rebalance", [0], lambda moment: moment.trades("rebalance").step, steps=[3, 6]
    )
    assert [step for _, _, step in found] == [2, 5]


def test_nothing_runs_beyond_the_last_look():
    class Early(rk.Rule):
        def decide(self, view, state):
            assert view.step < 3
            return None, state

    assert len(observed(two_holdings(Early()), Early(), [0], lambda moment: moment.price, steps=[1, 3])) == 2


def test_arrays_stay_as_they_are_and_are_read_only():
    scenario = house(rk.Rebalance(1), years=1, steps_per_year=12)
    stored = []

    def observe(moment, first):
        book = moment.book("rebalance")
        arrays = [moment.price, moment.reported, book.units, book.stake, book.weights, book.wealth, book.peak,
                  book.drawdown, *book.accounts.values(), *moment.events.values(), moment.paths]  # fmt: skip
        if moment.trades("rebalance") is not None:
            trades = moment.trades("rebalance")
            arrays += [trades.traded, trades.amount, trades.cost, trades.tax, trades.stake]
        stored.extend((array, array.copy()) for array in arrays)

    rk.replay(scenario, "rebalance", range(128), observe=observe)
    for array, copy in stored:
        np.testing.assert_array_equal(array, copy)
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_moment_ends_with_observe():
    stored = []

    def observe(moment, first):
        stored.append((moment, moment.book("hold"), moment.book("hold").wealth))

    rk.replay(two_holdings(rk.Hold()), "hold", [0], observe=observe, steps=[6])
    moment, book, wealth = stored[0]
    assert book.wealth is wealth
    for late in (lambda: moment.price, lambda: book.units, lambda: moment.book("hold"), lambda: moment.trades("hold"),
                 lambda: moment.events, moment.event_table):  # fmt: skip
        with pytest.raises(rk.InvalidInput, match="a moment can be read only while observe"):
            late()


def test_a_fixed_event_happens_then_on_every_path_and_adds_to_those_of_the_scenario():
    scenario = house(rk.Hold(), years=2, steps_per_year=12).with_event("crash", year=1.5)
    read = lambda moment: np.stack([*moment.price, *moment.events.values()])  # noqa: E731
    found = stacked(scenario, "hold", range(200), read, seed=3, fixed={"founder exit": 0.5})
    forced = stacked(scenario.with_event("founder exit", year=0.5), "hold", range(200), read, seed=3)
    for step, values in forced.items():
        np.testing.assert_array_equal(found[step], values)
    assert (found[5][-2] == 0).all()
    assert (found[6][-2] == 1).all()
    assert (found[17][-1] == 0).all()
    assert (found[24][-2:] == 1).all()


def test_rules_that_are_not_the_scenarios_are_replayed_and_companions_only_beside_them():
    scenario = house(rk.Hold(), years=1, steps_per_year=12)
    trim = rk.Trim(1.0, 1)
    last = rk.SellLast(after=trim)
    both = stacked(scenario, [last, trim], [1], lambda moment: moment.book(last).wealth, seed=1)
    alone = stacked(scenario, last, [1], lambda moment: moment.book("sell last").wealth, seed=1)
    np.testing.assert_array_equal(both[12], alone[12])
    with pytest.raises(rk.InvalidInput, match="rule must be one of those replayed, 'sell last', got Trim"):
        observed(scenario, last, [1], lambda moment: moment.book(trim))


# ---------------------------------------------------------------------------------------------------------------------
# Bad input
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"scenario": "baron"}, "scenario must be a Scenario, got 'baron'"),
        ({"rules": "cap"}, "rule must name one of 'hold', got 'cap'"),
        ({"rules": 3}, "rules must be rules or names of the scenario's, got 3"),
        ({"rules": [rk.Hold]}, "rules must be Rule objects or names of the scenario's, got <class"),
        ({"rules": []}, "rules must hold at least one rule, got none"),
        ({"rules": ["hold", rk.Hold()]}, "names of rules must"),
        ({"paths": 5}, r"paths must be the numbers of paths, such as range\(100\), got 5"),
        ({"paths": []}, "paths must name at least one path, got none"),
        ({"paths": range(0)}, "paths must name at least one path, got none"),
        ({"paths": np.zeros(0, np.int64)}, "paths must name at least one path, got none"),
        ({"paths": [3, -1]}, "paths: each number must be >= 0 .*got -1"),
        ({"paths": range(3, -2, -1)}, "paths: each number must be >= 0 .*got -1"),
        ({"paths": np.array([3, -1])}, "paths: each number must be >= 0 .*got -1"),
        ({"paths": [0.5]}, r"paths: each number must be a whole number, got 0\.5"),
        ({"paths": np.array([1.0])}, "paths: each number must be a whole number, got"),
        ({"paths": [True]}, "paths: each number must be a whole number, got True"),
        ({"paths": [2**62 + 1]}, "paths: each number must be .*<= "),
        ({"paths": np.array([2**63], np.uint64)}, "paths: each number must be .*<= "),
        ({"paths": "12"}, "paths: each number must be a whole number, got '1'"),
        ({"seed": -1}, r"seed must be from 0 to 2\*\*64 - 1, got -1"),
        ({"seed": 0.5}, r"seed must be a whole number, got 0\.5"),
        ({"observe": None}, "observe must be a function of a moment and a position, got None"),
        ({"steps": 3}, r"steps must be steps of the calendar, such as range\(0, 6\), got 3"),
        ({"steps": []}, "steps must name at least one step, got none"),
        ({"steps": [-1, 2]}, "steps: each step must be >= 0 and <= 6, got -1"),
        ({"steps": [2, 7]}, "steps: each step must be >= 0 and <= 6, got 7"),
        ({"steps": [2.0]}, r"steps: each step must be a whole number, got 2\.0"),
        ({"steps": [3, 2]}, "steps must increase, got 2 after 3"),
        ({"steps": [3, 3]}, "steps must increase, got 3 after 3"),
        ({"fixed": "A at 1"}, r"fixed must be a mapping \{shock: year\}, got 'A at 1'"),
        ({"fixed": {"a at 1": 0.2}}, "fixed: each shock .*'A at 1'"),
        ({"fixed": {"A at 1": 0.0}}, "fixed: year of 'A at 1' must be > 0"),
        ({"fixed": {"A at 1": 0.6}}, "fixed: year of 'A at 1' must be .*<= 0.5"),
        ({"fixed": {"A at 1": "soon"}}, "fixed: year of 'A at 1' must be a number, got 'soon'"),
    ],
)
def test_what_is_not_valid_is_refused_before_anything_runs(more, message):
    def never(moment, first):
        raise AssertionError

    arguments = {"scenario": two_holdings(rk.Hold()), "rules": "hold", "paths": [0], "observe": never, **more}
    with pytest.raises(rk.InvalidInput, match=message):
        rk.replay(arguments.pop("scenario"), arguments.pop("rules"), arguments.pop("paths"), **arguments)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("cap", "rule must name one of 'hold', got 'cap'"),
        (rk.Cap(0.3), "rule must be one of those replayed, 'hold', got Cap"),
        (rk.Hold(name="other"), "rule must be one of those replayed, 'hold', got Hold"),
        (3, "rule must be a Rule or the name of one, got 3"),
    ],
)
@pytest.mark.parametrize("ask", ["book", "trades"])
def test_a_rule_that_was_not_replayed_is_refused(rule, message, ask):
    with pytest.raises(rk.InvalidInput, match=message):
        observed(two_holdings(rk.Hold()), "hold", [0], lambda moment: getattr(moment, ask)(rule))


def test_purchase_costs_need_a_tax():
    with pytest.raises(rk.InvalidInput, match="unit_cost needs a tax"):
        observed(two_holdings(rk.Hold()), "hold", [0], lambda moment: moment.book("hold").unit_cost)


def test_what_observe_raises_ends_the_replay_and_says_when():
    with pytest.raises(ZeroDivisionError) as caught:
        observed(two_holdings(rk.Hold()), "hold", [0], lambda moment: 1 / (moment.step - 2))
    assert caught.value.__notes__ == ["while observe was called at step 2 (0.1667 years)"]


def test_ctrl_c_ends_it_as_one_error():
    def observe(moment, first):
        raise KeyboardInterrupt

    with pytest.raises(rk.Interrupted, match="before the paths were replayed"):
        rk.replay(two_holdings(rk.Hold()), "hold", [0], observe=observe)
