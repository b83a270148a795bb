"""Checks: what a raw file would give, measured before it is built."""
