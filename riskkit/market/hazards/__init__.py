"""Hazards: the intensities at which shocks arrive."""
