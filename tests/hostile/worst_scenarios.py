"""The worst megabyte for each part of the reader of scenario files, and objects as large in Python.

As a program: runs the cases that it is given, each in a process of its own, and prints what became of each as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import riskkit as rk
from riskkit.market.hazards._hazard import SumHazard
from riskkit.toml import from_toml

__all__ = ["CASES", "OBJECTS", "TEXTS"]

SIZE = 1_000_000

ASSET = "{expected_return=0.1,volatility=0.2}"
HEAD = f'portfolio.holdings=[{{name="a",value=1}}]\nmarket.assets={{a={ASSET}}}\n'
RULE = 'rules=[{type="Hold"}]\n'
SHOCK = 'impact={a=-0.1}\nname="s"\n'


def filled(unit: Callable[[int], str], before: str = "", after: str = "") -> str:
    """A megabyte of units between two texts; the sign between the last unit and the end is left out."""
    parts, size, number = [before], len(before) + len(after), 0
    while size < SIZE:
        parts.append(unit(number))
        size += len(parts[-1])
        number += 1
    return "".join(parts)[: -1 if after else None] + after


TEXTS: dict[str, Callable[[], str]] = {
    "holdings with an error": lambda: filled(lambda n: f'[[portfolio.holdings]]\nname="h{n}"\nvalue=-1\n', RULE),
    "holdings with two errors": lambda: filled(lambda n: '{name=1,value="x"},', "portfolio.holdings=[", "]\n"),
    "holdings that are numbers": lambda: filled(lambda n: "1,", "portfolio.holdings=[", "]\n"),
    "holdings without assets": lambda: filled(
        lambda n: f'[[portfolio.holdings]]\nname="h{n}"\nvalue=1\n', f"{RULE}market.assets={{a={ASSET}}}\n"
    ),
    "a founder for each": lambda: filled(
        lambda n: f'[[portfolio.holdings]]\nname="h{n}"\nvalue=1\nfounder="f{n}"\n',
        f"{RULE}market.assets={{a={ASSET}}}\n",
    ),
    "founders of one": lambda: filled(
        lambda n: f"f{n}=0,",
        f'{RULE}market.assets={{a={ASSET}}}\nportfolio.holdings=[{{name="a",value=1,founder={{',
        "}}]\n",
    ),
    "lots": lambda: filled(
        lambda n: "{value=1,cost=1},",
        f'{RULE}market.assets={{a={ASSET}}}\nportfolio.holdings=[{{name="a",value=1,cost=[',
        "]}]\n",
    ),
    "assets": lambda: filled(
        lambda n: f"a{n}={ASSET}\n", f'portfolio.holdings=[{{name="a",value=1}}]\n{RULE}[market.assets]\n'
    ),
    "two thousand assets": lambda: (
        f'portfolio.holdings=[{{name="a0",value=1}}]\n{RULE}[market.correlation.a0]\na1=0.5\n[market.assets]\n'
        + "".join(f"a{n}={ASSET}\n" for n in range(2_000))
    ),
    "correlations": lambda: filled(lambda n: f"x{n}=0.5,", f"{HEAD}{RULE}market.correlation={{a={{", "}}\n"),
    "correlations in quotes": lambda: filled(lambda n: f'x{n}="0",', f"{HEAD}{RULE}market.correlation={{a={{", "}}\n"),
    "tables of correlations": lambda: filled(lambda n: f"x{n}={{a=2}},", f"{HEAD}{RULE}market.correlation={{", "}\n"),
    "shocks": lambda: filled(lambda n: f'[[market.shocks]]\nname="s{n}"\nrate=0.1\nimpact={{a=-0.1}}\n', HEAD + RULE),
    "shocks with an error": lambda: filled(
        lambda n: f'[[market.shocks]]\nname="s{n}"\nrate=-1\nimpact={{a=-0.1}}\n', HEAD + RULE
    ),
    "impacts": lambda: filled(
        lambda n: f"x{n}=0.1,", f'{HEAD}{RULE}market.shocks=[{{name="s",rate=0.1,impact={{', "}}]\n"
    ),
    "impacts in quotes": lambda: filled(
        lambda n: f'x{n}="",', f'{HEAD}{RULE}market.shocks=[{{name="s",rate=0.1,impact={{', "}}]\n"
    ),
    "rates": lambda: filled(
        lambda n: "0.1,", f'{HEAD}{RULE}[[market.shocks]]\n{SHOCK}rate={{type="SumHazard",parts=[', "]}\n"
    ),
    "rates in quotes": lambda: filled(
        lambda n: '"",', f'{HEAD}{RULE}[[market.shocks]]\n{SHOCK}rate={{type="SumHazard",parts=[', "]}\n"
    ),
    "contagion": lambda: (
        HEAD
        + RULE
        + "".join(f'[[market.shocks]]\nname="s{n}"\nrate=0.1\nimpact={{a=-0.1}}\n' for n in range(150))
        + "".join(
            f'[[market.contagion]]\nsource="s{n % 150}"\ntarget="s{n // 150}"\nprobability=0.0001\n'
            for n in range(13_000)
        )
    ),
    "tails": lambda: filled(lambda n: '[[market.tails]]\ntype="StudentT"\ndof=4\n', HEAD + RULE),
    "regimes": lambda: filled(
        lambda n: f"r{n}={{volatility=1.0}},",
        f'{HEAD}{RULE}[[market.tails]]\ntype="Regimes"\nswitching={{}}\nstates={{',
        "}\n",
    ),
    "rules": lambda: filled(lambda n: f'[[rules]]\ntype="Hold"\nname="r{n}"\n', HEAD),
    "rules that there are not": lambda: filled(lambda n: '[[rules]]\ntype="Holt"\n', HEAD),
    "rules of one's own": lambda: filled(lambda n: '[[rules]]\ntype="a.b:C"\n', HEAD),
    "a plan of many dates": lambda: filled(lambda n: '"",', f'{HEAD}[[rules]]\ntype="SellDown"\nshares={{a=[', "]}\n"),
    "months of windows": lambda: filled(
        lambda n: "3,",
        f"{RULE}market.assets={{a={ASSET}}}\n"
        'portfolio.holdings=[{name="a",value=1,liquidity={type="TenderWindows",limit=0.1,months=[',
        "]}}]\n",
    ),
    "forced events": lambda: filled(lambda n: f"s{n}=1,", f"{HEAD}{RULE}forced={{", "}\n"),
    "costs": lambda: filled(lambda n: f"s{n}=0.1,", f"{HEAD}{RULE}frictions.cost={{", "}\n"),
    "deep arrays": lambda: "a=" + "[" * (SIZE // 2) + "]" * (SIZE // 2),
    "deep tables": lambda: "a=" + "{a=" * (SIZE // 3),
    "a long key": lambda: "k" * SIZE + "=1\n",
    "a long key in a holding": lambda: f'portfolio.holdings=[{{name="a",value=1,{"k" * SIZE}=1}}]\n',
    "a long name": lambda: f'{RULE}market.assets={{a={ASSET}}}\nportfolio.holdings=[{{name="{"n" * SIZE}",value=1}}]\n',
    "two long names": lambda: (
        f'{HEAD}rules=[{{type="Hold",name="{"ab" * (SIZE // 4)}"}}]\nbaseline="{"ba" * (SIZE // 4)}"\n'
    ),
    "a long type": lambda: f'[[rules]]\ntype="{"x" * SIZE}"\n',
    "a long array": lambda: "years=[" + "1," * (SIZE // 2) + "]",
    "a long version": lambda: 'riskkit="' + "1." * (SIZE // 2) + '1"\n',
    "a long text": lambda: f'{HEAD}{RULE}goal="{"x" * SIZE}"\n',
    "dotted keys": lambda: filled(lambda n: f"a.b.c.d.k{n}=1\n"),
    "dotted keys of many parts": lambda: filled(lambda n: f"k{n}{'.a' * 30}=1\n"),
    "dotted keys of digits": lambda: filled(lambda n: f"{n}{'.1' * 30}=1\n"),
    "tables": lambda: filled(lambda n: f"[t{n}]\n"),
    "tables in tables": lambda: filled(lambda n: f"[t{n}.a.b.c.d.e.f.g.h.i.j.k]\n"),
    "arrays of tables": lambda: filled(lambda n: "[[a]]\n"),
    "inline tables": lambda: filled(lambda n: "{},", "a=[", "]"),
    "keys": lambda: filled(lambda n: f"k{n}=1\n"),
    "comments": lambda: "#" + "[\"'" * (SIZE // 3),
    "quotes": lambda: '"\\"' * (SIZE // 3),
    "triple quotes": lambda: 'a="""' + '\\"""' * (SIZE // 4),
    "open strings": lambda: "a='" * (SIZE // 3),
    "blank lines": lambda: "\n" * SIZE + "x",
    "spaces": lambda: " " * SIZE + "x",
    "digits": lambda: "a=" + "1_" * (SIZE // 2) + "1",
    "decimals": lambda: "a=0." + "1" * SIZE,
    "seconds of a date": lambda: "a=2020-01-01T00:00:00." + "1" * SIZE,
    "escapes": lambda: 'a="' + "\\u0041" * (SIZE // 6) + '"',
    "parts of keys in quotes": lambda: '"a" ' * (SIZE // 4),
}


def _names(count: int) -> list[str]:
    return [f"a{number}" for number in range(count)]


def _assets(count: int) -> dict[str, rk.Asset]:
    return dict.fromkeys(_names(count), rk.Asset(0.1, 0.2))


def _shocks(count: int) -> list[rk.Shock]:
    return [rk.Shock(f"s{number}", 0.1, {"a0": -0.1}) for number in range(count)]


def _many_holdings() -> None:
    portfolio = rk.Portfolio([rk.Holding(f"h{number}", 1, founder=f"f{number}") for number in range(20_000)])
    assert abs(rk.concentration(portfolio, "founder").effective_number - 20_000) < 1e-6
    assert abs(rk.concentration(portfolio).effective_number - 20_000) < 1e-6
    assert len(portfolio.exposure()) == 20_001
    assert len(portfolio.look_through({}).frame()) == 20_000
    assert "19988 more" in repr(portfolio)


def _full_correlation() -> None:
    names = _names(2_000)
    matrix = np.full((2_000, 2_000), 0.3)
    np.fill_diagonal(matrix, 1.0)
    market = rk.Market(_assets(2_000), pd.DataFrame(matrix, names, names))
    portfolio = rk.Portfolio([rk.Holding(name, 1) for name in names])
    scenario = rk.Scenario(portfolio, market, [rk.Hold()])
    assert repr(scenario.market)
    assert scenario.assumptions()


def _nested_correlation() -> None:
    pairs = {name: {other: 0.0 for other in _names(2_000) if other != name} for name in _names(1_000)}
    rk.Market(_assets(2_000), pairs)


OBJECTS: dict[str, Callable[[], object]] = {
    "20,000 holdings": _many_holdings,
    "20,000 shocks": lambda: rk.Market(_assets(1), shocks=_shocks(20_000)),
    "1,000 shocks": lambda: rk.Market(_assets(1), shocks=_shocks(1_000)),
    "20,000 assets": lambda: rk.Market(_assets(20_000)),
    "a correlation of 20,000": lambda: rk.Market(_assets(20_000), {"a0": {"a1": 0.5}}),
    "a correlation of 2,000 as a frame": _full_correlation,
    "a correlation of 2,000 as a mapping": _nested_correlation,
    "20,000 rules": lambda: rk.Scenario(
        rk.Portfolio([rk.Holding("a0", 1)]), rk.Market(_assets(1)), [rk.Hold(name=name) for name in _names(20_000)]
    ),
    "40,000 links of contagion": lambda: rk.Market(
        _assets(1), shocks=_shocks(800), contagion=[
            rk.Contagion(f"s{source}", f"s{target}", 1e-6) for source in range(800) for target in range(0, 800, 16)
        ],
    ),
    "20,000 lots": lambda: rk.Holding("a", 20_000, cost=[rk.Lot(1, 1)] * 20_000),
    "20,000 regimes": lambda: rk.Regimes(dict.fromkeys(_names(20_000), rk.Regime()), switching={}),
    "a rate of 20,000 parts": lambda: SumHazard([0.1] * 20_000),
}  # fmt: skip

CASES: dict[str, Callable[[], object]] = {
    **{name: (lambda make=make: from_toml(rk.Scenario, make())) for name, make in TEXTS.items()},
    **OBJECTS,
}


def _tried(case: Callable[[], object]) -> tuple[float, float, str]:
    """Seconds of processor time and MiB of memory that a case took, and how it ended."""
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        case()
        refusal_text = ""
    except rk.RiskkitError as refusal:
        refusal_text = str(refusal)
    except BaseException as error:
        refusal_text = f"FAULT {type(error).__name__}: {error}"
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.process_time() - begun, (after - before) / 1024, refusal_text


def _apart(case: Callable[[], object]) -> tuple[float, float, str]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        with os.fdopen(writer, "w") as file:
            json.dump(_tried(case), file)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    os.waitpid(child, 0)
    return tuple(json.loads(said)) if said else (60.0, 0.0, "FAULT: ended by its limits")


if __name__ == "__main__":
    from_toml(rk.Scenario, HEAD + RULE)  # imports what is imported on use
    print(json.dumps({name: _apart(CASES[name]) for name in sys.argv[1:]}))
