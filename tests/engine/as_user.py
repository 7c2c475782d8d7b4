"""Runs tests of the engine as somebody without rights, from a copy that such a person can read:

    sudo python -m tests.engine.as_user [arguments of pytest]

Without arguments, the hostile suite and the sandbox's own tests. Whoever is not root runs them as they are.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USER = 1500
SUITES = [f"tests/engine/test_{name}.py" for name in ("hostile", "sandbox", "seccomp", "marking")]
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", ".autograder", "*cache*", "submitted", "gradebook.db")


def main() -> int:
    arguments = sys.argv[1:] or ["-q", *SUITES]
    pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    if os.geteuid() != 0:
        return subprocess.call(pytest, cwd=ROOT)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        scratch.chmod(0o755)
        copy, home = scratch / "course", scratch / "home"
        shutil.copytree(ROOT, copy, ignore=LEFT_BEHIND, symlinks=True)
        for place in (home, scratch / "tmp", scratch / "python"):
            place.mkdir()
        subprocess.run(["chown", "-R", f"{USER}:{USER}", copy, home, scratch / "tmp"], check=True)
        environment = os.environ | {
            "HOME": str(home),
            "TMPDIR": str(scratch / "tmp"),
            "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "data")]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        drop = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all"]
        steps = [*_readable_python(scratch / "python"), f"cd {shlex.quote(str(copy))}"]
        script = " && ".join([*steps, f"exec {shlex.join([*drop, *pytest])}"])
        return subprocess.call(["unshare", "--mount", "sh", "-c", script], env=environment)


def _readable_python(aside: Path) -> list[str]:
    """Where Python lies in a folder closed to others, commands that open it, in our own view alone."""
    python = Path(sys.base_prefix).resolve()
    closed = [folder for folder in reversed(python.parents) if not folder.stat().st_mode & 0o001]
    if not closed:
        return []
    own, there, over = (shlex.quote(str(path)) for path in (aside, python, closed[0]))
    return [
        f"mount --bind {there} {own}",
        f"mount -t tmpfs -o mode=755 none {over}",
        f"mkdir -p {there}",
        f"mount --bind {own} {there}",
    ]


if __name__ == "__main__":
    sys.exit(main())
