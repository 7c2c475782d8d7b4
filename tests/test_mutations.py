"""What `python -m bench.mutations` breaks is still there, and so are the tests that should notice."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from bench.mutants import MUTATIONS, Mutation
from bench.mutations import rot_of
from tests.builders import ROOT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_what_is_broken_stands_there_once_and_stays_python(mutation: Mutation) -> None:
    """A file that can't be read fails any test, and so proves none."""
    assert not rot_of(mutation)
    whole = (ROOT / mutation.file).read_text(encoding="utf-8")
    broken = whole.replace(mutation.old, mutation.new)
    assert ast.dump(ast.parse(broken)) != ast.dump(ast.parse(whole))


def test_each_has_a_name_of_its_own_and_says_what_it_means() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 45
    assert len({mutation.meaning for mutation in MUTATIONS}) == len(MUTATIONS)
    for mutation in MUTATIONS:
        assert mutation.meaning.endswith(".") and len(mutation.name) < 42, mutation.name


@pytest.mark.slow
def test_the_tests_that_should_notice_exist() -> None:
    tests = sorted({test for mutation in MUTATIONS for test in mutation.tests})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_list_names_them_all() -> None:
    command = [sys.executable, "-m", "bench.mutations", "--list"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f"{mutation.name}\n" in done.stdout for mutation in MUTATIONS)
