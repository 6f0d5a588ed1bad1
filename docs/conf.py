"""How the documentation is built: `make docs` writes it to docs/site/, as pages that ask nothing of a network."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
os.environ.setdefault("MPLBACKEND", "Agg")

project = "Assessment of trafficking in persons"
author = "The authors of the assessment"
language = "en"
# Of blocks that name no language: commands.
highlight_language = "text"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
extensions += [
    "accessible_pages",
    "command_line",
    "gallery",
    "house_docstrings",
    "made_of",
    "public_names",
    "repository_pages",
    "table_columns",
]
exclude_patterns = ["site", "_ext"]

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 90
add_module_names = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None
# A summary is fetched, which a browser refuses to do for a page that is a file.
html_show_search_summary = False
