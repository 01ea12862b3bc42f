"""Print a Markdown table of riskkit, bt, vectorbt, quantstats, skfolio and NumPy on the same work.

Run: ``python tests/benchmarks/peers.py [--rounds 5]`` where these are installed; one that is not is left out and named.
Every peer's answer is checked against riskkit's. All times are taken in turn in one process on one thread, after a
first round that warms both. Ratios are medians: above 1 riskkit is faster.

`compare` cannot be given prices, so where a peer is, riskkit does more: it draws them, and takes all its statistics.
bt holds one portfolio and is run once a path; it was not made for many.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module, metadata
from itertools import pairwise

import job
import numpy as np
import pandas as pd

import riskkit as rk

YEARS, STEPS = 10, 252

#: Paths that riskkit runs; a peer that is slow a path runs fewer, and ratios are of the time a path takes.
PATHS = 16_384

#: Paths that NumPy takes at a time: as many as it is fastest with.
BLOCK = 64

UNFAIR = "the peer the prices; riskkit draws them and takes all its statistics"


@dataclass(frozen=True)
class Contest:
    """One piece of work, done twice; the two answers must be equal to `close`."""

    work: str
    peer: str
    given: str  # what each side has before the clock starts
    mine: Callable[[], np.ndarray]
    theirs: Callable[[], np.ndarray]
    close: float
    scale: float = 1.0  # how many times as much work riskkit did


def main() -> None:
    """Run every contest for which the peer is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="of riskkit's paths; below 1 to see that it runs")
    options = parser.parse_args()
    print("| work | peer | who is given what | times as long as riskkit | largest relative difference |")
    print("|---|---|---|---|---|")
    missing = []
    for name, contests in PEERS.items():
        try:
            import_module(name)
        except Exception as error:
            missing.append(f"{name} ({type(error).__name__})")
            continue
        for contest in contests(options.share):
            print(line(contest, options.rounds), flush=True)
    if missing:
        print(f"\nNot installed, or not to be imported here: {', '.join(missing)}.")


def line(contest: Contest, rounds: int) -> str:
    """A row of the table; the answers are compared first, which warms both."""
    mine, theirs = contest.mine(), contest.theirs()
    gap = float(np.max(np.abs(mine / theirs - 1.0)))
    assert gap < contest.close, f"{contest.work}, {contest.peer}: {mine} and {theirs} differ by {gap:.2g}"
    ratios = []
    for _ in range(rounds):
        taken = job.seconds(contest.mine) / contest.scale
        ratios.append(job.seconds(contest.theirs) / taken)
    told = f"{statistics.median(ratios):.3g} | {gap:.0e}"
    return f"| {contest.work} | {contest.peer} | {contest.given} | {told} |"


def fixture(paths: int) -> tuple[rk.Scenario, np.ndarray, np.ndarray, np.ndarray]:
    """Job J with one rule and no costs; the prices of its paths (time, asset, path), start weights, and trading days.

    A path of `sample` is that of `compare`, so that the wealth must be the same number by number.
    """
    whole = job.job()
    scenario = rk.Scenario(whole.portfolio, whole.market, [rk.Rebalance(1)], years=YEARS, steps_per_year=STEPS)
    prices = rk.sample(whole.market, years=YEARS, steps_per_year=STEPS, paths=paths, seed=1).prices
    return scenario, prices, np.array(job.START) / sum(job.START), np.arange(21, YEARS * STEPS, 21)


def outcome(scenario: rk.Scenario, paths: int, quantity: str = "wealth") -> np.ndarray:
    """Wealth at the end, or another quantity, path by path, with all of riskkit's statistics on the way."""
    result = rk.compare(scenario, paths=paths, seed=1, workers=1, progress=False)
    return np.asarray(result.values("rebalance", quantity))


