"""The compiled kernel: one function for each step of the semantics."""
