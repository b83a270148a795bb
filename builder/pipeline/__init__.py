"""The recipe: from a folder of raw files to a release. Read `build` first."""
