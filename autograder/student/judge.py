"""From outcomes to a verdict: which groups of an exercise are earned, and which misconception was met.

Pure functions of a sheet and what the student's functions gave. They run in the notebook, in grading, and
when a lesson is built, where they prove that every misconception loses what it should.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from .difference import (
    RTOL_FLOAT16,
    difference,
    in_the_form_of,
    matches,
    structure_difference,
    template_of,
)
from .finding import UNCHANGED, Finding, same_error, shared_error
from .probe import defined_in
from .properties import parts
from .sheet import Case, Failure, Mistake, Outcome, Sheet
from .values import RETURN
from .verdict import Row, Verdict
from .wording import WITHOUT_INPUTS, error_text, given

NOT_WRITTEN = "NotImplementedError"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # of an object in memory, another one each time
ALIKE = 1e-6  # how near a result must be to a misconception's to be taken for it


def verdict(sheet: Sheet, outcomes: Sequence[Outcome]) -> Verdict:
    """The verdict on one exercise. Every outcome belongs to the case of the same position."""
    if all(outcome.raised == NOT_WRITTEN for outcome in outcomes):
        rows = tuple(Row(group, 0.0, share, False, "", False) for group, share in shares(sheet).items())
        seen = outcomes[0].message if outcomes else ""
        own = {f"`{name}` is not written yet" for name in sheet.functions}  # which the status says already
        return Verdict(
            sheet.name,
            0.0,
            sheet.points,
            rows,
            status="open",
            explanation="" if seen in own else seen,
            functions=sheet.functions,
        )
    findings = findings_of(sheet, outcomes)
    rows = _rows(sheet, findings)
    points = round(sum(row.points for row in rows), 2)
    base = Verdict(sheet.name, points, sheet.points, rows, functions=sheet.functions)
    if all(row.ok for row in rows):
        return replace(base, points=float(sheet.points), status="right")
    mistake, shared = recognised(sheet, outcomes, findings), shared_error(findings)
    return replace(
        base,
        status="wrong" if points == 0 else "partly right",
        error=shared.detail if shared else "",
        explanation=next((f.detail or f.note for f in findings if not f.ok and (f.detail or f.note)), ""),
        misconception=mistake.name if mistake else None,
        hint=mistake.hint if mistake else "",
    )


def verdict_or_zero(sheet: Sheet, outcomes: Sequence[Outcome]) -> Verdict:
    """The verdict; results that the judge's author did not think of earn nothing, and end nothing."""
    try:
        return verdict(sheet, outcomes)
    except Exception as error:
        return unearned(sheet, f"these results could not be judged ({type(error).__name__})")


def unearned(sheet: Sheet, why: str) -> Verdict:
    """Nothing earned, and why."""
    rows = tuple(Row(group, 0.0, share, False, "", False) for group, share in shares(sheet).items())
    return Verdict(sheet.name, 0.0, sheet.points, rows, explanation=why, functions=sheet.functions)


def findings_of(sheet: Sheet, outcomes: Sequence[Outcome]) -> list[Finding]:
    """Every property of every case."""
    judge = defined_in(sheet.judge, "judge") if sheet.judge else None
    found: list[Finding] = []
    for number, (case, outcome) in enumerate(zip(sheet.cases, outcomes, strict=True)):
        found += [replace(one, case=number) for one in _findings_of_case(sheet, case, outcome, judge)]
    return found


def shares(sheet: Sheet) -> dict[str, float]:
    """What each group is worth in points."""
    whole = sum(sheet.groups.values())
    return {group: sheet.points * weight / whole for group, weight in sheet.groups.items()}


def recognised(sheet: Sheet, outcomes: Sequence[Outcome], findings: Sequence[Finding]) -> Mistake | None:
    """The one misconception that gives just what was found here; None when none or several do.

    Where none explains everything, two slips may stand side by side. Then the first group that failed is
    looked at alone, for a slip that costs none of the others that failed; and its hint says so.
    """
    failed = list(dict.fromkeys(finding.group for finding in findings if not finding.ok))
    alike = [m for m in sheet.mistakes if _explains(m, sheet, outcomes, findings, set())]
    if alike or len(failed) < 2:
        return alike[0] if len(alike) == 1 else None
    first, others = failed[0], set(failed[1:])
    beside = [m for m in sheet.mistakes if not others & set(m.loses)]
    alike = [m for m in beside if _explains(m, sheet, outcomes, findings, others)]
    if len(alike) != 1:
        return None
    return replace(alike[0], hint=f"Looking at “{first}” alone: {alike[0].hint}")


