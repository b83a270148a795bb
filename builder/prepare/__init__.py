"""Prepare each article by itself, store it in segments, and remove the boilerplate of its source."""
