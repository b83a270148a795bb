"""Check a release: every byte, row and figure."""
