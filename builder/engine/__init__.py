"""Engines: the runner, its threads, and the versions that results depend on."""
