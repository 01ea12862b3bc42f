"""Data classes as TOML files and back, every number exactly: written field by field, read with pydantic."""

from __future__ import annotations

from riskkit.scenario_file.reading import from_toml, load
from riskkit.scenario_file.record import StoredRule
from riskkit.scenario_file.writing import save, to_toml

__all__ = ["StoredRule", "from_toml", "load", "save", "to_toml"]
