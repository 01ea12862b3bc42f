"""Random numbers: Threefry, named streams, compiled draws, and compilation with Numba."""
