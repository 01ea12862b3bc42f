"""Questions that one comparison does not answer: each runs a scenario in several ways."""
