"""The engine's inputs: a market laid out as arrays for given paths. All random inputs of a batch are drawn here."""
