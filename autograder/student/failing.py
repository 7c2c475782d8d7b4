"""The failing case in a student's hands: `case = check(f).case`, then `case(f)`, a print in f, a debugger."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .probe import driver_for, plain_scalars
from .sheet import Case, Sheet
from .values import kind_of
from .wording import value_text

LONGEST_LITERAL = 2_000  # characters
LARGEST_LITERAL = 60  # entries of an array that are written out; of a larger one it says where it is


@dataclass(frozen=True)
class FailingCase:
    """The first public case that a student's function fails: what goes in, and what is expected.

    Called with the function (or with nothing, for those that were checked), it runs the case as the check
    does, without catching what is raised or printed. `code` shows how that is done.
    """

    sheet: Sheet
    case: Case
    functions: tuple[Any, ...]

    @property
    def inputs(self) -> dict[str, Any]:
        """A copy of the inputs, by name."""
        return copy.deepcopy(self.case.inputs)

    @property
    def expected(self) -> Any:
        """The right result; of results that are judged by their properties, None."""
        return None if self.sheet.judge else copy.deepcopy(self.case.expected)

    @property
    def code(self) -> str:
        """The case as a cell to run: imports, inputs, how the function is called."""
        inputs = "\n".join(
            f"{name} = {self._literal(name, value)}" for name, value in self.case.inputs.items()
        )
        name = self.case.call or self.sheet.functions[0]
        call = f"{name}({', '.join(self.case.inputs)})"
        source = ""
        if self.sheet.driver:
            source = f"{self.sheet.driver.strip()}\n\n\n"
            named = [f"{one}={one}" for one in self.case.inputs]
            call = f"drive({', '.join([*self.sheet.functions, *self.sheet.uses, *named])})"
        return f"import numpy as np\n\n{source}{inputs}\n{call}".replace("\n\n\n\n", "\n\n\n")

    def call(self, *functions: Any) -> Any:
        """What the functions give here; those that are not named are the ones that were checked."""
        whole = [*functions, *self.functions[len(functions) :]]
        driver: Callable[..., Any] = driver_for(self.sheet)
        return driver(whole, self.case, self.inputs)

    __call__ = call

    def __repr__(self) -> str:
        expected = "" if self.sheet.judge else f"\n# expected: {value_text(self.case.expected)[:500]}"
        return f"{self.code}{expected}"

    @property
    def line(self) -> str:
        """What to copy, to have the function called on it."""
        own = ", ".join(self.sheet.functions)
        return f"case = check({own}).case; case({own})"

    def _literal(self, name: str, value: Any) -> str:
        """Python for a value; of a large one, where it is."""
        where = (
            f"case.inputs[{name!r}]  # case = check({', '.join(self.sheet.functions)}).case: {kind_of(value)}"
        )
        if isinstance(value, np.ndarray) and value.size > LARGEST_LITERAL:
            return where
        with np.printoptions(floatmode="unique", precision=17, threshold=LARGEST_LITERAL, legacy="1.25"):
            text = re.sub(r"\b(array|nan|inf|float32|float16|int32)\b", r"np.\1", repr(plain_scalars(value)))
        text = re.sub(r"dtype='<U\d+'", "dtype=str", text)
        return text if len(text) <= LONGEST_LITERAL else where
