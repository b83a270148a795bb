"""Everything that one article decides alone, stored in segments, and the boilerplate of its source."""
