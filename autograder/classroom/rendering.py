"""An executed notebook as a part of a page: prose with formulas, code, outputs; nothing that runs."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..engine.pages import harmless_html
from ..nbgrader import cells
from ..nbgrader.markers import Markers
from . import formulas
from .pages import printable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Cell = Mapping[str, Any]
MOST_TEXT = 20_000  # characters of one output
MOST_PICTURE = 8_000_000
SHORTEST_LINE = 12  # of a hidden test that is looked for in outputs
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TOKEN = secrets.token_hex(8)  # stands for formulas while HTML is cleaned; nobody can write it beforehand
_HELD = re.compile(rf"{_TOKEN}-(\d+)-")
_PICTURES = ("image/png", "image/jpeg", "image/gif")
NOT_SHOWN = '<p class="soft">What this cell’s tests printed is not shown.</p>'


def notebook_html(notebook: Mapping[str, Any], markers: Markers, verdicts: Mapping[str, str]) -> str:
    """All cells, one after the other.

    Args:
        notebook: as JSON was read.
        markers: what is left out.
        verdicts: by graded cell, what stands in the place of its code and outputs.
    """
    found = [cell for cell in notebook.get("cells", []) if isinstance(cell, dict)]
    hidden = {
        line.strip()
        for cell in found
        for line in markers.hidden_lines(_text(cell.get("source", "")))
        if len(line.strip()) >= SHORTEST_LINE
    }
    return "\n".join(_cell(_usable(cell), markers, verdicts, hidden) for cell in found)


def _usable(cell: dict[str, Any]) -> dict[str, Any]:
    """With metadata, whoever wrote the file."""
    return cell if isinstance(cell.get("metadata"), dict) else {**cell, "metadata": {}}


def _cell(cell: Cell, markers: Markers, verdicts: Mapping[str, str], hidden: Iterable[str]) -> str:
    source = _text(cell.get("source", ""))
    own = cells.is_students_own(cell) and not cells.is_task(cell)
    shown = markers.shown(source, own)
    mark = ' class="own"' if own else ""
    if cell.get("cell_type") == "markdown":
        made = markdown(shown) + _attached(cell) if shown.strip() else ""
        return f"<div{mark}>{made}</div>" if made else ""
    if cell.get("cell_type") != "code":
        return f"<div{mark}><pre>{html.escape(printable(shown)[:MOST_TEXT])}</pre></div>"
    if cells.grade_id(cell) in verdicts and not own:
        return verdicts[cells.grade_id(cell)]
    made = "".join(output_html(one, hidden) for one in cell.get("outputs", []) if isinstance(one, dict))
    if shown != source and cells.is_grade(cell):
        made = NOT_SHOWN if made else ""
    code = f'<pre tabindex="0"><code>{highlighted(shown[:MOST_TEXT])}</code></pre>' if shown.strip() else ""
    return f"<div{mark}>{code}{made}</div>" if code or made else ""


def _attached(cell: Cell) -> str:
    """Pictures that were pasted into a text, below it."""
    found = cell.get("attachments")
    bundles = found.items() if isinstance(found, dict) else ()
    return "".join(_picture(bundle, str(name)) for name, bundle in bundles if isinstance(bundle, dict))


def _picture(data: Mapping[str, Any], said: str) -> str:
    """The first form that is a picture; nothing where none is."""
    for mime in _PICTURES:
        picture = _text(data.get(mime, ""))
        if picture and len(picture) <= MOST_PICTURE and _BASE64.fullmatch(picture):
            alt = html.escape(printable(said)[:200], quote=True) or "a figure"
            return f'<img src="data:{mime};base64,{"".join(picture.split())}" alt="{alt}">'
    return ""


def output_html(output: Mapping[str, Any], hidden: Iterable[str] = ()) -> str:
    """One output of a cell; one that quotes a hidden test is not shown."""
    kind = output.get("output_type")
    if kind == "stream":
        return _quoted(_text(output.get("text", "")), hidden)
    if kind == "error":
        lines = output.get("traceback")
        trace = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
        return _quoted(trace or f"{output.get('ename')}: {output.get('evalue')}", hidden)
    data = output.get("data")
    if not isinstance(data, dict):
        return ""
    if picture := _picture(data, _text(data.get("text/plain", ""))):
        return picture
    rich = _text(data.get("text/html", ""))
    if rich and len(rich) <= MOST_PICTURE and not _quotes(rich, hidden):
        return f'<div class="html">{cleaned(rich)}</div>'
    if data.get("text/latex"):
        return formulas.mathml(_text(data["text/latex"]).strip().strip("$"), True)
    return _quoted(_text(data.get("text/plain", "")), hidden)


@lru_cache(maxsize=2_000)
def cleaned(text: str) -> str:
    """HTML that can do nothing."""
    return _within_reach(harmless_html(text))


def _within_reach(clean: str) -> str:
    """What may be wide can be scrolled with keys; a table's empty corner is no heading."""
    clean = clean.replace("<pre>", '<pre tabindex="0">')
    clean = re.sub(r"<table\b", '<div class="scroll" tabindex="0"><table', clean)
    clean = clean.replace("</table>", "</table></div>")
    return re.sub(r"<th\b[^>]*>\s*</th>", "<td></td>", clean)


def _quoted(text: str, hidden: Iterable[str]) -> str:
    text = printable(_COLOURS.sub("", text).expandtabs(4)).rstrip("\n")
    if not text:
        return ""
    if _quotes(text, hidden):
        return '<p class="soft">This output quotes a test and is not shown.</p>'
    cut = text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}\n…"
    return f'<pre class="output" tabindex="0">{html.escape(cut)}</pre>'


def _quotes(text: str, hidden: Iterable[str]) -> bool:
    return any(line in text or html.escape(line) in text for line in hidden)


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""


@lru_cache(maxsize=5_000)
def highlighted(source: str) -> str:
    """Python in colours, escaped."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    shown = printable(source.expandtabs(4)).strip("\n")
    return str(highlight(shown, PythonLexer(), HtmlFormatter(nowrap=True))).rstrip("\n")


@lru_cache(maxsize=5_000)
def markdown(source: str) -> str:
    """Prose with formulas, made harmless; its headings three levels down, below those of the page."""
    held: list[str] = []
    dirty = _renderer().render(printable(source), {"held": held})
    clean = _within_reach(harmless_html(dirty))
    return _HELD.sub(lambda found: held[int(found[1])] if int(found[1]) < len(held) else "", clean)


@lru_cache(maxsize=1)
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    made = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    made.use(dollarmath_plugin, allow_space=True, double_inline=True)

    def hold(tokens: Any, index: int, options: Any, env: Any, block: bool) -> str:
        env["held"].append(formulas.mathml(tokens[index].content, block))
        return f"{_TOKEN}-{len(env['held']) - 1}-"

    for name, block in (("math_inline", False), ("math_inline_double", True), ("math_block", True)):
        made.add_render_rule(
            name, lambda _, tokens, index, options, env, block=block: hold(tokens, index, options, env, block)
        )

    def lower(_: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
        level = min(6, int(tokens[index].tag[1:]) + 2)
        return f"<{'/' if tokens[index].nesting < 0 else ''}h{level}>"

    made.add_render_rule("heading_open", lower)
    made.add_render_rule("heading_close", lower)
    return made
