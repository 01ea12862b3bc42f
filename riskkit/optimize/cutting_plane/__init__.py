"""Cutting planes: minimum tail risk over many scenarios, with a proven bound."""
