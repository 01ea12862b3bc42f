"""What happens in a step and in which order: shocks and the investor's death, sorted by block and step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from riskkit._core.array_types import Ints, UInts
from riskkit.engine.inputs.market_inputs import PriceEvents
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel.layout import LANES, compiled
from riskkit.engine.kernel.structs import EventArrays
from riskkit.market.hazards._hazard import as_hazard

__all__ = ["arrange", "draw_deaths", "with_deaths"]


@compiled
def _count(lane, step, width, starts):
    """Add the events of one effect to the counts by (block, step), each stored one place later."""
    for e in range(lane.size):
        starts[(lane[e] // LANES) * width + step[e] + 1] += 1


@compiled
def _place(effect, lane, step, factor, width, starts, out_step, out_lane, out_effect, out_factor):
    """Write the events of one effect to their places; `starts` moves on with each."""
    for e in range(lane.size):
        key = (lane[e] // LANES) * width + step[e]
        at = starts[key]
        starts[key] += 1
        out_step[at] = step[e]
        out_lane[at] = lane[e] % LANES
        out_effect[at] = effect
        out_factor[at] = factor[e]


def draw_deaths(setup: RunSetup, paths: UInts) -> PriceEvents | None:
    """The deaths of the investor, at most one a path, which step every purchase cost up; None where there are none."""
    death = setup.scenario.frictions.death
    if death is None:
        return None
    calendar, hazard = setup.calendar, as_hazard(death, "death")
    until = float(hazard.cumulative(calendar.time(calendar.steps)))
    arrival = -np.log(setup.streams("death").uniforms(paths, 0)[0])
    lane = np.flatnonzero(arrival < until)
    time = hazard.inverse(arrival[lane])
    step = np.clip(np.ceil(time * calendar.steps_per_year).astype(np.int64) - 1, 0, calendar.steps - 1)
    return PriceEvents(-1, 0.0, -1, lane, step, np.ones(lane.size), time)


def with_deaths(events: list[PriceEvents], deaths: PriceEvents | None, assets: Ints) -> list[PriceEvents]:
    """Return the events with the deaths at their place: in a step, after what comes earlier on the path.

    A death becomes one event for each holding. Costs step up to the price after the drift of the step. Where a shock
    later in the step ends its compensator, its own factor corrects that drift; so does the factor of the death.

    Parameters
    ----------
    events : list of PriceEvents
        What the shocks do; in a step they are applied in this order.
    deaths : PriceEvents or None
        As in `draw_deaths`.
    assets : ndarray of int64
        Market asset of each holding.
    """
    if deaths is None or not deaths.lane.size:
        return events
    paths = 1 + max(int(each.lane.max(initial=-1)) for each in [*events, deaths])
    step, time = np.full(paths, -1), np.full(paths, np.inf)
    step[deaths.lane], time[deaths.lane] = deaths.step, deaths.time
    later = [(each.step == step[each.lane]) & (each.time > time[each.lane]) for each in events]
    moved = [each.only(late) for each, late in zip(events, later, strict=True) if late.any()]
    in_place = [each.only(~late) if late.any() else each for each, late in zip(events, later, strict=True)]
    step_ups = []
    for asset in assets.tolist():
        factor = np.ones(paths)
        for each in moved:
            if each.asset == asset and each.unused is not None:
                factor[each.lane] *= each.unused
        step_ups.append(replace(deaths, asset=-1 - asset, factor=factor[deaths.lane]))
    return [*in_place, *step_ups, *moved]


def arrange(events: list[PriceEvents], blocks: int, steps: int) -> EventArrays:
    """Return the events in the kernel's order, and the first event of each block.

    A counting sort by block and step; events of one step stay in the order of the shocks. Each block ends with an
    entry of step -1.
    """
    width = steps + 1
    counts = np.zeros(blocks * width + 1, np.int64)
    counts[width::width] = 1
    for each in events:
        _count(each.lane, each.step, width, counts)
    starts = np.cumsum(counts)
    cursor = starts[: blocks * width : width].copy()
    size = int(starts[-1])
    step, lane, number = (np.empty(size, np.int32) for _ in range(3))
    factor, last = np.empty(size), starts[width::width] - 1
    step[last], lane[last], number[last], factor[last] = -1, 0, 0, 1.0
    for index, each in enumerate(events):
        _place(index, each.lane, each.step, each.factor, width, starts, step, lane, number, factor)
    asset = np.array([each.asset for each in events], dtype=np.int64)
    growth = np.array([each.growth for each in events], dtype=np.float64)
    row = np.array([each.row for each in events], dtype=np.int64)
    hits = np.array([each.hits for each in events], dtype=np.bool_)
    return EventArrays(step, lane, number, factor, asset, growth, row, hits, cursor)
