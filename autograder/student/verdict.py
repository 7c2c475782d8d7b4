"""What a check found: points, a row per group, hints. And how that looks in a notebook and in a terminal.

The repr is the plain number of points, which is what nbgrader reads as partial credit.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

STATUS_WORDS = {
    "right": "all right",
    "partly right": "partly right",
    "wrong": "not right yet",
    "open": "not written yet",
}


@dataclass(frozen=True)
class Row:
    """One group of cases: what it earned of what it is worth, and what was off."""

    group: str
    points: float
    max_points: float
    ok: bool
    text: str = ""


@dataclass(frozen=True)
class Verdict:
    """The result of checking one exercise."""

    exercise: str
    points: float
    max_points: float
    rows: tuple[Row, ...] = ()
    status: str = "wrong"
    explanation: str = ""  # what was seen, in numbers
    misconception: str | None = None
    hint: str = ""  # the misconception's, where one was recognised
    first: str = ""  # what to mend before this
    small: str = ""  # a small example, after three tries
    printed: str = ""
    warned: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    figure: str = ""  # SVG

    def __repr__(self) -> str:
        return repr(float(self.points))

    def __float__(self) -> float:
        return float(self.points)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)


def number(points: float) -> str:
    """Points as people write them: 2, 2.5, 0.67."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def headline(verdict: Verdict) -> str:
    """Points and status in one line."""
    unit = "point" if verdict.max_points == 1 else "points"
    return f"{number(verdict.points)} of {number(verdict.max_points)} {unit}, {STATUS_WORDS[verdict.status]}"


def remarks(verdict: Verdict) -> list[tuple[str, str]]:
    """What is said below the rows: a label and a text each, the most helpful first."""
    found = [("First", verdict.first), ("Hint", verdict.hint)]
    if not verdict.hint and not any(row.text == verdict.explanation for row in verdict.rows):
        found.append(("Seen", verdict.explanation))
    found.append(("A small example", verdict.small))
    found += [("Note", note) for note in verdict.notes]
    found += [("Your function warned", text) for text in verdict.warned]
    if verdict.status == "open":
        found.append(
            (
                "Next",
                "Replace `raise NotImplementedError()` by your code, run its cell, then run this one again.",
            )
        )
    return [(label, text) for label, text in found if text]


def as_text(verdict: Verdict) -> str:
    """For a terminal: plain characters, no colour."""
    lines = [f"{verdict.exercise}: {headline(verdict)}"]
    if verdict.status != "open":
        for row in verdict.rows:
            lines.append(
                f"  [{'ok' if row.ok else 'no'}] {row.group} ({number(row.points)}/{number(row.max_points)})"
            )
            if row.text:
                lines.append(f"       {row.text}")
    lines += [f"  {label}: {text}" for label, text in remarks(verdict)]
    if verdict.printed:
        lines += [
            "  Your function printed:",
            *(f"    | {line}" for line in verdict.printed.splitlines()[:12]),
        ]
    return "\n".join(lines)


# The notebook's form. Styles stand in the elements, since JupyterLab strips style sheets from outputs;
# colours come from the theme's variables, so that light and dark both work; and no meaning hangs on a colour
# alone. From a notebook that it does not trust, since it came from elsewhere, JupyterLab drops whatever names
# a variable: a grey border and the page's own colours are left then.

_CARD = (
    "border-style:solid;border-width:1px 1px 1px .4em;border-radius:4px;"
    "border-color:#999;border-color:var(--jp-border-color1,#999);"
    "padding:.6em .9em;margin:.2em 0;max-width:52em;color:var(--jp-content-font-color1,CanvasText);"
    "background:var(--jp-layout-color1,Canvas);font-family:var(--jp-content-font-family,sans-serif);line-height:1.45"
)
_HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"
_SIGNS = {"right": "✓", "partly right": "◐", "wrong": "✗", "open": "○"}
_EDGES = {"right": "#009E73", "partly right": "#E69F00", "wrong": "#D55E00", "open": "#767676"}


def as_html(verdict: Verdict) -> str:
    """For a notebook: a card with the points, a row per group, hints, and a small figure where one helps."""
    label = html.escape(f"{verdict.exercise}: {headline(verdict)}", quote=True)
    parts = [
        f'<div role="group" aria-label="{label}" style="{_CARD};border-left-color:{_EDGES[verdict.status]}">',
        f'<div style="font-size:1.1em"><span aria-hidden="true">{_SIGNS[verdict.status]}</span> '
        f"<code>{html.escape(verdict.exercise)}</code> <strong>{headline(verdict)}</strong></div>",
    ]
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
    sign, word = ("✓", "passed") if row.ok else ("✗", "not passed")
    text = f'<div style="margin-left:1.4em">{rich(row.text)}</div>' if row.text else ""
    return (
        f'<li style="margin:.2em 0">'
        f'<span aria-hidden="true" style="display:inline-block;width:1.4em">{sign}</span>'
        f'<span style="{_HIDDEN}">{word}: </span>{rich(row.group)} '
        f'<span style="opacity:.75">({number(row.points)}/{number(row.max_points)})</span>{text}</li>'
    )


def rich(text: str) -> str:
    """Escaped text with `code` set as code and line breaks kept."""
    pieces = html.escape(text).split("`")
    if len(pieces) % 2 == 0:  # an odd back-tick: leave it all as it is
        return html.escape(text)
    return "".join(
        f"<code>{piece}</code>" if i % 2 else piece.replace("\n", "<br>") for i, piece in enumerate(pieces)
    )


@dataclass(frozen=True)
class Progress:
    """What is earned and what is open in a lesson."""

    lesson: str
    title: str
    verdicts: tuple[Verdict, ...]

    @property
    def points(self) -> float:
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def max_points(self) -> float:
        return sum(verdict.max_points for verdict in self.verdicts)

    def __repr__(self) -> str:
        width = max((len(verdict.exercise) for verdict in self.verdicts), default=0)
        lines = [f"{self.title}: {number(self.points)} of {number(self.max_points)} points"]
        lines += [f"  {verdict.exercise:<{width}}  {headline(verdict)}" for verdict in self.verdicts]
        return "\n".join([*lines, self.advice()])

    def advice(self) -> str:
        """The one thing to do next."""
        for verdict in self.verdicts:
            if verdict.status != "right":
                return f"Next: {verdict.exercise}."
        return "All done."

    def _repr_html_(self) -> str:
        cell = 'style="text-align:left;padding:.15em .8em"'
        head = "".join(f'<th scope="col" {cell}>{word}</th>' for word in ("exercise", "points", "state"))
        rows = "".join(
            f'<tr><td {cell}><span aria-hidden="true">{_SIGNS[verdict.status]}</span> '
            f"<code>{html.escape(verdict.exercise)}</code></td>"
            f"<td {cell}>{number(verdict.points)} of {number(verdict.max_points)}</td>"
            f"<td {cell}>{STATUS_WORDS[verdict.status]}</td></tr>"
            for verdict in self.verdicts
        )
        points = f"{number(self.points)} of {number(self.max_points)} points"
        return (
            f'<div style="{_CARD}"><strong>{html.escape(self.title)}: {points}</strong>'
            f'<table style="margin:.5em 0"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
            f"{html.escape(self.advice())}</div>"
        )
