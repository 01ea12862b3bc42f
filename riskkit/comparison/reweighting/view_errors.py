"""Errors under views: what the views fix is no longer random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.comparison.estimation.estimate import Estimate, standard_error
from riskkit.comparison.reweighting.functionals import Functional
from riskkit.engine.outcomes import SamplingDesign

__all__ = ["calibrated", "fixed_with_scores"]


#: A residual below this share of the influences is rounding: the views fix the statistic.
FIXED = 1e-9


def calibrated(
    found: Estimate, fixed_moments: Sequence[Array], design: SamplingDesign, scores: Sequence[Array] = ()
) -> Estimate:
    """A statistic with its error under weights that fix some means.

    Parameters
    ----------
    found : Estimate
        The statistic under those weights, with the influences of fixed ones.
    fixed_moments : sequence of ndarray
        Quantities whose weighted means are fixed (path).
    design : SamplingDesign
        The weights, and how the paths were drawn.
    scores : sequence of ndarray, optional
        For each fixed moment, what gives its coefficient as the mean of a product with the influences (path); see
        `fixed_with_scores`. By default the coefficients are those of the regression.

    Returns
    -------
    Estimate
        With the influences less their weighted regression on the fixed moments (Deville and Särndal 1992), and a
        normal interval. Unchanged where no moments are fixed, or no path has any influence.

    Examples
    --------
    A fixed mean has no error:

    >>> from riskkit.comparison.estimation.estimate import mean
    >>> values, design = np.array([1.0, 2.0, 6.0]), SamplingDesign(np.array([0.5, 0.25, 0.25]))
    >>> calibrated(mean(values, design), [values], design).standard_error
    0.0
    """
    if not fixed_moments or found.influence is None:
        return found
    plain = standard_error(found.influence(), design)
    if plain == 0.0:
        return found
    weights, own = np.asarray(design.path_weights), found.influence

    def influence() -> Array:
        centred = np.stack([values - (weights * values).sum() for values in fixed_moments])
        if scores:
            raw = np.asarray(own())
            slopes = np.einsum("hp,p->h", np.stack(scores), weights * raw)
            left: Array = raw - np.einsum("h,hp->p", slopes, centred)
            return left
        centred /= np.sqrt((weights * centred**2).sum(axis=1, keepdims=True))
        raw = np.asarray(own())
        # Not matrix products: those may be split among threads, and the last bit would depend on their number.
        products = np.einsum("hp,kp->hk", weights * centred, centred)
        slopes = np.linalg.lstsq(products, np.einsum("hp,p->h", weights * centred, raw))[0]
        result: Array = raw - np.einsum("h,hp->p", slopes, centred)
        return result

    error = standard_error(influence(), design)
    return Estimate(found.value, error if error > FIXED * plain else 0.0, influence)


def fixed_with_scores(
    moments: Sequence[Array], multipliers: Mapping[Functional, float], path_weights: Array, support: Bools
) -> tuple[list[Array], tuple[Array, ...]]:
    """What views fix that are not all on means, and what gives each its coefficient in an influence.

    Parameters
    ----------
    moments : sequence of ndarray
        Quantities whose means are fixed (path).
    multipliers : mapping of Functional to float
        Those that are fixed, on the paths of the support, with their multipliers in the logarithm of the weights; 0 for
        those that do not bind.
    path_weights : ndarray
        The weights that were found (path).
    support : ndarray of bool
        Paths with a weight > 0 (path).

    Returns
    -------
    tuple of (list of ndarray, tuple of ndarray)
        g, the moments, the linearised functionals and the equations of their parameters, and t (path), with which the
        influence of a statistic f is f - Σ E[f t] g.

    Notes
    -----
    The logarithm of the weights is Σ multiplier · moment + Σ multiplier · linearised(parameters), so that multipliers
    and parameters solve E[g] = 0 together. They are an M-estimator (Huber and Ronchetti, *Robust Statistics* (2009),
    section 6.3): their influences are -B⁻¹ g, with B the derivative of E[g] in them, and those of a statistic f are
    f - A B⁻¹ g, A = E[f s], s the derivatives of the logarithm. Where all are means B = E[g g'], and this is the
    regression.
    """
    weights = path_weights[support]
    rows = [values[support] for values in moments]
    scores = list(rows)
    shifts: list[tuple[int, Array]] = []
    for functional, multiplier in multipliers.items():
        if multiplier == 0.0:
            continue
        parameters = functional.parameters(weights)
        linear = functional.linearised(parameters)
        shifts.append((len(rows) + 1, functional.jacobian(parameters, weights)))
        rows += [linear, *functional.equations(parameters)]
        scores += [linear, *(multiplier * functional.slopes(parameters))]
    g, s = (np.stack(each) - np.einsum("hp,p->h", np.stack(each), weights)[:, None] for each in (rows, scores))
    b = np.einsum("hp,kp->hk", weights * g, s)
    for start, jacobian in shifts:
        b[start : start + len(jacobian), start : start + len(jacobian)] += jacobian
    # The unknowns have different units: rows and columns are brought to a largest entry of 1 before the inversion.
    by_row = np.abs(b).max(axis=1, keepdims=True)
    by_column = np.abs(b / by_row).max(axis=0, keepdims=True)
    inverse = np.linalg.pinv(b / by_row / by_column, rcond=1e-12) / by_column.T / by_row.T
    t = np.einsum("kj,kp->jp", inverse, s)
    fixed, slopes = np.zeros((len(g), len(path_weights))), np.zeros((len(g), len(path_weights)))
    fixed[:, support], slopes[:, support] = g, t
    return list(fixed), tuple(slopes)
