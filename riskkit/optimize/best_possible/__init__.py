"""How far from the best: adaptive sell-downs, and proven upper bounds on all plans that only sell."""
