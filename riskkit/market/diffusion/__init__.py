"""Assets and how they move together: expected return, volatility, correlation."""
