"""Errors under views: what the views fix is no longer random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskkit._core.array_types import Array
from riskkit.comparison.estimation.estimate import Estimate, standard_error
from riskkit.engine.outcomes import SamplingDesign

__all__ = ["calibrated"]


#: A residual below this share of the influences is rounding: the views fix the statistic.
FIXED = 1e-9


def calibrated(found: Estimate, fixed_moments: Sequence[Array], design: SamplingDesign) -> Estimate:
    """A statistic with its error under weights that fix some means.

    Parameters
    ----------
    found : Estimate
        The statistic under those weights, with the influences of fixed ones.
    fixed_moments : sequence of ndarray
        Quantities whose weighted means are fixed (path).
    design : SamplingDesign
        The weights, and how the paths were drawn.

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
        centred /= np.sqrt((weights * centred**2).sum(axis=1, keepdims=True))
        raw = np.asarray(own())
        # Not matrix products: those may be split among threads, and the last bit would depend on their number.
        products = np.einsum("hp,kp->hk", weights * centred, centred)
        slopes = np.linalg.lstsq(products, np.einsum("hp,p->h", weights * centred, raw))[0]
        result: Array = raw - np.einsum("h,hp->p", slopes, centred)
        return result

    error = standard_error(influence(), design)
    return Estimate(found.value, error if error > FIXED * plain else 0.0, influence)
