"""Errors where the path weights fix some means, by views or by moment matching: what is fixed is no longer random."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.comparison.estimation.estimate import REFERENCE_Z, Estimate, standard_error
from riskkit.comparison.reweighting.functionals import Functional
from riskkit.engine.outcomes import SamplingDesign

__all__ = ["FixedMoments", "fixed_with_scores"]


#: A residual below this share of the influences is rounding: the weights fix the statistic.
FIXED = 1e-9

#: The least that counts as left of a path's own deviation.
LEAST_FREE = 1e-6


@dataclass(frozen=True, eq=False)
class FixedMoments:
    """Quantities whose weighted means the path weights fix.

    Attributes
    ----------
    moments : sequence of ndarray
        The quantities (path); at least one.
    design : SamplingDesign
        The weights, and how the paths were drawn.
    scores : sequence of ndarray
        For each quantity, what gives its coefficient as the mean of a product with the influences (path); see
        `fixed_with_scores`. By default the coefficients are those of the regression.
    """

    moments: Sequence[Array]
    design: SamplingDesign
    scores: Sequence[Array] = ()

    @cached_property
    def _centred(self) -> Array:
        """The quantities less their means, for a regression in units of their standard deviations (moment, path)."""
        weights = np.asarray(self.design.path_weights)
        centred = np.stack(self.moments)
        centred -= np.einsum("hp,p->h", centred, weights)[:, None]
        if not self.scores:
            centred /= np.sqrt(np.einsum("hp,hp,p->h", centred, centred, weights))[:, None]
        return centred

    @cached_property
    def _inverse(self) -> Array:
        """Inverse of the weighted products of the quantities (moment, moment)."""
        # Not a matrix product: that may be split among threads, and the last bit would depend on their number.
        weighted = self._centred * np.asarray(self.design.path_weights)
        return np.linalg.pinv(np.einsum("hp,kp->hk", weighted, self._centred), hermitian=True)

    @cached_property
    def _free_share(self) -> Array:
        """What the regression leaves of a path's own deviation: 1 less its leverage (path)."""
        weights = np.asarray(self.design.path_weights)
        leverage = np.einsum("hp,hp->p", np.einsum("hk,kp->hp", self._inverse, self._centred), self._centred)
        free: Array = np.maximum(1.0 - weights * (1.0 + leverage), LEAST_FREE)
        return free

    def residual(self, influences: Array) -> Array:
        """The influences less their weighted regression on the quantities (path).

        A residual is divided by the root of 1 less the path's leverage, so that its square has the right mean (HC2;
        MacKinnon and White, "Some heteroskedasticity-consistent covariance matrix estimators with improved finite
        sample properties", *Journal of Econometrics* 29 (1985), 305-325).
        """
        weighted = np.asarray(self.design.path_weights) * influences
        if self.scores:
            slopes = np.einsum("hp,p->h", np.stack(self.scores), weighted)
        else:
            slopes = np.einsum("hk,k->h", self._inverse, np.einsum("hp,p->h", self._centred, weighted))
        left: Array = influences - np.einsum("h,hp->p", slopes, self._centred)
        if not self.scores:
            left /= np.sqrt(self._free_share)
            left -= (np.asarray(self.design.path_weights) * left).sum()
        return left

    def calibrated(self, found: Estimate) -> Estimate:
        """A statistic with its error under weights that fix the means.

        Parameters
        ----------
        found : Estimate
            The statistic under those weights, with the influences of weights that are not random.

        Returns
        -------
        Estimate
            With the residual influences (Deville and Särndal 1992). The interval is normal; that of a quantile ends at
            order statistics, for the error of the distribution function that the residuals leave. Unchanged where no
            path has any influence, and where a regression explains nothing.

        Examples
        --------
        A fixed mean has no error:

        >>> from riskkit.comparison.estimation.estimate import mean
        >>> values, design = np.array([1.0, 2.0, 6.0]), SamplingDesign(np.array([0.5, 0.25, 0.25]))
        >>> FixedMoments([values], design).calibrated(mean(values, design)).standard_error
        0.0
        """
        own = found.influence
        if own is None:
            return found
        raw = np.asarray(own())
        plain, residual = standard_error(raw, self.design), standard_error(self.residual(raw), self.design)
        if plain == 0.0 or not (self.scores or residual < plain):
            return found
        if residual <= FIXED * plain:
            return Estimate(found.value, 0.0, lambda: self.residual(np.asarray(own())))
        error, bounds = residual, None
        if found.order_statistics and (ends := found.bounds) is not None:
            share = error / plain
            low, high = ends(share * REFERENCE_Z)
            if not math.isnan(high - low):
                error, bounds = (high - low) / (2.0 * REFERENCE_Z), lambda z: ends(share * z)
        return Estimate(
            found.value,
            error,
            lambda: error / residual * self.residual(np.asarray(own())),
            bounds,
            order_statistics=bounds is not None,
        )


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
