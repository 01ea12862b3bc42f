"""Shapley values: the average marginal contribution of each player to a whole."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np

from riskkit._core.array_types import Array

__all__ = ["EXACT", "PERMUTATIONS", "shapley"]


#: Most players for which every coalition is valued; with more, the number of random permutations.
EXACT, PERMUTATIONS = 6, 20


def shapley(players: int, value: Callable[[frozenset[int]], Array], seed: int = 0) -> tuple[Array, Array]:
    """Split the value of all players among them by Shapley's formula.

    Parameters
    ----------
    players : int
        Their number.
    value : callable
        Takes a coalition of players 0 … n - 1 and returns an array of any one shape; called often with the same one.
    seed : int
        Of the permutations.

    Returns
    -------
    shares : ndarray
        What each player adds (player, …): their sum is value(all) - value(nobody) to rounding, and a player that adds
        nothing to any coalition gets exactly 0.
    errors : ndarray
        Standard error of the shares, from the permutations alone (player, …); 0 up to six players.

    Notes
    -----
    A player's share is the mean over all orders of the players of what it adds to those before it (Shapley, "A value
    for n-person games", 1953): for coalitions S without it, weights |S|! (n - |S| - 1)! / n!. Beyond six players the
    mean over 20 random orders (Castro, Gómez and Tejada, Computers and Operations Research 36, 2009, 1726-1730).

    Examples
    --------
    Two players who together are worth 10, apart 2 and 4:

    >>> worth = {frozenset(): 0.0, frozenset({0}): 2.0, frozenset({1}): 4.0, frozenset({0, 1}): 10.0}
    >>> shapley(2, lambda coalition: np.array(worth[coalition]))[0].tolist()
    [4.0, 6.0]
    """
    if players > EXACT:
        return _sampled(players, value, seed)
    shares = np.zeros((players, *value(frozenset()).shape))
    for player in range(players):
        others = [other for other in range(players) if other != player]
        for size in range(players):
            weight = factorial(size) * factorial(players - size - 1) / factorial(players)
            for coalition in map(frozenset, combinations(others, size)):
                shares[player] += weight * (value(coalition | {player}) - value(coalition))
    return shares, np.zeros_like(shares)


def _sampled(players: int, value: Callable[[frozenset[int]], Array], seed: int) -> tuple[Array, Array]:
    """Mean and standard error over random orders."""
    random = np.random.default_rng(seed)
    total = np.zeros((players, *value(frozenset()).shape))
    squares = np.zeros_like(total)
    for _ in range(PERMUTATIONS):
        before: frozenset[int] = frozenset()
        for player in random.permutation(players).tolist():
            added = value(before | {player}) - value(before)
            total[player] += added
            squares[player] += np.square(added)
            before |= {player}
    shares = total / PERMUTATIONS
    variance = np.maximum(squares / PERMUTATIONS - np.square(shares), 0.0)
    return shares, np.sqrt(variance / (PERMUTATIONS - 1))