def counts_for(sheet: Sheet, case: Case) -> dict[str, list[str]]:
    """The parts of a result that a case is about, each with the groups that it counts for.

    What a function returns is one part, with no name, unless the exercise names several.
    """
    everything = [case.group] if case.group else [group for group in sheet.groups if group != UNCHANGED]
    parts = case.parts or ((case.group,) if case.group in sheet.returns else sheet.returns) or ("",)
    alone = {part: [part] for part in parts if part in sheet.groups and not case.group}
    return {part: alone.get(part, everything) for part in parts}


def failures(findings: Sequence[Finding]) -> tuple[Failure, ...]:
    """How a judged exercise failed, without the numbers: a misconception's signature.

    Which property failed on which case belongs to it: two slips that lose the same groups are two slips.
    """
    looked_at: Counter[tuple[int, str]] = Counter()
    failed = []
    for one in findings:
        looked_at[one.case, one.group] += 1
        if not one.ok:
            failed.append((one.case, one.group, looked_at[one.case, one.group], one.note))
    return tuple(sorted(failed))


def off(sheet: Sheet, case: Case, outcome: Outcome) -> str:
    """What is off in the value that came of a case; empty where nothing is."""
    judge = defined_in(sheet.judge, "judge") if sheet.judge else None
    kept = replace(outcome, changed=())  # no value shows that an argument was changed
    findings = _findings_of_case(sheet, case, kept, judge)
    return next((f.detail or f.note or f"{f.group}: no" for f in findings if not f.ok), "")


def first_failing(sheet: Sheet, outcomes: Sequence[Outcome]) -> int | None:
    """The first case that fails by its value; where none does, the first on which an argument changed."""
    for look in (off, lambda _, __, outcome: outcome.changed):
        for number, (case, outcome) in enumerate(zip(sheet.cases, outcomes, strict=True)):
            if look(sheet, case, outcome):
                return number
    return None


def _rows(sheet: Sheet, findings: Sequence[Finding]) -> tuple[Row, ...]:
    held = {group: [f for f in findings if f.group == group] for group in sheet.groups}
    earned = {group: bool(fs) and all(f.ok for f in fs) for group, fs in held.items()}
    if UNCHANGED in earned and not any(ok for group, ok in earned.items() if group != UNCHANGED):
        earned[UNCHANGED] = False  # doing nothing changes nothing, and earns nothing
    said_above = shared_error(findings)
    rows = []
    for group, share in shares(sheet).items():
        failed = [f for f in held[group] if not f.ok]
        own = [f for f in failed if said_above is None or not same_error(f, said_above)]
        if group == UNCHANGED:
            own = [f for f in failed if not f.error]
            looked_at = earned[group] or bool(own)
        else:
            looked_at = bool(own) or any(not f.error for f in held[group])
        text = next((f.detail or f.note for f in own), "")
        again = said_above and any(same_error(f, said_above) for f in failed)
        if not text and looked_at and group != UNCHANGED and again:
            text = "on some inputs it ends in the error above"
        rows.append(Row(group, share if earned[group] else 0.0, share, earned[group], text, looked_at))
    return tuple(rows)


def _findings_of_case(sheet: Sheet, case: Case, outcome: Outcome, judge: Any) -> list[Finding]:
    counted = counts_for(sheet, case)
    groups = list(dict.fromkeys(group for groups in counted.values() for group in groups))
    affected = groups + ([UNCHANGED] if UNCHANGED in sheet.groups and UNCHANGED not in groups else [])
    if outcome.raised:
        note = f"raised {outcome.raised}: {_ADDRESS.sub('', outcome.message)}"
        error = error_text(outcome, sheet.functions)
        inputs = "" if outcome.raised in WITHOUT_INPUTS or outcome.ours == "said" else given(sheet, case)
        return [Finding(group, False, note, f"{error}{inputs}", error) for group in affected]
    try:
        found = _parts_of(sheet, outcome.value)
    except TypeError as error:
        text = str(error)
        text += f": {RETURN}" if outcome.value is None else ""
        return [Finding(group, False, "parts", text, text) for group in affected]
    changed = _changed_findings(sheet, groups, outcome)
    if judge is None:
        compared = (_compared(sheet, case, found, part, own) for part, own in counted.items())
        return [*chain.from_iterable(compared), *changed]
    template = template_of(case.expected)
    unlike = structure_difference(outcome.value, template)
    if unlike:
        return [Finding(group, False, unlike.kind, unlike.text, unlike.text) for group in affected]
    result = in_the_form_of(template, outcome.value)
    return list(_judged(judge, case, result, groups)) + changed


