"""Markets fitted to past prices and to equilibrium, and how well they fit."""
