"""Configure Sphinx, which builds these pages into `build/docs` (`make docs`)."""

from builder import __version__

project = "Multilingual news dataset builder"
author = "The multilingual news dataset builder authors"
release = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
exclude_patterns = ["README.md"]

html_theme = "furo"
html_title = f"{project} {release}"
html_show_copyright = False
# The theme needs nothing from other hosts; Sphinx must not add a search or font that does.
html_use_opensearch = ""
