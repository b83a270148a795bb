"""Assign splits: stories, the history of earlier releases, and the search for leaks."""
