"""What IPython does to every cell and most cells do not need: found out by a look at the text.

Of what running a short cell costs this is the larger part. What comes of it is the same.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Any

import ipykernel.compiler
import ipykernel.ipkernel
import ipykernel.kernelbase
from IPython.core.inputtransformer2 import (
    EscapedCommand,
    HelpEnd,
    MagicAssign,
    SystemAssign,
    TransformerManager,
)

# A line that begins with a sign for IPython, one of them assigned, a line that ends with a question.
_MAGIC = re.compile(r"^\s*[%!?,;/]|=[\s\\]*[%!]|\?[\s\\]*$", re.MULTILINE)
_AWAITS = re.compile(r"\b(await|async)\b")


def take_shortcuts(shell: Any) -> None:
    """Makes this shell look before it works."""
    shell.input_transformer_manager.__class__ = _Transformer
    shell.should_run_async = _if_it_says_so(shell.should_run_async)
    # A cell's name in tracebacks is a hash of its text, which ipykernel takes byte by byte.
    setattr(ipykernel.compiler, "murmur2_x86", lambda text, seed: zlib.crc32(text.encode(), seed))  # noqa: B010
    # For every cell ipykernel reads the signature of what runs it.
    accepts = _asked_once(ipykernel.kernelbase._accepts_parameters)
    setattr(ipykernel.ipkernel, "_accepts_parameters", accepts)  # noqa: B010


class _Transformer(TransformerManager):
    """Makes Python of magics. To find them it takes a cell apart into tokens, twice."""

    usual = (MagicAssign, SystemAssign, EscapedCommand, HelpEnd)

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """The lines as Python; as they are, where none of the usual four could find anything."""
        if tuple(self.token_transformers) == self.usual and not _MAGIC.search("".join(lines)):
            return lines
        changed: list[str] = super().do_token_transforms(lines)  # type: ignore[no-untyped-call]
        return changed


def _if_it_says_so(should_run_async: Callable[..., bool]) -> Callable[..., bool]:
    """IPython compiles a cell to see whether it awaits anything."""

    def decide(raw_cell: str, *, transformed_cell: str | None = None, **named: Any) -> bool:
        text = raw_cell if transformed_cell is None else transformed_cell
        return bool(_AWAITS.search(text)) and should_run_async(
            raw_cell, transformed_cell=transformed_cell, **named
        )

    return decide


def _asked_once(accepts: Callable[[Any, list[str]], dict[str, bool]]) -> Callable[..., dict[str, bool]]:
    """The same, kept for the function that it was asked of last."""
    kept: tuple[Any, list[str], dict[str, bool]] = (None, [], {})

    def answer(method: Any, names: list[str]) -> dict[str, bool]:
        nonlocal kept
        function = getattr(method, "__func__", method)
        if kept[0] is not function or kept[1] != names:
            kept = function, names, accepts(method, names)
        return dict(kept[2])

    return answer