def _is_narrow(case: Case) -> bool:
    """Whether a function is given numbers of float16, so that it may well answer in them."""
    return any(isinstance(one, np.ndarray) and one.dtype == np.float16 for one in case.inputs.values())


def _compared(
    sheet: Sheet, case: Case, found: dict[str, Any], part: str, groups: list[str]
) -> Iterator[Finding]:
    """One part of a result against the expected one, for each group that it counts for."""
    name = f"`{part}`" if part else "the result"
    rtol = max(sheet.rtol, RTOL_FLOAT16) if _is_narrow(case) else sheet.rtol
    unlike = difference(found[part], _parts_of(sheet, case.expected)[part], rtol, sheet.atol, name)
    for group in groups:
        text = f"{unlike.text}{given(sheet, case)}" if unlike else ""
        yield Finding(group, unlike is None, unlike.kind if unlike else "", text)


def _parts_of(sheet: Sheet, value: Any) -> dict[str, Any]:
    """A result by the names of its parts. A TypeError where it is not so many things."""
    if not sheet.returns:
        return {"": value}
    return dict(zip(sheet.returns, parts(value, *sheet.returns), strict=True))


def _judged(judge: Any, case: Case, result: Any, groups: list[str]) -> Iterator[Finding]:
    with np.errstate(all="ignore"):
        extra = (case.expected,) if judge.__code__.co_argcount == 3 else ()
        for group, ok, *words in judge(case, result, *extra):
            note, detail = ("" if ok or k >= len(words) else str(words[k]) for k in range(2))
            yield Finding(group or groups[0], bool(ok), note, detail)


def _changed_findings(sheet: Sheet, groups: list[str], outcome: Outcome) -> list[Finding]:
    """Changing an argument costs the group of that name where an exercise has one, else the case's own."""
    names = " and ".join(f"`{name}`" for name in outcome.changed)
    detail = f"the function changes its argument {names}; work on a copy" if names else ""
    if UNCHANGED in sheet.groups:
        return [Finding(UNCHANGED, not names, "changed" if names else "", detail)]
    return [Finding(group, False, "changed", detail) for group in groups] if names else []


def _explains(
    mistake: Mistake, sheet: Sheet, outcomes: Sequence[Outcome], findings: Sequence[Finding], aside: set[str]
) -> bool:
    """Whether a misconception gives just what was found, some groups left aside."""
    if sheet.judge:
        found, given = failures(findings), mistake.failures
        return [f for f in found if f[1] not in aside] == [f for f in given if f[1] not in aside]
    return len(mistake.outcomes) == len(outcomes) and all(
        _same_outcome(sheet, case, one, other, aside)
        for one, other, case in zip(mistake.outcomes, outcomes, sheet.cases, strict=True)
    )


def _same_outcome(sheet: Sheet, case: Case, one: Outcome, other: Outcome, aside: set[str]) -> bool:
    """Whether two outcomes of a case are alike in all that counts for groups not left aside."""
    looked_at = [part for part, groups in counts_for(sheet, case).items() if set(groups) - aside]
    if not looked_at:
        return True
    if one.raised or other.raised:
        return one.raised == other.raised and one.message == other.message
    if set(one.changed) != set(other.changed):
        return False
    try:
        mine, theirs = _parts_of(sheet, one.value), _parts_of(sheet, other.value)
    except TypeError:
        return matches(other.value, one.value, rtol=ALIKE)
    return all(matches(theirs[part], mine[part], rtol=ALIKE) for part in looked_at)
