"""Small worlds with prescribed price moves, for cases that are worked by hand."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

import riskkit as rk
from riskkit.engine.columns import rule_columns
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.path_batch import run_batch
from riskkit.market import Hazard

__all__ = ["FOUND", "LOST", "At", "Orders", "Watch", "jumps", "live", "sinking", "world"]

#: A volatility so small that prices stand still to 1e-12, but not 0, which would make a holding cash-like.
STILL = 1e-13

#: A change that leaves nothing that a number can hold: 1 → 1e-160, then up by a factor of 1e20.
LOST, FOUND = 1e-160, 1e20


@dataclass(frozen=True)
class At(Hazard):
    """A hazard that is 0 until `time` and then brings an event within a millionth of a year."""

    time: float

    def cumulative(self, t):
        return 1e9 * np.maximum(np.asarray(t, dtype=float) - self.time, 0.0)


def jumps(steps_per_year: int, **moves: Mapping[int, float]) -> list[rk.Shock]:
    """Shocks that multiply the price of each named holding by a factor at each given step, however large."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        return [
            rk.Shock(f"{name} at {step}", At((step - 0.5) / steps_per_year), {name: factor - 1.0}, once=True)
            for name, path in moves.items()
            for step, factor in path.items()
        ]


def sinking(**path):
    """Shocks whose factors may be smaller than a shock of `jumps` can say: each factor is split over many shocks."""
    return [
        rk.Shock(f"{shock.name} {fragment}", shock.rate, {name: factor ** (1 / 20) - 1.0}, once=True)
        for name, moves in path.items()
        for step, factor in moves.items()
        for shock in jumps(12, **{name: {step: 0.5}})
        for fragment in range(20)
    ]


class Orders(rk.Rule):
    """Asks for the given weights on the given steps: ((step, weights), ...)."""

    orders: tuple[tuple[int, tuple[float, ...]], ...]

    def decide(self, view, state):
        wanted = np.array(dict(self.orders)[view.step])
        return np.repeat(wanted[:, None], view.weights.shape[1], axis=1), None

    def dates(self, calendar):
        return np.array([step for step, _ in self.orders])


class Watch(rk.Rule):
    """Never trades; notes what it sees of path 0 at each date of the latest run, in `seen` (a list of the test)."""

    seen: tuple[list, ...]
    every: int = 0
    at_start: bool = True
    tax: bool = False

    def decide(self, view, state):
        if view.step == 0:
            self.seen[0].clear()
        note = {name: np.array(getattr(view, name))[..., 0] for name in ("wealth", "drawdown", "peak")}
        note |= {name: np.array(getattr(view, name))[:, 0] for name in ("weights", "price", "units", "sellable")}
        if self.tax:
            note["gain"] = np.array(view.gain)[:, 0]
        self.seen[0].append(SimpleNamespace(step=view.step, **note))
        return None, None


def world(
    holdings,
    rule,
    *,
    shocks=(),
    returns=None,
    dividends=None,
    cash=(),
    frictions=None,
    loan=None,
    years=1,
    steps_per_year=12,
    inflation=0.0,
):
    """A scenario whose prices grow as `returns` say and jump as `shocks` say; holdings in `cash` are cash-like.

    `dividends` are the dividend yields.
    """
    grown, paid = returns or {}, dividends or {}
    assets = {
        h.name: rk.Asset(grown.get(h.name, 0.0), 0.0 if h.name in cash else STILL, dividend_yield=paid.get(h.name, 0.0))
        for h in holdings
    }
    return rk.Scenario(
        rk.Portfolio(holdings, loan=loan),
        rk.Market(assets, shocks=shocks, compensate=False),
        [rule],
        frictions=frictions or rk.Frictions(),
        years=years,
        steps_per_year=steps_per_year,
        inflation=inflation,
    )


def live(holdings, rule, **terms):
    """What becomes of path 0 of a `world`: the trace, the columns, the units and the batch at the end.

    `wealth` (time), `units` (time, holding) and each account (time) are as before the step's trades; units are shares
    of the start wealth at start prices (those of a worthless holding show in `end` only).
    """
    scenario = world(holdings, rule, **terms)
    traced = rk.trace(scenario, rule)
    setup = make_run_setup(scenario, 0)
    batch = run_batch(setup, np.arange(128, dtype=np.uint64))
    gross = traced.wealth[:, 0] + traced.accounts["debt"][:, 0]
    values, prices = traced.weights[:, :, 0] * gross[:, None], traced.prices[:, :, 0]
    return SimpleNamespace(
        scenario=scenario,
        trace=traced,
        wealth=traced.wealth[:, 0],
        units=np.divide(values, prices, out=np.zeros_like(values), where=prices > 0.0),
        end=batch.book_units(0)[:, 0],
        columns={name: float(values[0]) for name, values in rule_columns(setup, batch, 0).items()},
        trades=traced.trades,
        **{name: values[:, 0] for name, values in traced.accounts.items()},
    )
