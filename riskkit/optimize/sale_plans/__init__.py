"""Plans of sale: what to sell on which date, from simulated prices."""