def many(share: float) -> int:
    """Paths that riskkit runs: whole batches of 64, and as many as a peer has at least."""
    return max(int(PATHS * share) // 64 * 64, 2048)


def rebalanced(prices: np.ndarray, weights: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Wealth (time, path) of weights that are restored on some days, in whole arrays."""
    path = np.ones((prices.shape[0], prices.shape[2]))
    for start, stop in pairwise((0, *days, prices.shape[0] - 1)):
        units = path[start] * weights[:, None] / prices[start]
        path[start + 1 : stop + 1] = (units * prices[start + 1 : stop + 1]).sum(axis=1)
    return path


def deepest(path: np.ndarray) -> np.ndarray:
    """The max drawdown of each column."""
    return (1.0 - path / np.maximum.accumulate(path, axis=0)).max(axis=0)


def wealth_at_end(scenario: rk.Scenario, paths: int, few: int, peer: str, theirs: Callable[[], np.ndarray]) -> Contest:
    """The work that most peers can do: riskkit runs `paths`, the peer the first `few` of them."""
    return Contest(
        "a path of 10 years of days, 6 assets, monthly to start weights: wealth at the end",
        peer,
        UNFAIR,
        lambda: outcome(scenario, paths)[:few],
        theirs,
        1e-6,
        scale=paths / few,
    )


def plain_numpy(share: float) -> Iterator[Contest]:
    few, paths = 2048, many(share)
    scenario, prices, weights, days = fixture(few)
    blocks = [np.ascontiguousarray(prices[:, :, start : start + BLOCK]) for start in range(0, few, BLOCK)]
    peer = f"NumPy {np.__version__}, {few:,} paths in blocks of {BLOCK} (riskkit: {paths:,} paths)"

    def ends(block: np.ndarray) -> np.ndarray:
        edges = block[[0, *days, -1]]
        return np.prod((weights[:, None] * edges[1:] / edges[:-1]).sum(axis=1), axis=0)

    yield wealth_at_end(
        scenario,
        paths,
        few,
        f"{peer}, which looks at the days of trades alone",
        lambda: np.concatenate([ends(block) for block in blocks]),
    )
    yield Contest(
        "the same: max drawdown",
        peer,
        UNFAIR,
        lambda: outcome(scenario, paths, "max_drawdown")[:few],
        lambda: np.concatenate([deepest(rebalanced(block, weights, days)) for block in blocks]),
        1e-6,
        scale=paths / few,
    )
    plain = replace(scenario, market=rk.Market(scenario.market.assets, scenario.market.correlation))
    growth, swing = np.log1p(job.RETURNS), np.array(job.VOLATILITIES)
    generator = np.random.Generator(np.random.SFC64(1))
    drift = ((growth - 0.5 * swing**2) / STEPS)[:, None]
    mix = np.linalg.cholesky(plain.market.correlation.to_numpy()) * swing[:, None] / STEPS**0.5

    def drawn() -> np.ndarray:
        logs = mix @ generator.standard_normal((YEARS * STEPS, len(job.NAMES), BLOCK))
        logs += drift
        path = np.exp(np.cumsum(logs, axis=0, out=logs), out=logs)
        path = rebalanced(np.concatenate([np.ones((1, *path.shape[1:])), path]), weights, days)
        return np.array([deepest(path), np.log(path[-1])])

    def theirs() -> np.ndarray:
        falls, logs = np.concatenate([drawn() for _ in blocks], axis=1)
        return np.array([falls.mean(), logs.std()])

    def mine() -> np.ndarray:
        result = rk.compare(plain, paths=paths, seed=1, workers=1, progress=False)
        logs = np.log(np.asarray(result.values("rebalance", "wealth")))
        return np.array([np.mean(result.values("rebalance", "max_drawdown")), logs.std()])

    yield Contest(
        "the same without shocks: mean max drawdown and sd of log wealth, each side of its own random numbers",
        peer,
        "both draw the prices; riskkit takes all its statistics, NumPy these two",
        mine,
        theirs,
        0.08,  # 4 standard errors of an sd from 2,048 paths are 4 / √4096 = 6 %
        scale=paths / few,
    )


def frame(prices: np.ndarray, path: int) -> pd.DataFrame:
    """Prices of one path as a table of business days."""
    dates = pd.bdate_range("2000-01-03", periods=prices.shape[0])
    return pd.DataFrame(prices[:, :, path], dates, list(job.NAMES))


def bt_contests(share: float) -> Iterator[Contest]:
    import bt

    few, paths = 4, many(share)
    scenario, prices, weights, days = fixture(few)
    tables = [frame(prices, path) for path in range(few)]
    dates = [tables[0].index[0], *tables[0].index[days]]
    named = dict(zip(job.NAMES, weights, strict=True))

    def theirs() -> np.ndarray:
        ends = []
        for table in tables:
            steps = [bt.algos.RunOnDate(*dates), bt.algos.SelectAll(), bt.algos.WeighSpecified(**named)]
            strategy = bt.Strategy("rebalance", [*steps, bt.algos.Rebalance()])
            test = bt.Backtest(strategy, table, integer_positions=False, progress_bar=False)
            test.run()
            ends.append(test.strategy.prices.iloc[-1] / 100.0)
        return np.array(ends)

    peer = f"bt {metadata.version('bt')}, a backtest a path, {few} paths (riskkit: {paths:,})"
    yield wealth_at_end(scenario, paths, few, peer, theirs)


def vectorbt_contests(share: float) -> Iterator[Contest]:
    import vectorbt as vbt

    few, paths = 512, many(share)
    scenario, prices, weights, days = fixture(few)
    columns = pd.MultiIndex.from_product([range(few), job.NAMES])
    wide = pd.DataFrame(prices.transpose(0, 2, 1).reshape(prices.shape[0], -1), columns=columns)
    size = np.full(wide.shape, np.nan)
    size[[0, *days]] = np.tile(weights, few)

    def theirs() -> np.ndarray:
        run = vbt.Portfolio.from_orders(
            wide, size, size_type="targetpercent", group_by=0, cash_sharing=True, call_seq="auto", init_cash=1.0,
            min_size=0.0,
        )  # fmt: skip
        return run.final_value().to_numpy()

    peer = f"vectorbt {metadata.version('vectorbt')}, {few} paths at once (riskkit: {paths:,})"
    yield wealth_at_end(scenario, paths, few, peer, theirs)


def quantstats_contests(share: float) -> Iterator[Contest]:
    import quantstats.stats as qs

    _, prices, weights, _ = fixture(1)
    levels = pd.Series(prices[:, :, 0] @ weights, pd.bdate_range("2000-01-03", periods=prices.shape[0]))
    returns = levels.pct_change().dropna()
    peer = f"quantstats {metadata.version('quantstats')}"
    yield Contest(
        "max drawdown of 10 years of days",
        peer,
        "both the same levels",
        lambda: np.array([rk.measures.max_drawdown(levels)]),
        lambda: np.array([-qs.max_drawdown(levels)]),
        1e-9,
    )
    yield Contest(
        "table of drawdowns of 10 years of days: the deepest",
        peer,
        "both the same levels, as each asks for them",
        lambda: np.array([rk.measures.drawdown_table(levels)["depth"].iloc[0]]),
        lambda: np.array([-qs.drawdown_details(qs.to_drawdown_series(returns))["max drawdown"].min() / 100.0]),
        1e-6,
    )


def skfolio_contests(share: float) -> Iterator[Contest]:
    from cvar import LEVEL, heavy_tails, skfolio_cvar

    for scenarios, assets in ((int(10_000 * share), 20), (int(50_000 * share), 10)):
        returns = heavy_tails(scenarios, assets)
        yield Contest(
            f"least CVaR of {scenarios:,} scenarios x {assets}: the objective",
            f"skfolio {metadata.version('skfolio')}",
            "both the same returns",
            lambda returns=returns: np.array([rk.optimize.min_cvar(returns, level=LEVEL).objective]),
            lambda returns=returns: np.array([skfolio_cvar(returns)]),
            1e-4,
        )


PEERS: dict[str, Callable[[float], Iterator[Contest]]] = {
    "numpy": plain_numpy,
    "bt": bt_contests,
    "vectorbt": vectorbt_contests,
    "quantstats": quantstats_contests,
    "skfolio": skfolio_contests,
}


if __name__ == "__main__":
    main()
