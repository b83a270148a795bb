"""Releases elsewhere: on a hub, in an object store, by URL."""
