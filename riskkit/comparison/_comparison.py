"""`Comparison`: the result of `compare`, with tables, standard errors, paired differences and values by path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit.comparison import _net, _probability
from riskkit.comparison.estimation import estimate, paired_difference, unpaired_difference
from riskkit.comparison.estimation.estimate import normal_quantile
from riskkit.comparison.io import excel, export, latex, text
from riskkit.comparison.io.folder import load_result, save_result
from riskkit.comparison.io.frames import by_name, by_rule, warn_of_nan
from riskkit.comparison.metric import Metric
from riskkit.comparison.metrics import find, select
from riskkit.comparison.ranking import _dominance, _frontier, _regret, _worst_paths
from riskkit.comparison.reweighting import _tilt, likelihood_ratio
from riskkit.comparison.run_data import RunData

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskkit.comparison._progress import Progress
    from riskkit.optimize.best_possible._gap import Gaps

__all__ = ["Comparison"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(RunData):
    """The result of `compare`: every metric of every rule, with Monte-Carlo errors.

    All tables are DataFrames whose ``attrs["assumptions"]`` lists the assumptions of the scenario. Errors, intervals
    and p values cover Monte-Carlo noise only, not the uncertainty of the assumptions.

    Attributes
    ----------
    scenario : Scenario
        The scenario that was simulated.
    outcomes : Outcomes
        One number a path for each quantity and rule, and the path weights.
    seed : int
        Seed of the run.
    notes : mapping of str to str
        Further facts about the run, such as the version of riskkit.
    fixed_moments : tuple of ndarray
        Quantities whose weighted means are fixed by the views of a tilted result, or by moment matching (path); empty
        for other results.
    fixed_scores : tuple of ndarray
        What gives each of them its coefficient in the influences, where views are not on means alone (path).

    Examples
    --------
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> result.table(["wealth_median", "ced95"]).columns.tolist()
    ['wealth_median', 'ced95']
    >>> result.differences(metrics="ced95").columns.tolist()
    ['difference', 'standard_error', 'low', 'high', 'p_montecarlo', 'won']
    """

    def table(self, metrics: str | Metric | Iterable[str | Metric] | None = None) -> pd.DataFrame:
        """All metrics, a row a rule.

        Parameters
        ----------
        metrics : str, Metric, or iterable of them, optional
            Columns wanted, in that order; by default all built-in ones that apply to the scenario, but for
            `wealth_volatility`, `wealth_skewness`, `sharpe` and `sortino`.

        Returns
        -------
        DataFrame
            Indexed by rule. Wealth, cost and tax are in multiples of the start wealth, drawdowns and probabilities
            fractions, times in years. A metric that cannot be estimated is NaN; a `RiskkitWarning` gives the reason.

        Raises
        ------
        InvalidInput
            If a metric does not exist; the message lists those that do.
        """
        chosen = select(metrics, self.scenario)
        found = self._estimates(chosen)
        warn_of_nan(found, error=False)
        return by_rule(self, {name: [each.value for each in found[name].values()] for name in chosen})

    def errors(self, metrics: str | Metric | Iterable[str | Metric] | None = None) -> pd.DataFrame:
        """Standard errors of `table`, in the same shape.

        Means, tail means and `cdar95` get theirs from the paths' influences, probabilities from Wilson's interval,
        quantiles from order statistics. NaN where the error cannot be estimated; a `RiskkitWarning` gives the reason.
        """
        chosen = select(metrics, self.scenario)
        found = self._estimates(chosen)
        warn_of_nan(found, error=True)
        return by_rule(self, {name: [each.standard_error for each in found[name].values()] for name in chosen})

    def interval(self, metric: str | Metric, level: float = 0.95) -> pd.DataFrame:
        """Confidence interval of one metric, a row a rule.

        Parameters
        ----------
        metric : str or Metric
            Column of `table`.
        level : float
            In (0, 1).

        Returns
        -------
        DataFrame
            Columns ``low`` and ``high``: Wilson's interval for a probability, order statistics for a quantile, else
            value -+ z standard errors. NaN where the error is.
        """
        chosen = find(metric)
        normal_quantile(level)
        found = self._estimates({chosen.name: chosen})
        warn_of_nan(found, error=True, level=level)
        ends = [each.interval(level) for each in found[chosen.name].values()]
        return by_rule(self, {"low": [low for low, _ in ends], "high": [high for _, high in ends]})

    net = _net.net
    probability = _probability.probability
    differences = paired_difference.differences
    dominance = _dominance.dominance
    frontier = _frontier.frontier
    regret = _regret.regret
    reweight = likelihood_ratio.reweight
    tilt = _tilt.tilt
    against = unpaired_difference.against
    to_excel = excel.to_excel
    to_latex = latex.to_latex
    to_pandas = export.to_pandas
    to_parquet = export.to_parquet
    to_xarray = export.to_xarray
    worst = _worst_paths.worst

    def holdings(self) -> pd.DataFrame:
        """Probability that the price of each founder holding ends in catastrophe.

        Published figures for that (40 % of all stocks ever in the Russell 3000; J.P. Morgan 2014) are for single
        stocks, not for portfolios.

        Returns
        -------
        DataFrame
            Indexed by holding, with columns ``catastrophe_probability`` and ``standard_error``.
        """
        found = {
            name: self._calibrated(estimate.probability(happened, self.outcomes.design))
            for name, happened in self.outcomes.holdings.items()
        }
        columns = {
            "catastrophe_probability": [each.value for each in found.values()],
            "standard_error": [each.standard_error for each in found.values()],
        }
        return by_name(self, columns, found, "holding")

    def save(self, folder: str | Path) -> None:
        """Write the result into a folder: the scenario and its facts as TOML, the paths as Parquet.

        Parameters
        ----------
        folder : str or Path
            A new or empty folder, or one that holds a saved result, which is replaced.

        Raises
        ------
        InvalidInput
            If the folder holds anything else, or the result is tilted: save the one that was tilted, and tilt again.
        """
        if "tilted" in self.notes:
            raise InvalidInput("save needs a result that is not tilted; save the one that was tilted, and tilt again")
        save_result(self, folder)

    @classmethod
    def load(cls, folder: str | Path) -> Comparison:
        """Read a result that `save` wrote; every number comes back bit for bit.

        Raises
        ------
        InvalidInput
            If a file is missing, damaged or of another format; the message names it.
        """
        return load_result(cls, folder)

    def gap(
        self,
        *,
        into: str | Mapping[str, float],
        per_year: int = 1,
        inner: int = 64,
        paths: int | None = None,
        workers: int | None = None,
        progress: bool | Progress | None = None,
    ) -> Gaps:
        """How far each rule is from the best of all plans that only sell: its certainty equivalent beside a bound.

        A policy is fitted on the paths of the next seed, and the bound made of it is estimated on the result's paths;
        see `riskkit.optimize.upper_bound`.

        Parameters
        ----------
        into, per_year, inner, workers, progress
            As in `riskkit.optimize.upper_bound`.
        paths : int, optional
            Number of the result's paths that are used, at least 1000; by default at most 20,000.

        Returns
        -------
        Gaps
            ``gaps.table`` has a row for each rule and one for the policy. A rule that buys back, hedges, sells on other
            dates or into something else is not covered, with the reason.

        Raises
        ------
        InvalidInput
            If the scenario is not one that `riskkit.optimize.upper_bound` takes, or the paths have weights.

        Examples
        --------
        >>> from dataclasses import replace
        >>> import riskkit as rk
        >>> rules = [rk.DiversifyNow(), rk.Rebalance(12)]
        >>> scenario = replace(rk.scenarios.baron(), rules=rules, baseline=None, years=2, steps_per_year=12)
        >>> gaps = rk.compare(scenario, paths=1000, seed=1).gap(into="diversified", inner=16)
        >>> (gaps.table["not_covered"] == "").tolist()
        [True, False, True]
        """
        from riskkit.optimize.best_possible._gap import gaps_of

        return gaps_of(self, into, per_year, inner, paths, workers, progress)

    def figure(self, name: str, /, **options: Any) -> Axes:
        """Draw a figure of the result by its name.

        Parameters
        ----------
        name : str
            Of a function of `riskkit.report.figures` that takes a result, such as ``"frontier"`` or ``"wealth_fan"``;
            ``"concentration_bars"``, of the scenario's portfolio; ``"payoff"``, of instruments of a hedged rule; or, if
            the market draws from past prices, of a function that takes prices.
        **options
            Arguments of that function, such as ``rule``, ``ax`` or ``theme``; ``rule`` also of ``"payoff"``, by default
            the baseline if it is hedged, else the first rule that is.

        Returns
        -------
        Axes

        Raises
        ------
        InvalidInput
            If there is no such figure (the message lists those that exist), or as the function.

        Examples
        --------
        >>> from dataclasses import replace
        >>> import riskkit as rk
        >>> result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=1000, seed=1)
        >>> result.figure("wealth_fan", rule="client trim").get_ylabel()
        "wealth under 'client trim' (times the start, logarithmic scale)"
        """
        from riskkit.report.figures._by_name import figure_by_name

        return figure_by_name(self, name, **options)

    def report(
        self,
        path: str | Path,
        *,
        force: bool = False,
        paths: int | None = None,
        prices: pd.DataFrame | None = None,
    ) -> None:
        """Write a self-contained report: one HTML file with figures, tables and sentences, for whoever decides.

        It loads nothing and can be read without scripts; with them, sliders show the rules at other rates and impacts
        of the founder's shock.

        Parameters
        ----------
        path : str or Path
            The file.
        force : bool
            Whether a file that exists is replaced.
        paths : int, optional
            Paths of each extra run behind attribution, break-even, gap and sliders, at least 100; by default as many as
            take a few seconds. The gap takes at least 1000. The report states their number.
        prices : DataFrame, optional
            Past prices for a section on history, as in `fit`; by default those from which the market draws its returns,
            if it does.

        Raises
        ------
        InvalidInput
            If the prices are not valid, the file exists and `force` is false, it cannot be written, or a number is out
            of its bounds.

        Examples
        --------
        >>> import tempfile
        >>> from dataclasses import replace
        >>> import riskkit as rk
        >>> scenario = replace(rk.scenarios.baron(), rules=[rk.Hold(), rk.Cap(0.3)], steps_per_year=12)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     rk.compare(scenario, paths=1000, seed=1).report(f"{folder}/report.html", paths=100)
        ...     Path(f"{folder}/report.html").read_text(encoding="utf-8")[:15]
        '<!doctype html>'
        """
        from riskkit.report.html.page import write_report

        write_report(self, path, force=force, paths=paths, prices=prices)

    def __repr__(self) -> str:
        return text.as_text(self)

    def _repr_html_(self) -> str:
        return text.as_html(self)
