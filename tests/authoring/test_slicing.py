"""From a source, the statements that some names need: all of them, in order, and no others."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from autograder.authoring.slicing import (
    loaded_names,
    needed,
    statements,
    taken_and_bound,
    unbound,
    without_magics,
)


def bound_and_used(source: str) -> tuple[set[str], set[str]]:
    """What the only statement of a source binds and uses."""
    (statement,) = statements(dedent(source))
    return set(statement.binds), set(statement.uses)


def cut(source: str, *names: str, have: tuple[str, ...] = ()) -> str:
    """The statements that the names need, as one text."""
    return "\n".join(statement.source for statement in needed(statements(dedent(source)), names, have))


@pytest.mark.parametrize(
    ("source", "binds"),
    [
        pytest.param("x = 1", {"x"}, id="a name"),
        pytest.param("x = y = 1", {"x", "y"}, id="two names"),
        pytest.param("a, (b, *c) = z", {"a", "b", "c"}, id="unpacking"),
        pytest.param("x: int = 1", {"x"}, id="with a type"),
        pytest.param("x += 1", {"x"}, id="adding"),
        pytest.param("table['x'] = 1", {"table"}, id="an item"),
        pytest.param("table['x'][0].y = 1", {"table"}, id="an item of an item"),
        pytest.param("table[0] += 1", {"table"}, id="adding to an item"),
        pytest.param("plt.rcParams['x'] = 1", {"plt"}, id="an item of an attribute"),
        pytest.param("make()[0] = 1", set(), id="an item of no name"),
        pytest.param("for i, j in z: k = i", {"i", "j", "k"}, id="a loop"),
        pytest.param("with z as (a, b): c = a", {"a", "b", "c"}, id="a context"),
        pytest.param(
            "try:\n    import u.v as w, t.s\nexcept E as e:\n    f = 1", {"w", "t", "f"}, id="a try"
        ),
        pytest.param("if (n := z): pass", {"n"}, id="a walrus"),
        pytest.param("if z:\n    def f(): pass\n    class C: pass", {"f", "C"}, id="definitions under an if"),
        pytest.param("if z:\n    async def f(): pass", {"f"}, id="an async function under an if"),
        pytest.param(
            "match z:\n    case {'a': a, **rest}: pass\n    case [b, *c]: pass\n    case d: pass",
            {"a", "b", "c", "d", "rest"},
            id="a match",
        ),
        pytest.param("def f(a, b=1):\n    c = a", {"f"}, id="a function"),
        pytest.param("class C(B):\n    x = 1", {"C"}, id="a class"),
        pytest.param("squares = [i * i for i in z]", {"squares"}, id="a comprehension"),
        pytest.param("key = lambda a: (b := a)", {"key"}, id="a lambda"),
        pytest.param("print(x)", set(), id="nothing"),
    ],
)
def test_what_a_statement_binds(source: str, binds: set[str]) -> None:
    """Names at the top level, changed tables and objects included; nothing of an inner scope."""
    assert bound_and_used(source)[0] == binds


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        pytest.param("x = y + 1", {"y"}, id="a name"),
        pytest.param("x = a.b.c[d]", {"a", "d"}, id="attributes and items"),
        pytest.param("table['x'] = y", {"table", "y"}, id="a changed table"),
        pytest.param("x = [i * n for i in z if i]", {"n", "z"}, id="a comprehension"),
        pytest.param("x = {k: [v for v in k] for k in z}", {"z"}, id="nested comprehensions"),
        pytest.param("x = lambda a, b=c: a + d", {"c", "d"}, id="a lambda"),
        pytest.param("def f(a, b=c) -> R:\n    return a + d", {"c", "d", "R"}, id="a function"),
        pytest.param(
            "def f(a):\n    def g(): return a + d\n    return g", {"d"}, id="a nested function"
        ),
        pytest.param("def f():\n    global count\n    return count", {"count"}, id="a global"),
        pytest.param("@decorate(k)\ndef f(): pass", {"decorate", "k"}, id="a decorator"),
        pytest.param(
            "class C(B, metaclass=M):\n    x = y\n    z = x\n    def f(self): return w",
            {"B", "M", "y", "w"},
            id="a class",
        ),
        pytest.param("def f(n):\n    return f(n - 1)", {"f"}, id="a recursion"),
        pytest.param("x = f'{y:{w}}'", {"y", "w"}, id="a formatted text"),
        pytest.param("async def f():\n    async for i in z: yield i", {"z"}, id="an async function"),
    ],
)  # fmt: skip
def test_what_a_statement_uses(source: str, uses: set[str]) -> None:
    """Global names from any depth; no locals, no names of a class body."""
    assert bound_and_used(source)[1] == uses


def test_imports_are_taken_apart() -> None:
    """Each name of an import is a statement of its own, so that one does not drag in another."""
    found = statements("import numpy as np, os.path\nfrom a.b import c as d, e\nfrom .. import f\n")
    assert [(s.source, set(s.binds)) for s in found] == [
        ("import numpy as np", {"np"}),
        ("import os.path", {"os"}),
        ("from a.b import c as d", {"d"}),
        ("from a.b import e", {"e"}),
        ("from .. import f", {"f"}),
    ]
    assert cut("import tensorflow as tf, numpy as np\ndef f(): return np.pi", "f") == (
        "import numpy as np\ndef f(): return np.pi"
    )


def test_decorators_comments_and_docstrings_are_kept() -> None:
    """A statement's text is whole, from its first decorator to its last line."""
    source = dedent("""
        # before
        @first
        @second(
            3)
        def f(x):
            '''A docstring.'''
            # inside
            return x  # behind

        y = 1
    """)
    (statement,) = needed(statements(source), ["f"])
    assert statement.source == "\n".join(source.split("\n")[2:9])
    assert statement.line == 3


