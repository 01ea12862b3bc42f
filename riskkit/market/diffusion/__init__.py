"""The diffusion of a market: expected returns, volatilities and correlation."""
