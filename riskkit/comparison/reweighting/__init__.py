"""The same paths under other path weights: views, tilts and likelihood ratios."""
