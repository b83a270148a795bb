"""The documentation: its pages, and the scripts that draw and generate parts of them."""
