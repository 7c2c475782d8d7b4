"""What is not done for every cell changes nothing of what comes of any."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from ipykernel.kernelbase import _accepts_parameters
from IPython.core import inputtransformer2
from IPython.core.async_helpers import _should_be_async
from IPython.core.inputtransformer2 import TransformerManager

from autograder.engine.inside.shortcuts import _asked_once, take_shortcuts

ROOT = Path(__file__).resolve().parents[2]
WITH_MAGICS = {
    "a magic": "%matplotlib inline\nx = 1",
    "one further down, indented": "if x:\n    %time f(x)",
    "a magic's result": "x = %env HOME",
    "with no space": "x=%env HOME",
    "on the next line": "x = \\\n    %env HOME",
    "a command": "!ls",
    "a command's result": "files = !ls",
    "two commands": "!!ls",
    "help before": "?print",
    "help after": "print?",
    "more help": "print??",
    "help and a space": "print? ",
    "help of a method": "x = 1\nx.real?",
    "quoted arguments": ",print a b",
    "one quoted argument": ";print a b",
    "called": "/print 1",
    "a cell magic": "%%time\nf(x)",
    "a prompt": ">>> x = 1\n>>> %time x",
    "IPython's prompt": "In [1]: %time x",
    "an indented cell": "    %time x\n    y = 1",
    "behind a text over lines": 'text = """\na\n"""\n%time x',
}
WITHOUT = {
    "nothing": "",
    "a remainder": "x = a % b\ny = a \\\n    % b\nz = (a\n     % b)",
    "a remainder assigned": "x %= 2",
    "unequal": "if a != b: pass",
    "a question in a comment": "x = 1  # why?\n# what?\n",
    "a text that looks so": 'text = """\n%time\n!ls\nwhat?\n"""',
    "a format": 'f"{x!r}"; "%d" % x',
    "half a cell": "def f(:\n  x = (",
    "a text without an end": 'x = """',
    "a tab": "if x:\n\ty = 1",
    "lines of Windows": "x = 1\r\ny = 2\r\n",
}


@pytest.fixture
def shell() -> SimpleNamespace:
    """As much of a shell as there is to take shortcuts in."""
    made = SimpleNamespace(
        input_transformer_manager=TransformerManager(),
        should_run_async=lambda raw_cell, *, transformed_cell=None, **_: _should_be_async(
            raw_cell if transformed_cell is None else transformed_cell
        ),
    )
    take_shortcuts(made)
    return made


def cells_of_lessons() -> Iterator[str]:
    for path in sorted(ROOT.glob("solutions/*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])


@pytest.mark.parametrize("source", {**WITH_MAGICS, **WITHOUT}.values(), ids={**WITH_MAGICS, **WITHOUT})
def test_a_cell_becomes_what_ipython_makes_of_it(shell: SimpleNamespace, source: str) -> None:
    assert shell.input_transformer_manager.transform_cell(source) == TransformerManager().transform_cell(
        source
    )


def test_so_does_every_cell_of_the_lessons(shell: SimpleNamespace) -> None:
    stock = TransformerManager()
    for source in cells_of_lessons():
        assert shell.input_transformer_manager.transform_cell(source) == stock.transform_cell(source)


@pytest.mark.parametrize("source", WITHOUT.values(), ids=WITHOUT)
def test_most_cells_are_not_taken_apart(
    shell: SimpleNamespace, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    monkeypatch.setattr(inputtransformer2, "make_tokens_by_line", lambda lines: looked.append(lines) or [])
    shell.input_transformer_manager.transform_cell(source)
    assert bool(looked) == ("\n%time" in source or "what?" in source or "\n    % b" in source)


def test_a_transformer_of_the_students_own_is_asked(shell: SimpleNamespace) -> None:
    class Shout(inputtransformer2.TokenTransformBase):
        @classmethod
        def find(cls, tokens_by_line: list) -> Shout | None:
            first = tokens_by_line[0][0]
            return cls(first.start) if first.string == "quiet" else None

        def transform(self, lines: list[str]) -> list[str]:
            return [line.replace("quiet", "LOUD") for line in lines]

    shell.input_transformer_manager.token_transformers.append(Shout)
    assert shell.input_transformer_manager.transform_cell("quiet = 1") == "LOUD = 1\n"


@pytest.mark.parametrize(
    ("source", "waits"),
    [
        ("await f()", True),
        ("async for x in y: pass", True),
        ("async with x: pass", True),
        ("[x async for x in y]", True),
        ("async def f(): await g()", False),
        ("awaited = 1", False),
        ("x = 1", False),
        ("'await'", False),
        ("await (", False),
    ],
)
def test_what_awaits_is_known(shell: SimpleNamespace, source: str, waits: bool) -> None:
    assert shell.should_run_async(source, transformed_cell=source) is waits


def test_a_signature_is_read_once_until_it_is_another_functions() -> None:
    class Shell:
        def run(self, code: str, cell_id: str = "") -> None: ...
        def other(self, code: str, **named: str) -> None: ...

    asked: list[object] = []

    def stock(method: Callable[..., None], names: list[str]) -> dict[str, bool]:
        asked.append(method)
        return _accepts_parameters(method, names)

    accepts, shell = _asked_once(stock), Shell()
    for method in (shell.run, shell.run, shell.other, shell.run):
        for names in (["cell_id", "cell_meta"], ["cell_id", "cell_meta"], ["code"]):
            found = accepts(method, names)
            assert found == _accepts_parameters(method, names)
            found.clear()
    assert len(asked) == 8
