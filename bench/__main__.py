"""Measures how fast grading is, and what forging earns, beside stock nbgrader."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from pathlib import Path

from autograder.engine.sandbox import missing

from .parts import PARTS, QUICK, WHOLE, Bench


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers, about two minutes")
    parser.add_argument("--only", metavar="NAME", action="append", choices=PARTS, help=", ".join(PARTS))
    parser.add_argument("--json", metavar="FILE", type=Path, help="the figures, for machines")
    asked = parser.parse_args()
    if lacking := missing():
        parser.exit(1, f"bench: strangers' code can't be confined here: {lacking}\n")
    began = time.monotonic()
    machine = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_before": _load(),
    }
    say(f"{machine['cores']} cores, Python {machine['python']}, load {machine['load_before']:.1f} before")
    if machine["load_before"] > 0.5:
        say("Others are at work on this machine: the figures will be worse than they could be.")
    figures = {}
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as scratch:
        bench = Bench(QUICK if asked.quick else WHOLE, Path(scratch), say)
        for name, part in PARTS.items():
            if not asked.only or name in asked.only:
                figures[name] = part(bench)
    machine |= {"load_after": _load(), "seconds": time.monotonic() - began}
    say(f"\n{machine['seconds']:.0f} s, load {machine['load_after']:.1f} after")
    if asked.json:
        told = {"machine": machine, "quick": asked.quick, "parts": figures}
        asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def say(line: str) -> None:
    print(line, flush=True)


def _load() -> float:
    return os.getloadavg()[0]


if __name__ == "__main__":
    main()
