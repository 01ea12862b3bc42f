"""Compare the numbers of two versions of riskkit bit by bit, for changes of structure.

Run: ``python tests/compare_versions.py BEFORE AFTER [--paths 512] [--only CASE]``, each a commit or a folder with a
``pyproject.toml``. Each version is installed into an environment of its own, with the same versions of all other
packages; with ``--shared-packages`` the packages of this Python serve both, and only riskkit itself is installed anew.
Job J, the founder's case and ten scenarios with every friction run in each, and every column, table, path and account
is compared. The exit code is 1 if a bit differs; each array that differs is listed with its largest difference.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
TOP = HERE.parent


# ---------------------------------------------------------------------------------------------------------------------
# Installing a version and measuring it in a process of its own
# ---------------------------------------------------------------------------------------------------------------------


def unpacked(version: str, folder: Path) -> Path:
    """The source of a version: a folder as it is, a commit unpacked."""
    if (Path(version) / "pyproject.toml").is_file():
        return Path(version).resolve()
    folder.mkdir()
    archive = subprocess.run(["git", "-C", str(TOP), "archive", version], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return folder


def pip(python: str, *arguments: str) -> str:
    """Run pip quietly, and return what it prints."""
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def installed(sources: list[Path], place: Path, shared: bool) -> list[tuple[str, dict[str, str]]]:
    """Install each version; return the interpreter and the environment variables with which it runs."""
    environments = []
    constraints = place / "constraints.txt"
    constraints.write_text("")
    for number, source in enumerate(sources):
        target = place / f"environment {number}"
        cache = {"NUMBA_CACHE_DIR": str(place / f"compiled {number}")}
        if shared:
            pip(sys.executable, "install", "--quiet", "--no-deps", "--target", str(target), str(source))
            environments.append((sys.executable, {"PYTHONPATH": str(target), **cache}))
            continue
        venv.create(target, with_pip=True)
        python = str(target / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        pip(python, "install", "--quiet", "--constraint", str(constraints), str(source))
        frozen = pip(python, "freeze", "--exclude", "riskkit")
        constraints.write_text(frozen)
        environments.append((python, cache))
    return environments


def measured(python: str, variables: dict[str, str], target: Path, paths: int, only: str) -> dict[str, np.ndarray]:
    """The arrays of one version, measured in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    command = [python, "-W", "ignore", str(HERE / "compare_versions.py"), "--measure", str(target)]
    command += ["--paths", str(paths), "--only", only]
    subprocess.run(command, check=True, env=environment | variables, cwd=target.parent)
    with np.load(target, allow_pickle=False) as arrays:
        return dict(arrays)


# ---------------------------------------------------------------------------------------------------------------------
# The cases, by public names only, so that they run with every version
# ---------------------------------------------------------------------------------------------------------------------


def arrays_of(paths: int, only: str) -> Iterator[tuple[str, np.ndarray]]:
    """Every number that the cases whose names begin with `only` give, by a name of its own."""
    import riskkit as rk

    sys.path.insert(0, str(HERE / "benchmarks"))
    import job

    cases = {
        "J": job.job(),
        "J, monthly": job.job(12),
        "J, rules at every step": job.job(12, every=0),
        "baron": rk.scenarios.baron(),
        "baron, his belief": rk.scenarios.baron(0.1746),
        **{f"frictions {number}": with_frictions(number) for number in range(10)},
    }
    for name, scenario in cases.items():
        if not name.startswith(only):
            continue
        for what, array in answers(rk.compare(scenario, paths=paths, seed=7, progress=False)):
            yield f"{name}: {what}", array
        # A trace goes step by step: of the long cases one rule is enough.
        for rule in scenario.rules if scenario.years < 10 else scenario.rules[-1:]:
            for what, array in books(rk.trace(scenario, rule, paths=[0, 5], seed=7)):
                yield f"{name}: trace of {rule.name}: {what}", array
        drawn = rk.sample(scenario.market, years=1, steps_per_year=12, paths=20, seed=7)
        yield f"{name}: sample", drawn.prices
        yield f"{name}: events of the sample", drawn.events[["path", "time", "step"]].to_numpy(dtype=float)


def answers(result):
    """Columns, path weights and tables of a comparison."""
    frame = result.to_pandas().drop(columns="rule")
    # One name for both versions: earlier ones call these columns ticks.
    frame = frame.rename(columns=lambda name: name.replace("ticks: ", "events: "))
    for column in frame:
        yield str(column), frame[column].to_numpy(dtype=float)
    for name, table in {
        "table": result.table(), "errors": result.errors(), "differences": result.differences()
    }.items():  # fmt: skip
        for column in table:
            yield f"{name}, {column}", table[column].to_numpy(dtype=float)


def books(trace):
    """Wealth, weights, prices, accounts and trades of a trace."""
    yield from (("wealth", trace.wealth), ("weights", trace.weights), ("prices", trace.prices))
    yield from trace.accounts.items()
    yield "trades", trace.trades[["path", "time", "amount", "cost", "tax"]].to_numpy(dtype=float)


