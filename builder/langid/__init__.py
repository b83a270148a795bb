"""Identify the language of an article and compare it with the tag."""
