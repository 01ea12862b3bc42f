"""The documentation site: ``sphinx-build -W --keep-going -b html docs docs/_build/html``, with the extra ``docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from numpydoc.xref import DEFAULT_LINKS

import riskkit

sys.path.insert(0, str(Path(__file__).resolve().parent / "_extensions"))

project = "riskkit"
author = "the authors of riskkit"
copyright = f"{author}, MIT licence"
release = version = riskkit.__version__

extensions = [
    "myst_parser",  # pages in Markdown, which read well on a code host too
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "executed",
    "gallery",
    "notebooks",
    "links",
    "mathml",
]

exclude_patterns = ["_build", "_measured"]
templates_path = ["_templates"]
default_role = "py:obj"
highlight_language = "none"
toc_object_entries_show_parents = "hide"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say it in words
autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # the template lists them
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # only riskkit's own types are linked: other sites are not asked while building
numpydoc_xref_aliases = {name: name for name in DEFAULT_LINKS}
numpydoc_xref_aliases |= {name: f"riskkit.{name}" for name in riskkit.__all__ if name[0].isupper()}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "examples",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "gallery.Order",
    "reset_argv": "gallery.arguments",
    "image_scrapers": ["gallery.figures"],
    "capture_repr": (),
    "copyfile_regex": "",
    "download_all_examples": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "remove_config_comments": True,
}

html_theme = "pydata_sphinx_theme"
html_title = f"riskkit {release}"
html_static_path = ["_static"]
html_css_files = ["riskkit.css"]
html_math_renderer = "mathml"
html_sidebars = {"index": [], "tutorial": []}
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "riskkit"},
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "header_links_before_dropdown": 7,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
