"""What is simulated: a portfolio in a market under rules, and scenarios that come with the package."""

from __future__ import annotations

from riskkit.scenario._scenario import Scenario

__all__ = ["Scenario"]
