"""What a student's notebook may show where others open it: in formgrader, in feedback, in any page of ours.

There it would run with the rights of whoever looks: formgrader's pages can change anybody's marks. So of rich
outputs what is known to be harmless is kept, HTML without scripts, handlers, addresses elsewhere and styles
that cover the page; drawings become images, which run nothing. In Markdown that a student wrote tags are
made text.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from ..nbgrader import cells

if TYPE_CHECKING:
    from nbformat import NotebookNode

_PICTURES = ("image/png", "image/jpeg", "image/gif")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_EMBEDDED = re.compile(r"data:image/(png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=\s]*")
_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "del",
    "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span",
    "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u",
    "ul", "var", "wbr",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "class", "title", "lang", "dir", "role", "aria-label", "aria-hidden", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "details": {"open"},
}
# No position, no size of the window, nothing that is fetched: a frame over a page's buttons needs these.
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width",
    "color", "display", "font-family", "font-size", "font-style", "font-weight", "height", "line-height",
    "list-style", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width",
    "min-width", "opacity", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top",
    "text-align", "text-decoration", "vertical-align", "white-space", "width",
}  # fmt: skip
# What MathJax would make a link, a class or a style of.
_TEX = re.compile(r"\\(?=(href|class|style|cssId|data|require|unicode|html[A-Z]\w*)\b)")
_PLAIN_TAG = re.compile(r"</?(b|i|u|em|strong|sub|sup|br|hr|p|code|kbd|del|details|summary)\s*/?>", re.I)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
# Markdown's own: pictures that are fetched, and links to what could run, also those named elsewhere.
_PICTURE = re.compile(r"!(?=\[)(?!\[[^\[\]\n]*\]\(attachment:[^\s()]*\))")
_LINK = re.compile(r"\](?=\(\s*(?!(?:https?://|mailto:|attachment:|#)[^\s()]*\s*[)\"']))")
_NAMED = re.compile(r"\](?=:\s*(?!(?:https?://|mailto:|#)\S*\s*$))", re.M)
_NOTHING = "\N{ZERO WIDTH SPACE}"  # between "<" and a name, so that it is no tag and looks as it was written


def harmless_bundle(data: dict[str, Any]) -> dict[str, Any]:
    """Of the forms in which an output was offered those that can do nothing."""
    kept: dict[str, Any] = {}
    for mime, content in data.items():
        text = "".join(map(str, content)) if isinstance(content, list) else content
        if mime == "application/json":
            kept[mime] = content
        elif not isinstance(text, str):
            kept["text/plain"] = kept.get("text/plain", json.dumps(content)[:10_000])
        elif mime == "text/html":
            kept[mime] = harmless_html(text)
        elif mime == "text/latex":
            kept[mime] = _TEX.sub(rf"\\{_NOTHING}", text)
        elif mime == "text/plain" or (mime in _PICTURES and _BASE64.fullmatch(text)):
            kept[mime] = text
        elif mime == "image/svg+xml":
            kept.setdefault("text/html", _as_picture(text))
        else:  # Markdown, scripts, whatever a page might know how to run
            kept.setdefault("text/plain", text[:10_000])
    return kept


def harmless_html(text: str) -> str:
    """HTML that shows what it showed, and runs and fetches nothing."""
    import nh3

    return nh3.clean(
        text,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=_STYLES,
        clean_content_tags={"script", "style", "iframe", "object", "noscript", "template"},
        link_rel="noopener noreferrer",
    )


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("img", "src"):
        return value if _EMBEDDED.fullmatch(value) else None
    if (tag, attribute) == ("a", "href"):
        return value if value.startswith(("http://", "https://", "mailto:", "#")) else None
    if attribute == "style":
        return value if "url" not in value.lower() and "expression" not in value.lower() else None
    return value


def _as_picture(svg: str) -> str:
    data = base64.b64encode(svg.encode("utf-8", "replace")).decode("ascii")
    return f'<img src="data:image/svg+xml;base64,{data}" alt="a drawing">'


def harmless_markdown(text: str) -> str:
    """Markdown with its tags made text, but for those that only set words off, and without pictures that are
    fetched and links to what could run."""
    plain = _TEX.sub(rf"\\{_NOTHING}", text)
    for pattern, sign in ((_PICTURE, "!"), (_LINK, "]"), (_NAMED, "]")):
        plain = pattern.sub(f"{sign}{_NOTHING}", plain)
    kept = {match.start() for match in _PLAIN_TAG.finditer(plain)}
    return _TAG.sub(lambda match: "<" if match.start() in kept else f"<{_NOTHING}", plain)


def clean_cells(notebook: NotebookNode) -> None:
    """Makes harmless what a student wrote into cells that are shown and not run."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            cell.pop("outputs", None)  # as only code has them; a page that meets them elsewhere breaks
            cell.pop("execution_count", None)
        if not cells.is_students_own(cell):
            continue
        if cell.cell_type == "markdown":
            cell.source = harmless_markdown(cell.source)
        elif cell.cell_type == "raw":
            cell.metadata.pop("format", None)  # which says what to render it as
            cell.metadata.pop("raw_mimetype", None)
        attachments = cell.get("attachments")
        if attachments is not None:
            bundles = attachments.items() if isinstance(attachments, dict) else ()
            cell["attachments"] = {
                str(name): {mime: data for mime, data in bundle.items() if mime in _PICTURES}
                for name, bundle in bundles
                if isinstance(bundle, dict)
            }
