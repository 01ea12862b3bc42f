"""`reverse_stress`: the most likely ways to a loss."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit._core.array_types import Bools, Ints
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import fraction
from riskkit.analysis._design_point import design_point
from riskkit.analysis._inputs import checked_scenario, rule_of, run
from riskkit.analysis._replayed_paths import monthly_wealth
from riskkit.comparison.estimation.estimate import Estimate, probability
from riskkit.comparison.io.text import with_error
from riskkit.engine.outcomes import Outcomes
from riskkit.market import Shock
from riskkit.portfolio import Listed
from riskkit.rules import Hold, Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["ReverseStress", "reverse_stress"]

#: Paths among which the typical one is looked for.
CANDIDATES = 128

_ROWS_PRINTED = 8


@dataclass(frozen=True, eq=False, repr=False)
class ReverseStress:
    """How a loss at the horizon is most likely to come about.

    Attributes
    ----------
    rule : str
        Name of the rule.
    loss : float
        The smallest loss that counts, as a fraction of the start wealth.
    probability : Estimate
        Probability of such a loss; with ``value``, ``standard_error`` and ``interval()``.
    combinations : DataFrame
        A row for each combination of events by which the loss came about, likeliest first. ``given_loss``: its
        probability given the loss, and the ``standard_error`` of that; ``of_all``: its probability without that
        condition; ``loss_probability``: how likely the loss is once these events, and no others, have happened.
    path : int or None
        Number of the typical path: of the losses by the likeliest combination, the one whose wealth is closest to the
        others'; None where nothing is lost. ``rk.trace(scenario, rule, paths=[path], seed=seed)`` shows it.
    move : DataFrame or None
        The likeliest way to the loss without any event: ``change`` of each holding's price to the horizon, its
        ``median``, and how many ``standard_deviations`` of its log return lie between. None for other rules than
        `Hold`, where there is a loan, spending, a deposit, vesting, a tax at the end or a forced event, where dividends
        are taxed or a holding that may pay them is unlisted, and where no move of prices alone loses that much.
    distance : float or None
        Of that move from the median, in standard deviations (Mahalanobis).
    paths, seed : int
        Those of the run.
    """

    rule: str
    loss: float
    probability: Estimate
    combinations: pd.DataFrame
    path: int | None
    move: pd.DataFrame | None
    distance: float | None
    paths: int
    seed: int

    def __repr__(self) -> str:
        lines = [
            f"A loss of {percent(self.loss)} or more at the horizon under {self.rule!r}: probability "
            f"{with_error(self.probability, 'share')} % ({self.paths:,} paths, seed {self.seed})"
        ]
        if self.path is not None:
            lines += ["", "Events, by their probability given the loss (%)", self._events()]
            lines += ["", f"A typical path by the first of them: number {self.path}"]
        if self.move is not None:
            falls = ", ".join(f"{name} {percent(move, signed=True)}" for name, move in self.move["change"].items())
            off = f"{self.distance:.2f} standard deviations off"
            lines += ["", f"Without any event the likeliest way there, {off}:", falls]
        return "\n".join(lines)

    def _events(self) -> str:
        formatted = (100.0 * self.combinations.head(_ROWS_PRINTED)).map("{:.1f}".format)
        more = len(self.combinations) - _ROWS_PRINTED
        return formatted.rename_axis(None).to_string() + (f"\n… and {more} more" if more > 0 else "")


def reverse_stress(
    scenario: Scenario, *, loss: float = 0.5, rule: Rule | str | None = None, paths: int = 20_000, seed: int = 0
) -> ReverseStress:
    """Find how a loss is most likely to come about.

    Parameters
    ----------
    scenario : Scenario
        The assumptions.
    loss : float
        The smallest loss that counts, as a fraction of the start wealth in (0, 1]: final wealth, as in
        ``Comparison.table``, is at most 1 - loss.
    rule : Rule or str, optional
        The rule, or its name in the scenario; its baseline by default.
    paths, seed : int
        As for `compare`.

    Returns
    -------
    ReverseStress
        Its probability, the combinations of events that led to it, a typical path, and for `Hold` the likeliest move
        without any event.

    Raises
    ------
    InvalidInput
        If the rule is not known (the message lists those that are) or a number is outside its bounds.

    Notes
    -----
    Probabilities given the loss are shares among the paths that lose that much; errors are those of a share of so
    many paths (Wilson).

    Examples
    --------
    >>> from dataclasses import replace
    >>> from riskkit.scenario.scenarios import baron
    >>> found = reverse_stress(replace(baron(), steps_per_year=12), loss=0.5, paths=2000)
    >>> found.combinations.columns.tolist(), round(float(found.combinations["given_loss"].sum()), 9)
    (['given_loss', 'standard_error', 'of_all', 'loss_probability'], 1.0)
    """
    checked_scenario(scenario)
    fraction("loss", loss, above=0.0, at_most=1.0)
    chosen = rule_of(scenario, rule)
    result = run(scenario, chosen, paths=paths, seed=seed)
    lost = result.values(chosen.name, "wealth") <= 1.0 - loss
    combinations, likeliest = _combinations(result.outcomes, lost)
    path = _medoid(scenario, chosen, likeliest[:CANDIDATES], seed) if likeliest.size else None
    move, distance = _move_without_events(scenario, loss) if _is_lognormal(scenario, chosen) else (None, None)
    loss_probability = probability(lost, result.outcomes.design)
    return ReverseStress(chosen.name, float(loss), loss_probability, combinations, path, move, distance, paths, seed)


def _combinations(outcomes: Outcomes, lost: Bools) -> tuple[pd.DataFrame, Ints]:
    """Probabilities of each combination of events, and the losing paths of the likeliest combination."""
    # A column of zeros, so that a market without shocks has one combination.
    event_counts = np.column_stack([np.zeros(lost.size, np.int64), *outcomes.event_counts.values()])
    combinations, of_path = np.unique(event_counts, axis=0, return_inverse=True)
    of_path = of_path.reshape(-1)
    of_loss = of_path[lost]
    rows = {}
    for each in np.unique(of_loss):
        conditional = probability(of_loss == each, np.full(of_loss.size, 1.0 / of_loss.size))
        happened = of_path == each
        row = [conditional.value, conditional.standard_error, float(happened.mean()), float(lost[happened].mean())]
        rows[_in_words(list(outcomes.event_counts), combinations[each, 1:])] = row
    columns = ["given_loss", "standard_error", "of_all", "loss_probability"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float).rename_axis("events")
    first = np.bincount(of_loss).argmax() if of_loss.size else -1
    return frame.sort_values("given_loss", ascending=False, kind="stable"), np.flatnonzero(lost & (of_path == first))


def _in_words(shocks: list[str], counts: Ints) -> str:
    """The events that happened, and how often."""
    events = zip(shocks, counts.tolist(), strict=True)
    return " + ".join(name if count == 1 else f"{count} × {name}" for name, count in events if count) or "no event"


def _medoid(scenario: Scenario, rule: Rule, paths: Ints, seed: int) -> int:
    """The path whose wealth over time is on average closest to that of the others."""
    wealth = monthly_wealth(scenario, rule, paths, seed)
    distances = [float(np.abs(wealth - path[:, None]).mean()) for path in wealth.T]
    return int(paths[np.argmin(distances)])


def _is_lognormal(scenario: Scenario, rule: Rule) -> bool:
    """Whether final wealth is a sum of constant units times lognormal prices."""
    tax = scenario.frictions.tax
    market = scenario.market
    normal = not market.tails and market.history is None and not market.uncertain
    untouched = scenario.portfolio.loan is None and not scenario.frictions.external_flows and not scenario.forced
    listed = all(isinstance(holding.liquidity, Listed) for holding in scenario.portfolio.holdings)
    untouched &= not market.pays_dividends or (listed and tax is None)
    return isinstance(rule, Hold) and normal and untouched and (tax is None or not tax.taxed_at_end)


def _move_without_events(scenario: Scenario, loss: float) -> tuple[pd.DataFrame | None, float | None]:
    """The likeliest move of the prices to a loss if no shock happens, and its Mahalanobis distance."""
    market, names, years = scenario.market, scenario.portfolio.names, float(scenario.years)
    rows = [list(market.assets).index(name) for name in names]
    growth = np.array([math.log1p(market.assets[name].mean_return) for name in names])
    volatility = np.array([market.assets[name].mean_volatility for name in names])
    mean = (growth - 0.5 * volatility**2) * years
    if market.compensate:
        for shock in market.shocks:
            if not isinstance(shock, Shock):
                drift = shock.compensator(scenario.calendar, list(market.assets))
                mean += 0.0 if drift is None else drift.sum(axis=0)[rows]
                continue
            expected = float(shock.hazard.cumulative(years))
            mean -= expected * np.array(
                [shock.impacts[name].expected if name in shock.impacts else 0.0 for name in names]
            )
    spread = (volatility * np.sqrt(years))[:, None] * market.factor[rows]
    weights = np.asarray(scenario.portfolio.weights, dtype=np.float64)
    z = design_point(weights, mean, spread, (1.0 - loss) * (1.0 + scenario.inflation) ** years)
    if z is None:
        return None, None
    size = np.linalg.norm(spread, axis=1)
    moved = spread @ z
    columns = {
        "change": np.expm1(mean + moved),
        "median": np.expm1(mean),
        "standard_deviations": np.divide(moved, size, out=np.zeros_like(moved), where=size > 0.0),
    }
    return pd.DataFrame(columns, pd.Index(names, name="holding")), float(np.linalg.norm(z))
