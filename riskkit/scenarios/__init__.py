"""Scenarios that come with the package."""

from riskkit.scenarios.founder import baron

__all__ = ["baron"]
