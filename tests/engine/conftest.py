"""Stands here so that the tests in folders below find the helpers that lie beside it."""
