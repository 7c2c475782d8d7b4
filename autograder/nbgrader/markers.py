"""The lines by which a course's notebooks mark what students are not to see, and what is left without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traitlets.config import Config

# The class that removes each kind of region, the names of its two options, and their defaults.
_KINDS = {
    "solution": ("ClearSolutions", "begin_solution_delimeter", "end_solution_delimeter", "SOLUTION"),
    "tests": ("ClearHiddenTests", "begin_test_delimeter", "end_test_delimeter", "HIDDEN TESTS"),
    "scheme": ("ClearMarkScheme", "begin_mark_scheme_delimeter", "end_mark_scheme_delimeter", "MARK SCHEME"),
}


@dataclass(frozen=True)
class Markers:
    """Pairs of texts; a region begins in a line with the first, and ends in one with the second."""

    solution: tuple[str, str] = ("BEGIN SOLUTION", "END SOLUTION")
    tests: tuple[str, str] = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
    scheme: tuple[str, str] = ("BEGIN MARK SCHEME", "END MARK SCHEME")

    def shown(self, source: str, own: bool = False) -> str:
        """A cell without its marked regions; one that does not end goes to the end of the cell.

        In a student's own cell what is marked as a solution is the student's.
        """
        for pair in (self.tests, self.scheme) if own else (self.solution, self.tests, self.scheme):
            source = _parts(source, pair)[0]
        return source

    def hidden_lines(self, source: str) -> list[str]:
        """The lines of hidden tests."""
        return _parts(source, self.tests)[1].splitlines()

    def unmarked(self, source: str) -> str:
        """A solution's cell with the solution in it, and without the lines that mark it."""
        return "\n".join(
            line for line in source.splitlines() if not any(mark in line for mark in self.solution)
        )


def markers_of(config: Config) -> Markers:
    """As the course's configuration says."""
    found = {}
    for kind, (owner, begin, end, word) in _KINDS.items():
        said = config.get(owner, {})
        found[kind] = (str(said.get(begin, f"BEGIN {word}")), str(said.get(end, f"END {word}")))
    return Markers(**found)


def _parts(source: str, pair: tuple[str, str]) -> tuple[str, str]:
    """The lines outside of the marked regions, and those inside."""
    outside: list[str] = []
    inside: list[str] = []
    within = False
    for line in source.splitlines():
        if not within and pair[0] in line:
            within = True
        elif within and pair[1] in line:
            within = False
        else:
            (inside if within else outside).append(line)
    return "\n".join(outside), "\n".join(inside)
