"""How Sphinx makes the site: `make site`. What it reads is prepared by make_site.py."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

project = html_title = "Deep networks that train"
author = "The authors of Deep networks that train"
language = "en"  # with "en_GB" the search stops at a plural that Sphinx has no translation for
extensions = ["myst_nb"]

# The notebooks come with their outputs. Formulas are written as JupyterLab reads them.
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 4
# A lesson goes from a title to a small heading where that reads well, and code may be elided by "…".
suppress_warnings = ["myst.header", "misc.highlighting_failure"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_math_renderer = "mathml"
html_copy_source = html_show_sourcelink = html_show_copyright = html_show_sphinx = False
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"


# What the theme's pages lack for those who hear them: levels of headings, names of regions, heads of columns.
MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer': '<aside aria-label="This page" class="toc-drawer',
    '<th class="head"><p></p></th>': "<td></td>",
    '<noscript>\n<div class="admonition': '<h1>Search</h1>\n<noscript>\n<div class="admonition',
}


def setup(app: Sphinx) -> None:
    """Formulas become MathML, which browsers draw and read out themselves: no script, nothing to load."""
    app.add_html_math_renderer("mathml", (_inline, _nothing), (_block, _nothing))
    app.connect("build-finished", _mend)


def _mend(app: Sphinx, failure: Exception | None) -> None:
    for path in [] if failure else Path(app.outdir).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for found, better in MENDED.items():
            text = text.replace(found, better)
        path.write_text(text, encoding="utf-8")


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math" tabindex="0">{_mathml(node, "block")}</div>')
    raise nodes.SkipNode


def _nothing(translator: Any, node: nodes.Node) -> None:
    """Everything is written when a formula begins."""


def _mathml(node: nodes.math | nodes.math_block, display: str) -> str:
    tex = node.astext()
    made: str = convert(tex, display=display)
    return made.replace("<math ", f'<math alttext="{escape(tex)}" ', 1)
