"""Read raw files into records: scan, decode, recognise the format, and name the fields."""
