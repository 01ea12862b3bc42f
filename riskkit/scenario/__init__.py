"""Scenarios: a portfolio, a market and rules; and the scenarios that ship with the package."""

from __future__ import annotations

from riskkit.scenario._scenario import Scenario

__all__ = ["Scenario"]
