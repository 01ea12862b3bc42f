"""Questions that a comparison alone does not answer: stress, causes, break-even and sweeps."""
