"""Hazards: the intensity at which shocks arrive."""
