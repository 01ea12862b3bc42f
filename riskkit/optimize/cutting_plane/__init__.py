"""Cutting planes: least tail risk over many scenarios, with a proven bound."""
