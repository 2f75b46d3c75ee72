"""Sphinx's settings: `make docs` builds these pages."""

import lookalike

project = "lookalike"
author = "The lookalike developers"
project_copyright = "2026, The lookalike developers"
release = lookalike.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"lookalike {release}"
# No request leaves the reader's machine.
html_theme_options = {"footer_icons": []}

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
# Attributes of records are described once, by the docstring of their class.
napoleon_use_ivar = True

# Names that several rooms have, such as Hits of the library's types and of the client.
suppress_warnings = ["ref.python"]
