"""The engine equals its slow readable twin under every friction at once, in steps of a week."""

from __future__ import annotations

import pytest
from friction_scenes import random_friction_scenario
from twin_check import FRICTIONS, assert_equals_twin, fixed_thresholds, these_quick


@pytest.mark.parametrize("number", these_quick(range(1, 60, 3), (4, 7)))
def test_every_path_and_number_of_a_random_scenario_in_steps_of_a_week(number):
    """Prices, units, weights, wealth, accounts, trades and every column of two paths of five rules."""
    with fixed_thresholds():
        assert_equals_twin(random_friction_scenario(number), [0, 3], FRICTIONS)
