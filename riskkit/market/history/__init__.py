"""Past prices as a market: validated prices, and ways to draw returns from them."""
