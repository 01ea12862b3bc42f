"""Random numbers: Threefry, named streams, compiled draws, and how functions are compiled."""
