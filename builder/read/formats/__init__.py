"""The formats of raw files: one module each, listed in `registry`."""
