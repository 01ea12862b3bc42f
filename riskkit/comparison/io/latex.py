"""A comparison as a LaTeX table: a row a rule, a column a metric, each number with its standard error."""

from __future__ import annotations

import math
from collections.abc import Iterable

from riskkit._core.terminal_text import printable
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.io.frames import warn_of_nan
from riskkit.comparison.io.text import printed_metrics, with_error
from riskkit.comparison.metric import Metric
from riskkit.comparison.metrics import select
from riskkit.comparison.run_data import RunData

__all__ = ["to_latex"]

#: What LaTeX reads as a command → how it is printed.
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
        "|": r"\textbar{}", '"': r"\textquotedbl{}",
    }
)  # fmt: skip


def to_latex(result: RunData, metrics: str | Metric | Iterable[str | Metric] | None = None) -> str:
    """Return a LaTeX table: a row a rule, a column a metric, each number with its standard error.

    Parameters
    ----------
    metrics : str, Metric, or iterable of them, optional
        Columns, in that order; by default those that a result prints.

    Returns
    -------
    str
        A ``tabular``, for a document that loads the package ``booktabs``. Fractions are in percent; each head has the
        unit. The digits are those of two digits of the error, at most three decimals. A dash is a number that cannot
        be estimated, and a value without ± has no error.

    Warns
    -----
    RiskkitWarning
        With the reason, if a value or an error is NaN.

    Raises
    ------
    InvalidInput
        If a metric does not exist; the message lists those that do.

    Examples
    --------
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> for line in result.to_latex(["wealth_median", "ced95"]).splitlines()[:6]:
    ...     print(line)
    % \\usepackage{booktabs}
    \\begin{tabular}{lrr}
    \\toprule
    rule & wealth median (times) & ced95 (\\%) \\\\
    \\midrule
    hold & $1.299 \\pm 0.041$ & $85.92 \\pm 0.66$ \\\\
    """
    if metrics is None:
        metrics = printed_metrics(result)
    chosen = select(metrics, result.scenario)
    found = {
        name: {rule: result.estimate(rule, each) for rule in result.scenario.names} for name, each in chosen.items()
    }
    warn_of_nan(found, error=True)
    heads = [
        f"{name.replace('_', ' ')} ({'%' if each.unit == 'share' else each.unit})" for name, each in chosen.items()
    ]
    rows = [
        [_escaped(rule), *(_cell(found[name][rule], each.unit) for name, each in chosen.items())]
        for rule in result.scenario.names
    ]
    lines = [
        r"% \usepackage{booktabs}",
        rf"\begin{{tabular}}{{l{'r' * len(chosen)}}}",
        r"\toprule",
        _row(["rule", *map(_escaped, heads)]),
        r"\midrule",
        *map(_row, rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return rf"{' & '.join(cells)} \\"


def _escaped(words: str) -> str:
    return printable(" ".join(words.split())).translate(_ESCAPES)


def _cell(estimate: Estimate, unit: str) -> str:
    if math.isnan(estimate.value):
        return "--"
    words = with_error(estimate, unit).removesuffix(" ±nan").replace("±", r"\pm ")
    return f"${words}$"
