"""Look up records, copies and texts of a release."""
