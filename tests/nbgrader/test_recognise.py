"""A notebook is known by its graded cells; a file that is none by its first bytes."""

from __future__ import annotations

import json

import pytest

from autograder.nbgrader.recognise import graded_ids, nearest_notebook, no_notebook

KNOWN = {"one": frozenset("abc"), "two": frozenset("cde")}


@pytest.mark.parametrize(
    ("ids", "found"),
    [("abc", "one"), ("a", "one"), ("de", "two"), ("ce", "two"), ("c", ""), ("xyz", ""), ("", "")],
)
def test_most_cells_decide_and_a_tie_does_not(ids: str, found: str) -> None:
    assert nearest_notebook(frozenset(ids), KNOWN) == found


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf  \n", "empty"),
        (b"\n<!doctype HTML>", "a web page"),
        (b"<html lang=en>", "a web page"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04", "a zip"),
        (b'\xef\xbb\xbf{"cells": []}', ""),
        (b"{", ""),
        (b"print(1)", ""),
    ],
)
def test_what_a_file_is_instead(data: bytes, what: str) -> None:
    assert no_notebook(data) == what


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"cells": 3}', b'{"cells": [3]}', b"\xff", b"[" * 100_000, b'{"cells": [{}]}'],
)
def test_what_is_no_notebook_has_no_cells(data: bytes) -> None:
    assert graded_ids(data) is None


def test_graded_cells_alone_tell() -> None:
    """Locked text has names that every lesson has."""
    said = [{"grade": True}, {"solution": True}, {"locked": True}, {"task": True}, {}]
    made = [
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": str(k), **one}}}
        for k, one in enumerate(said)
    ]
    assert graded_ids(json.dumps({"cells": made}).encode()) == {"0", "3"}
