"""The state of a rule that begins on different paths at different times."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskkit._core.array_types import Bools
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr

__all__ = ["merged"]


def merged(begins: Bools, fresh: Any, old: Any) -> Any:
    """Return the state that is `fresh` on the paths in `begins` and `old` on the others.

    Parameters
    ----------
    begins : ndarray of bool
        Paths (path) on which the rule has just decided for the first time.
    fresh, old : object
        What `Rule.decide` returned from no state and from the earlier one: arrays with the path as last axis, in
        tuples, lists and dicts of any depth, and other objects that do not depend on the path.

    Raises
    ------
    InvalidInput
        If the two differ in something that is not an array with the path as last axis.

    Examples
    --------
    >>> begins = np.array([True, False])
    >>> merged(begins, (np.zeros(2), "a"), (np.array([7.0, 8.0]), "a"))
    (array([0., 8.]), 'a')
    """
    if isinstance(fresh, np.ndarray) and isinstance(old, np.ndarray):
        if fresh.shape == old.shape and fresh.shape[-1:] == begins.shape:
            return np.where(begins, fresh, old)
    elif type(fresh) is type(old) and isinstance(fresh, dict) and fresh.keys() == old.keys():
        return {key: merged(begins, fresh[key], old[key]) for key in fresh}
    elif type(fresh) is type(old) and type(fresh) in (tuple, list) and len(fresh) == len(old):
        return type(fresh)(merged(begins, new, earlier) for new, earlier in zip(fresh, old, strict=True))
    elif not isinstance(fresh, np.ndarray) and not isinstance(old, np.ndarray) and fresh == old:
        return old
    raise InvalidInput(
        "the state of a rule that begins on different paths at different times must be arrays with the path as last "
        f"axis (in tuples, lists or dicts), got {short_repr(fresh)} beside {old!r}"
    )
