"""A scenario as a TOML file and back, every number exactly: written field by field, read with pydantic."""

from __future__ import annotations

from riskkit.scenario_file.reading import load_scenario, scenario_from_toml
from riskkit.scenario_file.record import StoredRule
from riskkit.scenario_file.writing import save_scenario, scenario_to_toml

__all__ = ["StoredRule", "load_scenario", "save_scenario", "scenario_from_toml", "scenario_to_toml"]
