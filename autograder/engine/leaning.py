"""Whether a student's cells lean on a demonstration: then all of them are run, which may take minutes.

They do where a name that only demonstrations define is used, and a demonstration gave it its value last. A
name of the student's own that happens to be called the same is no reason. What can't be seen by reading
ends in a NameError when the cells run, and then they are run once more with everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..authoring import slicing
from ..nbgrader import cells

if TYPE_CHECKING:
    from .running import Step

_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")  # not behind a dot: no attribute


def leans_on(left_out: Mapping[str, frozenset[str]], steps: Iterable[Step]) -> bool:
    """Whether some cell of the student's takes a name from a cell that may be left out.

    Args:
        left_out: by their names, what only those cells define.
        steps: all of the notebook's, these among them, in their order.
    """
    names = frozenset().union(*left_out.values())
    from_demo = dict.fromkeys(names, True)  # also where no cell defined it yet
    for step in steps:
        if step.cell is None or step.exercise:
            continue
        if (defined := left_out.get(cells.grade_id(step.cell))) is not None:
            from_demo |= dict.fromkeys(defined, True)
        elif step.own and (names & _words(step.cell.source)) & slicing.loaded_names(step.cell.source):
            taken, bound = slicing.taken_and_bound(step.cell.source)
            if any(from_demo[name] for name in names & taken):
                return True
            from_demo |= dict.fromkeys(names & bound, False)
    return False


def _words(source: str) -> set[str]:
    return set(_WORD.findall(source))
