"""Past prices as a market: checked prices, and ways to draw returns from them."""
