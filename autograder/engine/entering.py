"""Where marks go: executed notebooks, then the gradebook, then the records. The one writer of all three."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import AutograderError
from ..nbgrader.gradebook import Gradebook
from ..nbgrader.records import Assignment, Mark, Submission
from .failures import Failures
from .records import Records
from .worker import failed

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE}


class Entering:
    """Enters the marks of one run."""

    def __init__(self, gradebook: Gradebook, records: Records, failures: Failures) -> None:
        self.gradebook, self.records, self.failures = gradebook, records, failures

    def enter(
        self,
        batch: list[tuple[Assignment, Submission, Mark]],
        keys: Mapping[tuple[str, str], str],
    ) -> Iterator[dict[str, Any]]:
        """Folders, then the gradebook, then the records: what is recorded is entered. Yields the results."""
        try:
            for assignment in dict.fromkeys(id(one) for one, _, _ in batch):
                part = [(a, s, m) for a, s, m in batch if id(a) == assignment]
                name, files = part[0][0].name, part[0][0].files
                times = {submission.student: submission.timestamp for _, submission, _ in part}
                digests = {submission.student: submission.digest for _, submission, _ in part}
                filed = [self._file(mark, submission.files, files) for _, submission, mark in part]
                for mark in self._into_gradebook(name, filed, times):
                    result = as_result(self.failures.keep(mark))
                    if not mark.ours:
                        key, digest = keys[name, mark.student], digests[mark.student]
                        self.records.keep(name, mark.student, key, result, mark.details, digest, mark.answers)
                    yield result
        except OSError as error:
            raise AutograderError(
                f"The results could not be written: {error}. The gradebook is whole; make room and run the "
                "same command again."
            ) from error

    def _file(self, mark: Mark, handed_in: dict[str, bytes], overwriting: dict[str, bytes]) -> Mark:
        """Writes the executed notebook; one that can't be written concerns only its own submission."""
        if mark.ours:
            return mark
        try:
            self.gradebook.folders.write_folder(mark, handed_in, overwriting)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in _NO_ROOM:
                raise
            return _failure_of(mark, error)
        return mark

    def _into_gradebook(self, name: str, marks: list[Mark], times: dict[str, str | None]) -> list[Mark]:
        """Enters marks together; where that fails, one by one, so that one does not hold up the others."""
        known = [mark for mark in marks if not mark.ours]
        same = {mark.student: self._same_as_before(mark) for mark in known}
        try:
            self.gradebook.write(name, known, times, same)
            return marks
        except (KeyError, ValueError, TypeError) as error:
            if len(known) == 1:
                return [mark if mark.ours else _failure_of(mark, error) for mark in marks]
        return [entered for mark in marks for entered in self._into_gradebook(name, [mark], times)]

    def _same_as_before(self, mark: Mark) -> set[str]:
        """Graded cells whose answer is the one that was graded last."""
        before = self.records.answers(mark.assignment, mark.student)
        return {name for name, answer in mark.answers.items() if before.get(name) == answer}


def _failure_of(mark: Mark, error: Exception) -> Mark:
    return failed(Submission(mark.student, mark.assignment), error)


def as_result(mark: Mark) -> dict[str, Any]:
    """A mark as `--json` prints it."""
    return {
        "lesson": mark.assignment,
        "student": mark.student,
        "score": round(sum(e.points or 0.0 for e in mark.exercises), 4),
        "max_score": sum(e.max_points for e in mark.exercises),
        "status": mark.status,
        "reason": mark.reason,
        "seconds": mark.seconds,
        "sealed": mark.sealed and (mark.sandboxed or all(e.by_hand for e in mark.exercises)),
        "exercises": [
            {
                "name": e.name,
                "points": e.points,
                "max_points": e.max_points,
                "misconception": e.misconception,
                "hint": e.hint,
                "sealed": (e.sealed and mark.sandboxed) or e.by_hand,
            }
            for e in mark.exercises
        ],
    }
