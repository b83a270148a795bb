"""Find copies: shingles, MinHash, candidate pairs, templates, and the choice of the article that stays."""
