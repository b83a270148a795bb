"""Measure the builder on a user's own file."""
