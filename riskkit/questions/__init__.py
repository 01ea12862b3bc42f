"""Questions that one comparison does not answer: stress, causes, break-even, sweeps, and what is not known."""
