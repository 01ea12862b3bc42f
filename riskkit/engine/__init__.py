"""The one engine: scenarios in, columns out."""
