"""Which articles are alike: shingles, candidates, and the choice among copies."""
