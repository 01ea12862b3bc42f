"""Time changes: fat tails, volatility clustering and regimes."""
