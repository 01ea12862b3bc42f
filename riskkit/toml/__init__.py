"""Data classes as TOML files and back with exact numbers: written by field, read with pydantic."""

from __future__ import annotations

from riskkit.toml.read import from_toml, load
from riskkit.toml.write import save, to_toml

__all__ = ["from_toml", "load", "save", "to_toml"]
