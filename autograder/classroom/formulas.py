"""TeX to MathML when a page is made, so that browsers show formulas without fetching anything."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.etree import ElementTree

LONGEST = 2_000  # characters of TeX
_SPACE = "{http://www.w3.org/1998/Math/MathML}"
_TAGS = {
    "math", "menclose", "merror", "mfenced", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded",
    "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup",
    "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "none",
}  # fmt: skip
_ATTRIBUTES = {
    "accent", "accentunder", "align", "columnalign", "columnlines", "columnspacing", "depth", "display",
    "displaystyle", "fence", "form", "height", "linethickness", "lspace", "mathvariant", "maxsize", "minsize",
    "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel", "separator", "stretchy",
    "symmetric", "voffset", "width",
}  # fmt: skip
_PLAIN = re.compile(r"[\w\s.%#+-]*")


@lru_cache(maxsize=20_000)
def mathml(tex: str, block: bool) -> str:
    """A formula as an element of a page; the TeX as code where it can't be converted."""
    try:
        if len(tex) > LONGEST:
            raise ValueError("too long")
        return _converted(tex, block)
    except Exception:  # the converter raises whatever befalls it
        shown = f"<code>{html.escape(tex[:LONGEST])}</code>"
        return f"<div>{shown}</div>" if block else shown


def _converted(tex: str, block: bool) -> str:
    from latex2mathml.converter import convert_to_element

    root = convert_to_element(tex.strip(), display="block" if block else "inline")
    for element in root.iter():
        element.text = html.unescape(
            element.text or ""
        )  # it holds names of characters, not yet the characters
        element.tag = str(element.tag).removeprefix(_SPACE)
        if element.text == "\N{PRIME}":
            element.tag = "mo"
        if element.tag not in _TAGS:
            raise ValueError(f"no formula: {element.tag}")
        for name, value in list(element.attrib.items()):
            if name not in _ATTRIBUTES or not _PLAIN.fullmatch(value):
                del element.attrib[name]
    made = ElementTree.tostring(root, encoding="unicode")
    return f'<div class="formula" tabindex="0">{made}</div>' if block else made
