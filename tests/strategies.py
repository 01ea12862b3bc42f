"""Hypothesis strategies that several test files share."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

__all__ = ["levels", "path_weights", "wealth_paths", "wealth_samples"]


@st.composite
def wealth_paths(draw: st.DrawFn, max_points: int = 40, ruin: bool = True) -> np.ndarray:
    """Wealth (time,): any start, steps that rise, fall or stand still, and now and then ruin for good."""
    points = draw(st.integers(1, max_points))
    return _wealth(draw, (points,), ruin)


@st.composite
def wealth_samples(draw: st.DrawFn, max_points: int = 20, max_paths: int = 6, ruin: bool = True) -> np.ndarray:
    """Wealth (time, path) of at least one path."""
    shape = (draw(st.integers(1, max_points)), draw(st.integers(1, max_paths)))
    return _wealth(draw, shape, ruin)


def path_weights(paths: int) -> st.SearchStrategy[np.ndarray]:
    """Weights (path,) >= 0, some of them 0 but not all, of any sum."""
    weight = st.one_of(st.just(0.0), st.floats(1e-3, 1e3))
    return npst.arrays(np.float64, paths, elements=weight).filter(lambda weights: weights.sum() > 0.0)


def levels() -> st.SearchStrategy[float]:
    """Levels of tail means, 0 included."""
    return st.one_of(st.sampled_from([0.0, 0.5, 0.9, 0.95]), st.floats(0.0, 0.999))


def _wealth(draw: st.DrawFn, shape: tuple[int, ...], ruin: bool) -> np.ndarray:
    growth = draw(npst.arrays(np.float64, shape, elements=st.one_of(st.just(1.0), st.floats(0.3, 2.0))))
    growth[0] = draw(npst.arrays(np.float64, shape[1:], elements=st.floats(1e-3, 1e3)))
    if ruin and shape[0] > 1 and draw(st.booleans()):
        place = tuple(draw(st.integers(1 if axis == 0 else 0, size - 1)) for axis, size in enumerate(shape))
        growth[place] = 0.0
    return np.multiply.accumulate(growth, axis=0)
