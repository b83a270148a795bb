"""Languages, scripts and tags: the rules for a tag, and names from CLDR."""
