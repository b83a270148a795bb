"""Describe a release from its manifest: card, charts, Croissant and data dictionary."""