def with_frictions(number: int):
    """The `number`-th of ten scenarios that have taxes, lots, a death, windows, marks, a loan and spending."""
    import riskkit as rk

    draw = np.random.default_rng([14, number])
    lots = [rk.Lot(20, 2), rk.Lot(12, 15), rk.Lot(8, 0)]
    windows = rk.TenderWindows((3, 9), 0.4, discount=0.1, until=2.0, then=rk.Listed()) if number % 2 else rk.Locked(1.5)
    holdings = [
        rk.Holding("listed", 40, founder="Ann", cost=lots, method=("average", "fifo", "hifo")[number % 3]),
        rk.Holding("private", 20, founder="Ann", cost=6, liquidity=windows, marks=rk.Marks(3, reacts=number % 4 == 1)),
        rk.Holding("slow", 10, founder={"Ann": 0.5}, liquidity=rk.Listed(monthly_limit=0.2)),
        rk.Holding("index", 25, cost=30),
        rk.Holding("cash", 5),
    ]
    portfolio = rk.Portfolio(holdings, loan=rk.Loan(25, 0.05, 0.5) if number % 5 else None)
    assets = {
        "listed": rk.Asset(0.10, 0.50),
        "private": rk.Asset(0.08, 0.60),
        "slow": rk.Asset(0.05, 0.40),
        "index": rk.Asset(0.06, 0.16),
        "cash": rk.Asset(0.02, 0.0),
    }
    correlation = {"listed": {"private": 0.4, "index": 0.5}, "private": {"index": 0.3}}
    exit_ = rk.founder_exit(portfolio, "Ann", 0.2, rk.Impact(-0.5, 0.15))
    crash = rk.Shock("crash", 0.4, {"listed": rk.Impact(-0.3, 0.1), "index": rk.Impact(-0.2, 0.05)}, together=0.6)
    tails = (None, rk.NormalInverseGaussian(8.0), rk.Clustered(0.3, 0.5), None, rk.StudentT(5.0))[number % 5]
    market = rk.Market(assets, correlation, shocks=(exit_, crash), tails=tails, compensate=bool(number % 2))
    spending = rk.Spending(rate=0.04) if number % 2 else rk.Spending(amount=3, grows=True)
    tax = rk.CapitalGains(0.25, loss_offset=number % 4 != 3, at_end="sell" if number % 3 else "step_up")
    cost = float(draw.uniform(0.0, 0.02))
    every = int(draw.integers(0, 3))
    rules = (
        rk.Hold(), rk.DiversifyNow(), rk.Rebalance(3), rk.Band(0.05, every=every), rk.Cap(0.4, to=0.3, every=every),
        rk.Trim(0.6, 1.5), rk.TakeProfit(1.3, 0.5), rk.BuyDips(0.2, 0.05), rk.SellLast(after=rk.Trim(1.0, 1.0)),
        rk.DrawdownControl(0.4, every=every),
    )  # fmt: skip
    return rk.Scenario(
        portfolio, market, rules,
        frictions=rk.Frictions(cost, tax=tax, spending=spending, death=0.1 if number % 3 == 0 else None),
        years=3, steps_per_year=(12, 52, 252)[number % 3], inflation=0.02,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# Comparing
# ---------------------------------------------------------------------------------------------------------------------


def differences(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> list[str]:
    """A line for each array that one version lacks or whose bits differ."""
    lines = [f"{name}: only before" for name in before if name not in after]
    lines += [f"{name}: only after" for name in after if name not in before]
    for name in before:
        if name not in after:
            continue
        one, other = before[name], after[name]
        if one.shape != other.shape:
            lines.append(f"{name}: shape {one.shape} before, {other.shape} after")
        elif one.tobytes() != other.tobytes():
            differ = np.ascontiguousarray(one).view(np.uint64) != np.ascontiguousarray(other).view(np.uint64)
            with np.errstate(invalid="ignore", over="ignore"):
                largest = float(np.max(np.abs(one - other)[differ], initial=0.0))
            lines.append(f"{name}: {int(differ.sum()):,} of {one.size:,} numbers differ, by at most {largest:.3g}")
    return lines


def main() -> int:
    """Measure or compare; the exit code is 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*", metavar="VERSION", help="a commit or a folder; the one before first")
    parser.add_argument("--paths", type=int, default=512)
    parser.add_argument("--only", default="", help="cases whose names begin so, such as 'frictions' or 'J'")
    parser.add_argument("--shared-packages", action="store_true")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        np.savez(options.measure, **dict(arrays_of(options.paths, options.only)))
        return 0
    if len(options.versions) != 2:
        parser.error(f"two versions are compared, got {len(options.versions)}")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        sources = [unpacked(version, place / f"source {n}") for n, version in enumerate(options.versions)]
        environments = installed(sources, place, options.shared_packages)
        before, after = (
            measured(*environment, place / f"arrays {n}.npz", options.paths, options.only)
            for n, environment in enumerate(environments)
        )
    lines = differences(before, after)
    for line in lines:
        print(line)
    numbers = sum(array.size for array in before.values())
    print(f"{len(before):,} arrays of {numbers:,} numbers: {len(lines):,} differ")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
