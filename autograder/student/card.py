"""How a notebook shows verdicts and progress.

The notebook's form. Styles stand in the elements, since JupyterLab strips style sheets from outputs;
colours come from the theme's variables, so that light and dark both work; and no meaning hangs on a colour
alone. From a notebook that it does not trust, since it came from elsewhere, JupyterLab drops whatever names
a variable: a grey border and the page's own colours are left then.
"""

from __future__ import annotations

import html
import re
from urllib.parse import quote

from .verdict import STATUS_WORDS, Progress, Row, Verdict, headline, number, remarks

CARD = (
    "border-style:solid;border-width:1px 1px 1px .4em;border-radius:4px;"
    "border-color:#999;border-color:var(--jp-border-color1,#999);"
    "padding:.6em .9em;margin:.2em 0;max-width:52em;color:var(--jp-content-font-color1,CanvasText);"
    "background:var(--jp-layout-color1,Canvas);font-family:var(--jp-content-font-family,sans-serif);line-height:1.45"
)
_HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"
_SIGNS = {"right": "✓", "partly right": "◐", "wrong": "✗", "open": "○"}
_EDGES = {"right": "#009E73", "partly right": "#E69F00", "wrong": "#D55E00", "open": "#767676"}


def card_of_verdict(verdict: Verdict) -> str:
    """For a notebook: a card with the points, a row per group, hints, and a small figure where one helps."""
    label = html.escape(f"{verdict.title}: {headline(verdict)}", quote=True)
    names = ", ".join(
        f"<code>{html.escape(name)}</code>" for name in verdict.functions or (verdict.exercise,)
    )
    parts = [
        f'<div role="group" aria-label="{label}" style="{CARD};border-left-color:{_EDGES[verdict.status]}">',
        f'<div role="status" style="font-size:1.1em">'
        f'<span aria-hidden="true">{_SIGNS[verdict.status]}</span> '
        f"{names} <strong>{headline(verdict)}</strong></div>",
    ]
    if verdict.error:
        parts.append(f'<p style="margin:.4em 0">{rich(verdict.error)}</p>')
    if verdict.status != "open" and verdict.rows:
        rows = "".join(map(_row_html, verdict.rows))
        parts.append(f'<ul style="list-style:none;margin:.5em 0;padding:0">{rows}</ul>')
    parts += [
        f'<p style="margin:.4em 0"><strong>{html.escape(label)}:</strong> {rich(text)}</p>'
        for label, text in remarks(verdict)
    ]
    parts.append(verdict.figure)
    if verdict.printed:
        parts.append(
            '<details style="margin:.4em 0"><summary>Your function printed</summary>'
            f'<pre style="margin:.3em 0;white-space:pre-wrap">{html.escape(verdict.printed)}</pre></details>'
        )
    return "".join(parts) + "</div>"


def _row_html(row: Row) -> str:
    sign, word = ("✓", "passed") if row.ok else ("✗", "not passed") if row.looked_at else ("–", "open")
    note = "" if row.looked_at else ", not looked at yet"
    text = f'<div style="margin-left:1.4em">{rich(row.text)}</div>' if row.text else ""
    return (
        f'<li style="margin:.2em 0">'
        f'<span aria-hidden="true" style="display:inline-block;width:1.4em">{sign}</span>'
        f'<span style="{_HIDDEN}">{word}: </span>{rich(row.group)} '
        f'<span style="opacity:.75">({number(row.points)}/{number(row.max_points)}){note}</span>{text}</li>'
    )


# An asterisk before a word and one behind a word; neither in the middle of one, as in a*b*c.
_EMPHASIS = re.compile(r"(?<![\w*])\*(\w(?:[^*\n]*\w)?)\*(?![\w*])")


def rich(text: str) -> str:
    """Escaped text with `code` set as code, *words* emphasised and line breaks kept."""
    pieces = html.escape(text).split("`")
    if len(pieces) % 2 == 0:  # an odd back-tick: leave it all as it is
        return html.escape(text)
    return "".join(
        f"<code>{piece}</code>" if i % 2 else _EMPHASIS.sub(r"<em>\1</em>", piece).replace("\n", "<br>")
        for i, piece in enumerate(pieces)
    )


def card_of_progress(progress: Progress) -> str:
    """For a notebook: a table with a row per exercise."""
    cell = 'style="text-align:left;padding:.15em .8em"'
    head = "".join(f'<th scope="col" {cell}>{word}</th>' for word in ("exercise", "points", "state"))
    rows = "".join(
        f'<tr><td {cell}><span aria-hidden="true">{_SIGNS[verdict.status]}</span> '
        f"<code>{html.escape(verdict.exercise)}</code></td>"
        f"<td {cell}>{number(verdict.points)} of {number(verdict.max_points)}</td>"
        f"<td {cell}>{STATUS_WORDS[verdict.status]}{html.escape(progress.since(verdict))}</td></tr>"
        for verdict in progress.verdicts
    )
    rows += "".join(
        f'<tr><td {cell}><span aria-hidden="true">✎</span> <code>{html.escape(name)}</code></td>'
        f"<td {cell}>{number(most)}</td><td {cell}>graded by hand</td></tr>"
        for name, most in progress.written
    )
    points = f"{number(progress.points)} of {number(progress.max_points)} points"
    return (
        f'<div style="{CARD}"><strong>{html.escape(progress.title)}: {points}</strong>'
        f'<table style="margin:.5em 0"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f"{html.escape(progress.advice())}{_link_to_the_next(progress.next_lesson)}</div>"
    )


def _link_to_the_next(lesson: str) -> str:
    """A link that JupyterLab opens as a notebook: from one lesson's folder into the next one's."""
    if not lesson:
        return ""
    words = html.escape(lesson.replace("_", " "))
    return f'<br>The next lesson: <a href="../{quote(lesson)}/{quote(lesson)}.ipynb">{words}</a>'
