"""List articles that the next build removes."""
