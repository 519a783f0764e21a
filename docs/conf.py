"""How the docs are built: ``sphinx-build -W docs docs/_build/html``. Nothing is fetched."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]

from creditbank import __version__  # noqa: E402 # the paths come first

project = "creditbank"
author = "the creditbank authors"
copyright = "the creditbank authors, Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "from_code", "book_pages"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

# Annotations as they stand in the code: ``AccountId`` and not what it is an alias of.
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"

html_theme = "furo"
html_title = "creditbank 学分银行"
html_static_path: list[str] = []
