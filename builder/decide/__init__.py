"""Decide on every record: kept, duplicate, rejected or quarantined, and why."""
