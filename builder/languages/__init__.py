"""Languages, scripts and tags: what a tag may say, and what CLDR knows of it."""