def test_lines_count_from_where_a_cell_begins() -> None:
    """So that a traceback names the line of the file."""
    assert [s.line for s in statements("x = 1\n\n\ny = (2,\n  3)\nz = 4", first_line=100)] == [100, 103, 105]


def test_what_is_needed_comes_in_the_order_of_the_source() -> None:
    """And all of it: through helpers, constants, imports and the statements that fill a table."""
    source = """
        import numpy as np
        table = {}
        table["relu"] = lambda z: np.maximum(z, slope)
        unrelated = expensive()
        slope = 0
        def outer(z): return inner(z)
        def inner(z): return table["relu"](z)
        slope += 1
        plot(unrelated)
        """
    assert cut(source, "outer") == "\n".join(
        [
            "import numpy as np",
            "table = {}",
            'table["relu"] = lambda z: np.maximum(z, slope)',
            "slope = 0",
            "def outer(z): return inner(z)",
            'def inner(z): return table["relu"](z)',
            "slope += 1",
        ]
    )


def test_every_definition_of_a_name_is_kept() -> None:
    """The last one wins when they run, as in the notebook."""
    assert cut("def f(): return 1\nx = 2\ndef f(): return 3", "f") == "def f(): return 1\ndef f(): return 3"


def test_what_is_there_already_is_not_taken() -> None:
    """Names that whoever runs it has bring nothing in."""
    source = "import numpy as np\nk = 1\ndef f(): return np.pi + k"
    assert cut(source, "f", have=("np",)) == "k = 1\ndef f(): return np.pi + k"
    assert cut(source, "f", have=("f",)) == ""


def test_two_functions_that_call_each_other_end() -> None:
    """A cycle is gone round once."""
    assert cut("def f(): return g()\ndef g(): return f()", "f") == "def f(): return g()\ndef g(): return f()"


def test_names_that_nothing_binds_are_told() -> None:
    """Built-in names aside, whether they were asked for or used."""
    source = "def f(x): return len(x) + helper(x) + __name__.count('a')\nhelper = other"
    chosen = needed(statements(source), ["f", "g"])
    assert unbound(chosen, ["f", "g"]) == {"g", "other"}
    assert unbound([], ["f", "print"]) == {"f"}
    assert unbound(needed(statements("import numpy as np\ndef f(): return np.pi"), ["f"]), ["f"]) == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("%matplotlib inline\nx = 1", "#%matplotlib inline\nx = 1", id="a line"),
        pytest.param("%%time\nx = 1", "#%%time\nx = 1", id="a cell"),
        pytest.param("!ls\nx = 1", "#!ls\nx = 1", id="a command of the shell"),
        pytest.param("  %time f()\nx = 1", "#  %time f()\nx = 1", id="an indented line"),
        pytest.param("y = (7\n     % 4)", "y = (7\n     % 4)", id="the operator at the beginning of a line"),
        pytest.param("t = '''\n% of\n! now\n'''", "t = '''\n% of\n! now\n'''", id="text over several lines"),
        pytest.param("x = 5 % 3", "x = 5 % 3", id="the operator"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_only_ipython_understands_becomes_a_comment(source: str, expected: str) -> None:
    """Lines stay where they are, and Python stays what it was."""
    made = without_magics(source)
    assert made == expected
    ast.parse(made)


@pytest.mark.parametrize(
    ("source", "loaded"),
    [
        ("y = x", {"x", "y"}),
        ("def f(a):\n    b = a\n    return b + c", {"f", "c"}),
        ("class A:\n    def m(self):\n        return self.part + other", {"A", "m", "part", "other"}),
        ("[i for i in z]", {"z"}),
        ("%time f(x)\ny = x", {"x", "y"}),
        ("await g()", {"g"}),
        ("def f(:", set()),
        ("x = '\0'\0", set()),
        ("x = " + "(" * 3000, set()),
        (r"x = '\d' is 'e'", {"x"}),
    ],
)
def test_loaded_names(source: str, loaded: set[str], recwarn: pytest.WarningsRecorder) -> None:
    """Attributes as well; what is local to a function is nobody else's."""
    found = loaded_names(source)
    assert loaded <= found <= loaded | {"__name__", "__module__", "__qualname__"}
    assert not recwarn.list
    taken, bound = taken_and_bound(source)
    assert taken | bound <= found


@pytest.mark.parametrize(
    ("source", "taken", "bound"),
    [
        ("x = 1\ny = x", set(), {"x", "y"}),
        ("x = x + 1", {"x"}, {"x"}),
        ("y = x\nx = 1", {"x"}, {"x", "y"}),
        ("def f():\n    return x\nx = 1", set(), {"f", "x"}),
        ("def f(x):\n    return x + y", {"y"}, {"f"}),
        ("f = lambda: x\nx = 1", {"x"}, {"f", "x"}),
        ("@decorate\ndef f():\n    return x\nx = 1", {"decorate", "x"}, {"f", "x"}),
        ("class A:\n    y = x\nx = 1", {"x"}, {"A", "x"}),
        ("import numpy as np\nnp.sum", set(), {"np"}),
        ("for i in z:\n    i", {"z"}, {"i"}),
        ("x += 1", {"x"}, {"x"}),
        ("x = [x for x in y]", {"y"}, {"x"}),
        ("def f(:", set(), set()),
        ("y = x + " + "+".join("1" * 700), {"x"}, {"y"}),
    ],
)
def test_what_a_cell_takes_from_those_before(source: str, taken: set[str], bound: set[str]) -> None:
    assert taken_and_bound(source) == (taken, bound)
