"""Sale plans: how much to sell on each date, optimised over simulated prices."""
