"""Shocks: what happens at once to several holdings, and what triggers what."""
