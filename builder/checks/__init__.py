"""Checks that anyone can run on a file of their own: how good the verdicts and signals are on it."""
