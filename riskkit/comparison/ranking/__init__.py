"""Rules ranked: the Pareto frontier, stochastic dominance, regret and the worst paths."""
