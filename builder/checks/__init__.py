"""Measure the builder on a file of the user's own."""
