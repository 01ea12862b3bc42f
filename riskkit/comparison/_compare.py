"""`compare`: run every rule of a scenario on the same paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.guessed_names import hint_keywords
from riskkit._core.validation import (
    boolean,
    file_path,
    integer,
    one_of,
    require_known,
    require_unique,
    seed_number,
    short_repr,
)
from riskkit._version import __version__
from riskkit.comparison._comparison import Comparison
from riskkit.comparison._progress import Progress, progress_reporter
from riskkit.comparison._stopping_rule import MAX_PATHS_FACTOR, Precision
from riskkit.comparison.reweighting.moment_matching import (
    MOMENT_MATCHED,
    matched,
    refuse_unknown_means,
    warn_of_plain,
)
from riskkit.engine.execution.container_limits import thread_count
from riskkit.engine.statistic import Statistic, checked_statistics
from riskkit.market import Shock, Uncertain
from riskkit.scenario._scenario import Scenario

if TYPE_CHECKING:
    from riskkit.engine.execution.run import Execution


__all__ = ["compare", "compare_without_pilot"]


@hint_keywords
def compare(
    scenario: Scenario,
    *,
    paths: int = 100_000,
    seed: int = 0,
    workers: int | None = None,
    progress: bool | Progress | None = None,
    sampling: str = "plain",
    on: str | Iterable[str] | None = None,
    until: Mapping[str, float] | None = None,
    max_paths: int | None = None,
    backend: str = "threads",
    memory: str | float | None = None,
    checkpoint: str | Path | None = None,
    statistics: Statistic | Iterable[Statistic] = (),
    check_triggers: bool = False,
) -> Comparison:
    """Simulate every rule of a scenario on the same paths and compute its metrics.

    Parameters
    ----------
    scenario : Scenario
        The portfolio, its market, the rules, and what trading costs.
    paths : int
        Number of paths, at least 1; with `until` the number to begin with.
    seed : int
        Same seed, same bits, for any number of workers. Paths 0 … n - 1 are the same in a longer run.
    workers : int, optional
        Threads or processes; by default one for each processor of this machine, or all that the cluster has.
    progress : bool or callable, optional
        None shows a bar on a terminal and in a notebook and nothing elsewhere, False nothing, True always a bar; a
        callable gets the number of paths done and their total.
    sampling : str
        ``"plain"``, or ``"stratified"``: the number of events of the shocks in `on` is drawn in fixed proportions, and
        the paths are weighted accordingly. Rare shocks over a short horizon then occur often, and metrics that depend
        on them have smaller errors; see docs/precision.md. Or ``"moment matched"``: the paths are those of a plain run,
        with weights under which the market's drivers have their known means. Metrics that depend on these have smaller
        errors.
    on : str or iterable of str, optional
        Shocks of the market to stratify on.
    until : mapping of str to float, optional
        Metric → standard error. Paths are added until every rule's error is at most that, in doublings from `paths`
        (at least 4096); a NaN error is never small enough. The result is that of a plain call with as many paths,
        except that p values are NaN: they are not valid for a number of paths that depends on the results.
    max_paths : int, optional
        The most paths that `until` may take; 16 times `paths` by default.
    backend : str
        Where paths are simulated: ``"threads"`` of this process, ``"loky"`` for processes of this machine, ``"dask"``
        or ``"ray"`` for the connected cluster; all give the same bits. See docs/scale.md.
    memory : str or float, optional
        Budget such as ``"2GB"``, or bytes. Columns beyond it go to Parquet files, in `checkpoint` or in a temporary
        folder, and metrics read them in chunks; results do not change.
    checkpoint : str or Path, optional
        A new or empty folder that stores every finished shard of the paths. A run that was stopped, killed or that ran
        out of disk continues there when it is called again, to the same bits. With another version of riskkit or
        Numba, or on another type of processor, it starts anew with a `RiskkitWarning`.
    statistics : Statistic or iterable of them, optional
        Statistics of your own, whose columns stand beside the built-in ones in `Comparison.values` and in the columns
        of a `Metric`; see docs/extending.md.
    check_triggers : bool
        True lets each rule with a `Trigger` decide about all paths too, and refuses one that trades or changes its
        state on a path that does not fire. It takes longer and changes no number.

    Returns
    -------
    Comparison

    Warns
    -----
    RiskkitWarning
        If `max_paths` are not enough, with the number of paths that are needed; and if there are no moment-matched
        weights whose effective sample size is at least 0.9 times the paths, so that the result is a plain one.

    Raises
    ------
    InvalidInput
        If an argument does not meet its requirement, a rule returns a target that is not valid (the message names
        rule, path and date), a statistic returns columns that are not valid, `check_triggers` finds a fault (the
        message names rule, path and date), or `checkpoint` is of another run (the message names what differs).
        Under moment matching also if a mean is not known (the message names the cause): of uncertain parameters,
        past prices, contagion, sources that depend on others, and classes of your own that do not define it.
    MissingExtra
        If the package behind `backend` is not installed.
    NotEnoughMemory
        If the results would not fit into memory; under moment matching also if they do not fit into `memory`.
    NotCompiled
        If the installed version of Numba cannot compile the simulation.
    Interrupted
        On Ctrl-C; the message says how to resume.

    Notes
    -----
    Moment matching (Glasserman, *Monte Carlo Methods in Financial Engineering* (2004), section 4.5.2): of all weights
    under which each control has its known mean, those of least relative entropy. They are exponential tilts of 1 / N,
    hence positive. Controls are standardised by horizon T and volatility σ. For each held asset with a volatility: its
    Brownian value B = Σ √G Cz / √T, with Cz the correlated normals and G the time that passes in a step; B² - 1 and the
    products BᵢBⱼ less their means (not where E G² is infinite); exp(σ B √T - σ² ΣG / 2) - 1 (not where its variance is
    infinite). For each shock: its number of events less the mean; for one that happens once also the time without it
    within the horizon. Errors come from the residuals of the influences on the controls.

    Examples
    --------
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> result.table(["wealth_median", "max_drawdown_median"]).shape[1]
    2
    >>> better = rk.compare(rk.scenarios.baron(), paths=1000, seed=1, sampling="moment matched")
    >>> float((better.errors("wealth_median") / result.errors("wealth_median")).loc["hold", "wealth_median"]) < 0.8
    True
    """
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {short_repr(scenario)}")
    count = integer("paths", paths, at_least=1)
    seed = seed_number(seed)
    strata = _strata(scenario, sampling, on, count)
    if until is None and max_paths is not None:
        raise InvalidInput(f"max_paths needs until, got {short_repr(max_paths)} alone; paths is the number of paths")
    precision = None
    if until is not None:
        precision = Precision(until, count, MAX_PATHS_FACTOR * count if max_paths is None else max_paths)
        precision.check(scenario)
    notes = {"version": __version__, "sampling": f"{sampling} on {', '.join(strata)}" if strata else sampling}
    if precision is not None:
        notes["until"] = ", ".join(f"{metric} {error:g}" for metric, error in precision.errors.items())
    execution = _execution(workers, backend, memory, checkpoint)
    own_statistics, checked = checked_statistics(statistics), boolean("check_triggers", check_triggers)
    from riskkit.engine.execution.interrupt import stopping
    from riskkit.engine.execution.run import run

    path_counts, reason = (count,) if precision is None else precision.path_counts, None
    with (
        progress_reporter(progress, count) as report,
        closing(
            run(
                scenario,
                path_counts,
                seed,
                execution,
                report,
                strata,
                statistics=own_statistics,
                check_triggers=checked,
                brownian_values=sampling == MOMENT_MATCHED,
            )
        ) as runs,
    ):
        for outcomes in runs:
            result = Comparison(scenario, replace(outcomes, sequential=precision is not None), seed, notes)
            if sampling == MOMENT_MATCHED:
                with stopping(
                    f"while the weights of {result.paths:,} paths were found", checkpoint=execution.checkpoint
                ):
                    result, reason = matched(result)
            if precision is not None:
                with stopping(
                    f"while the errors of {result.paths:,} paths were found", checkpoint=execution.checkpoint
                ):
                    reached = precision.reached(result)
                if reached:
                    break
    if reason is not None:
        warn_of_plain(reason)
    if precision is not None:
        precision.warn(result)
    return result


def compare_without_pilot(
    scenario: Scenario, *, paths: int, seed: int, thresholds: Array | None = None, workers: int | None = None
) -> Comparison:
    """Compare without the pilot of 4096 paths that places the thresholds of ``cdar95``.

    Parameters
    ----------
    scenario : Scenario
    paths, seed, workers : int
        As for `compare`.
    thresholds : ndarray, optional
        Drawdown levels at which statistics of each rule's pooled tail are stored (rule, 4), such as those of another
        result.

    Returns
    -------
    Comparison
        With the bits of ``compare(scenario, paths=paths, seed=seed)``, except ``cdar95``: it uses `thresholds`, and is
        NaN without them.
    """
    count, seed = integer("paths", paths, at_least=1), seed_number(seed)
    from riskkit.engine.execution.run import run
    from riskkit.engine.outcomes import NO_THRESHOLD, THRESHOLDS

    levels = np.full((len(scenario.rules), THRESHOLDS), NO_THRESHOLD) if thresholds is None else thresholds
    execution = _execution(workers, "threads", None, None)
    with closing(run(scenario, (count,), seed, execution, lambda done, total: None, thresholds=levels)) as runs:
        [outcomes] = runs
    return Comparison(scenario, outcomes, seed, {"version": __version__, "sampling": "plain"})


def _strata(scenario: Scenario, sampling: str, on: str | Iterable[str] | None, paths: int) -> tuple[str, ...]:
    """The shocks to stratify on; none otherwise. The scenario is one that can be sampled so."""
    one_of("sampling", sampling, ("plain", "stratified", MOMENT_MATCHED))
    if sampling != "stratified":
        if on is not None:
            raise InvalidInput(f"on needs sampling='stratified', got {short_repr(on)} with sampling={sampling!r}")
        if sampling == MOMENT_MATCHED:
            refuse_unknown_means(scenario)
        return ()
    if not isinstance(on, Iterable | None):
        raise InvalidInput(f"on must be a shock or several, got {short_repr(on)}")
    shocks = [shock.name for shock in scenario.market.shocks]
    names = (on,) if isinstance(on, str) else tuple(on or ())
    if not names:
        raise InvalidInput(f"sampling='stratified' needs on to name one of {', '.join(map(repr, shocks)) or 'none'}")
    require_known("on", names, shocks)
    require_unique("on", names)
    for shock in scenario.market.shocks:
        if shock.name in names and isinstance(shock, Shock) and isinstance(shock.rate, Uncertain):
            raise InvalidInput(
                f"on: the rate of {shock.name!r} must not be Uncertain, got {short_repr(shock.rate)}; take it out of on"
            )
    from riskkit.engine.inputs.strata import BATCH

    integer("paths with sampling='stratified'", paths, at_least=2 * BATCH)
    return names


def _execution(
    workers: int | None, backend: str, memory: str | float | None, checkpoint: str | Path | None
) -> Execution:
    """Execution settings, validated."""
    from riskkit.engine.execution.backends import check_backend
    from riskkit.engine.execution.memory import as_bytes
    from riskkit.engine.execution.run import Execution

    threads = thread_count(workers)
    if checkpoint is not None and (not isinstance(checkpoint, str | Path) or str(checkpoint).strip("\0") in ("", ".")):
        raise InvalidInput(f"checkpoint must be a folder, got {short_repr(checkpoint)}")
    return Execution(
        threads=threads,
        workers=workers,
        backend=check_backend(backend),
        memory=None if memory is None else as_bytes(memory),
        checkpoint=None if checkpoint is None else file_path("checkpoint", checkpoint).expanduser().absolute(),
    )
