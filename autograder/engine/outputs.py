"""Outputs as nbformat has them, from what a student's process claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .pages import harmless_bundle

if TYPE_CHECKING:
    from nbformat import NotebookNode

DEEPEST = 50  # nesting of a JSON output that is kept


def outputs_from(claimed: list[Any]) -> list[NotebookNode]:
    """Outputs of known kinds with fields of the right types; what is neither is dropped."""
    made = []
    for output in claimed:
        if not isinstance(output, dict):
            continue
        kind = output.get("output_type")
        if kind == "stream" and output.get("name") in ("stdout", "stderr"):
            made.append(_output("stream", name=output["name"], text=str(output.get("text", ""))))
        elif kind in ("display_data", "execute_result"):
            count = output.get("execution_count")
            extra = (
                {"execution_count": count if type(count) is int else None} if kind == "execute_result" else {}
            )
            data = output.get("data")
            made.append(_output(kind, data=_mime_bundle(data), metadata={}, **extra))
        elif kind == "error":
            made.append(
                _output(
                    "error",
                    ename=str(output.get("ename")),
                    evalue=str(output.get("evalue")),
                    traceback=_lines(output.get("traceback")),
                )
            )
    return made


def _lines(claimed: Any) -> list[str]:
    return [str(line) for line in claimed] if isinstance(claimed, list) else []


def _output(kind: str, **parts: Any) -> NotebookNode:
    """As nbformat makes it, but not looked at again: the whole notebook is, when it is written."""
    from nbformat import from_dict

    made: NotebookNode = from_dict({"output_type": kind, **parts})
    return made


def _mime_bundle(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        return {}
    shallow = {str(mime): content for mime, content in data.items() if not _deeper_than(DEEPEST, content)}
    return harmless_bundle(shallow)


def _deeper_than(levels: int, value: Any) -> bool:
    """Whether lists and dictionaries are nested so far that whoever walks through them gives up."""
    inside = [value]
    for _ in range(levels):
        inside = [
            part
            for one in inside
            if isinstance(one, (list, dict))
            for part in (one.values() if isinstance(one, dict) else one)
        ]
    return bool(inside)


def error_output(name: str, text: str) -> NotebookNode:
    return _output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def result_output(plain: str, html: str) -> NotebookNode:
    return _output(
        "execute_result", data={"text/plain": plain, "text/html": html}, metadata={}, execution_count=None
    )
