"""Estimates with standard errors from influence functions, and paired differences of them."""
