"""What a running cell shows, kept as nbformat outputs: displays, results, errors, and the two streams."""

from __future__ import annotations

import io
import os
from typing import Any

from jupyter_client.session import Session

TEXT_LIMIT = 1 << 20  # characters that the streams of one cell may leave in the notebook
DATA_LIMIT = 4 << 20  # and its figures and other rich results
ALL_LIMIT = 12 << 20  # and all cells together


class Recorder(Session):
    """Takes what the kernel would send to a client, and keeps it as outputs of the running cell."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.kept_in_all = 0
        self.begin()

    def begin(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.text = self.data = 0
        self.clear_before_next = self.cut = False

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *_: Any, **__: Any) -> None:
        """Keeps what the kernel would send."""
        kind = msg_or_type if isinstance(msg_or_type, str) else msg_or_type.get("msg_type", "")
        content = content if isinstance(msg_or_type, str) else msg_or_type.get("content", {})
        if kind == "stream":
            self.stream(content["name"], content["text"])
        elif kind == "clear_output":
            self.clear_before_next = True
            if not content.get("wait"):
                self._clear_if_asked()
        elif kind in ("display_data", "execute_result", "error"):
            self._add(kind, content)
        elif kind == "update_display_data":
            known = content.get("transient", {}).get("display_id")
            for output in self.outputs:
                if known is not None and output.get("display_id") == known:
                    output.update(data=content["data"], metadata=content["metadata"])

    def stream(self, name: str, text: str) -> None:
        self._clear_if_asked()
        first_of_stderr = name == "stderr" and not any(o.get("name") == "stderr" for o in self.outputs)
        room = min(TEXT_LIMIT - self.text, ALL_LIMIT - self.kept_in_all)
        if first_of_stderr:  # that there was any decides points in a plain course
            room = max(room, 10_000)
        kept = text[: max(room, 0)]
        self.text += len(kept)
        self.kept_in_all += len(kept)
        if len(kept) < len(text) and not self.cut:
            self.cut = True
            kept += "\n… more was printed than is kept\n"
        if not kept:
            return
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["parts"].append(kept)
        else:
            self.outputs.append({"output_type": "stream", "name": name, "parts": [kept]})

    def _add(self, kind: str, content: dict[str, Any]) -> None:
        self._clear_if_asked()
        output = {"output_type": kind, **{k: content[k] for k in _FIELDS[kind] if k in content}}
        display_id = content.get("transient", {}).get("display_id")
        if display_id is not None:
            output["display_id"] = display_id
        size = sum(len(str(part)) for part in (content.get("data") or {}).values())
        if size > min(DATA_LIMIT - self.data, ALL_LIMIT - self.kept_in_all):
            text = str(output["data"].get("text/plain", ""))[:1000]
            output["data"] = {"text/plain": text or "(a result larger than is kept)"}
            size = len(text)
        self.data += size
        self.kept_in_all += size
        if len(self.outputs) < 10_000:
            self.outputs.append(output)

    def _clear_if_asked(self) -> None:
        if self.clear_before_next:
            self.outputs, self.clear_before_next = [], False

    def finished(self) -> list[dict[str, Any]]:
        """The outputs of the cell, streams joined."""
        for output in self.outputs:
            output.pop("display_id", None)
            if "parts" in output:
                output["text"] = "".join(output.pop("parts"))
        return self.outputs


ERROR_FIELDS = ("ename", "evalue", "traceback")
_FIELDS = {
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ERROR_FIELDS,
}


class Stream(io.TextIOBase):
    """sys.stdout and sys.stderr of a cell."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, name: str, recorder: Recorder, descriptor: int) -> None:
        self.name, self.recorder, self.descriptor = name, recorder, descriptor

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if text:
            self.recorder.stream(self.name, text)
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self.descriptor

    @property
    def closed(self) -> bool:  # closing sys.stdout must not silence the cells that follow
        return False

    def close(self) -> None:
        pass


def redirect_to_memory(descriptor: int) -> int:
    """What programs write to stdout and stderr lands in memory, as far as a file may grow."""
    made = os.memfd_create("output")
    os.dup2(made, descriptor)
    os.close(made)
    return descriptor


def drain(descriptor: int) -> str:
    try:
        size = os.fstat(descriptor).st_size
        if not size:
            return ""
        data = os.pread(descriptor, min(size, TEXT_LIMIT), 0)
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return data.decode("utf-8", "replace")
    except OSError:  # the student closed it
        return ""
