"""Calibration of markets to past prices and to equilibrium, and the quality of the fit."""
