"""Measurements, and the corpora that they are made on."""
