"""The language of an article, and whether it is the one that its tag claims."""
