"""How progress in a course is shown: a card in a notebook, and a page to keep or print."""

from __future__ import annotations

import html
from datetime import datetime
from urllib.parse import quote

from . import diary
from .card import CARD
from .course import CourseProgress, LessonProgress, in_words
from .verdict import STATUS_WORDS, number

STYLE = """
:root { color-scheme: light dark; --line: #767676; --bar: #0072B2; --soft: #e8e8e8 }
@media (prefers-color-scheme: dark) { :root { --line: #949494; --bar: #56B4E9; --soft: #3a3a3a } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
h1 { line-height: 1.2 } h2 { margin: 1.6rem 0 .3rem; font-size: 1.15rem }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; padding: .2rem 0 .4rem }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; vertical-align: top }
th, td { border-bottom: 1px solid var(--line) }
tbody th { font-weight: normal; width: 36% } thead th { white-space: nowrap }
td:nth-child(2) { width: 12% } td:nth-child(3) { width: 22% } td:nth-child(4) { width: 8% }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap }
.scroll { overflow-x: auto }
.bar { background: var(--soft); height: .6rem; max-width: 24rem; border: 1px solid var(--line) }
.bar div { background: var(--bar); height: 100%; print-color-adjust: exact }
section { break-inside: avoid }
@media print { body { margin: 0; max-width: none; color-scheme: light } }
"""


def card(course: CourseProgress) -> str:
    """For a notebook: a row per lesson."""
    cell = 'style="text-align:left;padding:.15em .8em;white-space:nowrap"'
    name = 'style="text-align:left;padding:.15em .8em;font-weight:normal"'
    head = "".join(f'<th scope="col" {cell}>{word}</th>' for word in ("lesson", "points", "state", "last"))
    rows = "".join(
        f'<tr><th scope="row" {name}><a href="../{quote(one.lesson)}/{quote(one.lesson)}.ipynb">'
        f"{html.escape(one.heading)}</a></th><td {cell}>{_points(one)}</td><td {cell}>{one.state}</td>"
        f"<td {cell}>{diary.day(one.last)}</td></tr>"
        for one in course.lessons
    )
    advice = "<br>".join(map(html.escape, course.advice()))
    return (
        f'<div role="group" aria-label="Progress in the course" style="{CARD}">'
        f"<strong>{_points(course)} points{in_words(course.minutes)}</strong>"
        '<div role="region" aria-label="Lessons" tabindex="0" style="overflow-x:auto">'
        f'<table style="margin:.5em 0"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        f"{advice}</div>"
    )


def page(course: CourseProgress) -> str:
    """A page of its own: lessons, exercises, dates."""
    today = diary.day(datetime.now().isoformat())
    share = 100 * course.points / course.max_points if course.max_points else 0.0
    advice = "".join(f"<li>{html.escape(line)}</li>" for line in course.advice())
    begun = [one for one in course.lessons if one.last]
    sections = "".join(map(_section, begun)) + _not_begun([one for one in course.lessons if not one.last])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Progress</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n'
        f"<body><main><h1>Progress in the course</h1>\n<p>{today}: {_points(course)} points"
        f"{in_words(course.minutes)}.</p>\n"
        f'<div class="bar" aria-hidden="true"><div style="width:{share:.0f}%"></div></div>\n'
        f"<h2>What to do</h2>\n<ul>{advice}</ul>\n{sections}</main></body></html>\n"
    )


def _section(lesson: LessonProgress) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{html.escape(one.name)}</code></th>'
        f'<td class="number">{number(one.points)} of {number(one.max_points)}</td>'
        f"<td>{'right once, not now' if one.broken else STATUS_WORDS.get(one.status, one.status)}</td>"
        f'<td class="number">{one.tries}</td><td>{diary.day(one.passed)}</td></tr>\n'
        for one in lesson.exercises
    )
    caption = f"{_points(lesson)} points, {lesson.state}{in_words(round(lesson.seconds / 60))}"
    words = ("exercise", "points", "state", "tries", "right on")
    return _table(lesson.heading, caption, words, rows)


def _not_begun(lessons: list[LessonProgress]) -> str:
    if not lessons:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{html.escape(one.heading)}</th>'
        f'<td class="number">{number(one.max_points)}</td></tr>\n'
        for one in lessons
    )
    return _table("Not begun", f"{len(lessons)} of the lessons", ("lesson", "points"), rows)


def _table(heading: str, caption: str, words: tuple[str, ...], rows: str) -> str:
    head = "".join(f'<th scope="col">{word}</th>' for word in words)
    return (
        f'<section><h2>{html.escape(heading)}</h2>\n<div class="scroll" role="region" tabindex="0" '
        f'aria-label="{html.escape(heading, quote=True)}"><table>'
        f"<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>"
        "</div></section>\n"
    )


def _points(of: CourseProgress | LessonProgress) -> str:
    return f"{number(of.points)} of {number(of.max_points)}"
