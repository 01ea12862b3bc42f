"""Shapley values against games that are solved by hand."""

from __future__ import annotations

import numpy as np
import pytest

from riskkit.analysis._shapley import EXACT, PERMUTATIONS, shapley

RUNWAYS = [1.0, 2.0, 2.0, 5.0, 9.0, 20.0]


def airport(coalition: frozenset[int]) -> np.ndarray:
    """Planes share a runway that the longest one of them needs."""
    return np.array(max((RUNWAYS[plane] for plane in coalition), default=0.0))


def airport_shares(planes: int) -> np.ndarray:
    """Littlechild and Owen (1973): each piece of runway is shared by all planes that need it."""
    marginal = np.diff([0.0, *RUNWAYS[:planes]])
    return np.cumsum(marginal / (planes - np.arange(planes)))


@pytest.mark.parametrize("planes", [1, 2, EXACT])
def test_an_airport_by_its_closed_form(planes: int):
    shares, errors = shapley(planes, airport)
    np.testing.assert_allclose(shares, airport_shares(planes), rtol=1e-14)
    assert not errors.any()


OWN = np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.5])


def square(coalition: frozenset[int]) -> np.ndarray:
    """(Σ a)²: each pair's 2 a b is shared in halves, so that a player gets a² + a Σ of the others = a Σ of all."""
    return np.array(sum(OWN[player] for player in coalition) ** 2)


def test_a_game_too_large_to_count_through():
    """Eight players: the random orders are within four of their standard errors, and share all there is, 20²."""
    shares, errors = shapley(8, square, seed=3)
    assert (np.abs(shares - OWN * 20.0) < 4.0 * errors).all()
    assert shares.sum() == pytest.approx(400.0, abs=1e-11)


def test_errors_of_random_orders_are_those_of_repeating_them():
    """Standard deviation over 200 seeds, itself known to 1/sqrt(400) = 5 %, against the stated error; four of those."""
    runs = [shapley(8, square, seed=seed) for seed in range(200)]
    spread = np.std([shares for shares, _ in runs], axis=0, ddof=1)
    stated = np.sqrt(np.mean([np.square(errors) for _, errors in runs], axis=0))
    np.testing.assert_allclose(stated, spread, rtol=0.2)


@pytest.mark.parametrize("players", [4, 8])
def test_a_player_that_adds_nothing_gets_exactly_nothing(players: int):
    shares, errors = shapley(players, lambda coalition: np.array(0.1 * len(coalition - {1}) ** 1.5))
    assert shares[1] == 0.0
    assert errors[1] == 0.0


def test_additive_games_give_each_its_own_whatever_the_order():
    own = np.linspace(-1.0, 2.0, 9)
    shares, errors = shapley(9, lambda coalition: np.array(sum(own[player] for player in coalition)))
    np.testing.assert_allclose(shares, own, atol=1e-14)
    np.testing.assert_allclose(errors, 0.0, atol=1e-7)


def test_arrays_are_shared_out_entry_by_entry():
    shares, _ = shapley(2, lambda coalition: np.array([len(coalition) ** 2, sum(coalition)], dtype=float))
    assert shares.tolist() == [[2.0, 0.0], [2.0, 1.0]]


def test_nobody_has_no_share():
    assert shapley(0, airport)[0].shape == (0,)


def test_many_players_take_few_coalitions():
    coalitions = set()

    def value(coalition: frozenset[int]) -> np.ndarray:
        coalitions.add(coalition)
        return np.zeros(())

    shapley(12, value)
    assert len(coalitions) <= PERMUTATIONS * 11 + 2
