"""Write a release, and find the releases in a folder."""
