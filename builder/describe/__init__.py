"""Describe a release: card, charts, Croissant and data dictionary, all made from its manifest."""
