"""The one engine: tapes in, columns out."""
