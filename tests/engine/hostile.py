"""Submissions that try to cheat or to do harm: one line each that says what it tries.

All are for lesson 00. `setup` runs in a cell before the exercises, `gradient` and `relative` are the bodies of
its two functions (wrong ones where nothing is given), `last` runs in a cell behind everything. The same list is
graded by the sealed engine in test_hostile.py and, where it only forges, by stock nbgrader in bench/.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import Any

from tests.builders import code_cell

WRONG_GRADIENT, WRONG_RELATIVE = "return x", "return 17"


@dataclass(frozen=True)
class Hostile:
    """One submission, and what it tries."""

    name: str
    tries: str
    setup: str = ""
    gradient: str = WRONG_GRADIENT
    relative: str = WRONG_RELATIVE
    last: str = ""
    checks: str = ""  # put in place of what the check cells say
    tags: tuple[str, ...] = ()  # put on the check cells
    points: float | None = None
    files: tuple[tuple[str, str], ...] = ()

    def notebook(self, release: dict[str, Any]) -> dict[str, Any]:
        """The release with this in it."""
        made = json.loads(json.dumps(release))
        bodies = {"numerical_gradient": self.gradient, "relative_error": self.relative}
        for cell in made["cells"]:
            meta = cell["metadata"].get("nbgrader", {})
            if meta.get("grade_id") in bodies:
                own = "".join(cell["source"])
                body = textwrap.indent(bodies[meta["grade_id"]], "    ")
                cell["source"] = own.replace("    # YOUR CODE HERE\n    raise NotImplementedError()", body)
                assert body in cell["source"]
            if meta.get("grade"):
                cell["source"] = self.checks or cell["source"]
                cell["metadata"]["tags"] = list(self.tags)
                if self.points is not None:
                    meta["points"] = self.points
        first = next(i for i, cell in enumerate(made["cells"]) if cell["cell_type"] == "code")
        if self.setup:
            made["cells"].insert(first + 1, code_cell(self.setup, "setup"))
        if self.last:
            made["cells"].append(code_cell(self.last, "last"))
        return made


# Finds the socket to whoever asks.
BACK = """
import os, stat
channel = next(n for n in range(3, 100) if os.path.exists(f"/proc/self/fd/{n}") and stat.S_ISSOCK(os.fstat(n).st_mode))
"""
ALWAYS_EQUAL = """
class Equal(float):
    __eq__ = __ge__ = __le__ = __lt__ = __gt__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = float.__hash__
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = lambda self, other: self
    __abs__ = __float__ = lambda self: 0.0
    __bool__ = lambda self: True
"""
FULL_VERDICT = """
from autograder.student.verdict import Verdict
def full(*a, **k):
    return Verdict("relative_error", 2.0, 2.0, (), "right")
"""

FORGING = [
    Hostile("asserts_deleted", "an AST transformer that deletes asserts and raises", setup="""
import ast
class Gone(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Raise(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Gone())"""),
    Hostile("cells_rewritten", "an input transformer that turns every check into full points", setup="""
get_ipython().input_transformers_cleanup.append(lambda lines: ["2.0"] if "check(" in "".join(lines) else lines)"""),
    Hostile("always_equal", "a number that is equal to everything", setup=ALWAYS_EQUAL, relative="return Equal(0.3)"),
    Hostile("always_close", "an array type whose comparisons and ufuncs all say yes", setup="""
class Yes(np.ndarray):
    __eq__ = __le__ = __lt__ = lambda self, other: np.ones(self.shape, bool)
    def __array_function__(self, *a): return True
    def __array_ufunc__(self, *a, **k): return np.zeros(self.shape)""",
            gradient="return np.zeros_like(x).view(Yes)", relative="return np.zeros(()).view(Yes)"),
    Hostile("displayhook", "calls the display hook with full points from inside the function",
            relative="import sys; sys.displayhook(2.0); return 17", gradient="import sys; sys.displayhook(2.0); return x"),
    Hostile("published_result", "publishes an execute_result of its own from inside the function", relative="""
from IPython import get_ipython
shell = get_ipython()
shell.displayhook.session.send(shell.displayhook.pub_socket, "execute_result",
    {"data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1}, parent=shell.parent_header)
return 17"""),
    Hostile("verdict_replaced", "replaces the check by one that gives full points",
            setup=FULL_VERDICT + "check = full"),
    Hostile("verdict_class_patched", "makes every verdict represent itself as full points", setup="""
import autograder.student.verdict as v
v.Verdict.__repr__ = lambda self: "2.0"
v.Verdict.points = property(lambda self: 2.0)"""),
    Hostile("check_module_patched", "replaces the check inside the package and its modules", setup=FULL_VERDICT + """
import sys, autograder
autograder.check = full
for name in ("autograder.student.notebook", "autograder.authoring.hidden"):
    if name in sys.modules: sys.modules[name].check = full"""),
    Hostile("judge_patched", "replaces the judge with one that is always content", setup="""
import autograder.student.judge as j
j.matches = lambda *a, **k: True
j.difference = lambda *a, **k: None
j.verdict = lambda sheet, outcomes: __import__("autograder.student.verdict").verdict.Verdict(sheet.name, 2.0, 2.0)"""),
    Hostile("compare_patched", "replaces the comparison with one that finds no difference", setup="""
import autograder.student.difference as c
for name in ("difference", "structure_difference"): setattr(c, name, lambda *a, **k: None)
c.matches = lambda *a, **k: True"""),
    Hostile("numpy_patched", "makes NumPy find all things close and equal", setup="""
for name in ("allclose", "array_equal", "isclose", "all", "any"): setattr(np, name, lambda *a, **k: True)
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None"""),
    Hostile("builtins_patched", "makes the built-in all, any, isinstance and abs say yes", setup="""
import builtins
builtins.all = builtins.any = lambda *a: True
builtins.abs = lambda x: 0.0"""),
    Hostile("errors_swallowed", "replaces how the shell shows errors", setup="""
shell = get_ipython()
shell.showtraceback = lambda *a, **k: None
shell.set_custom_exc((BaseException,), lambda *a, **k: None)
import sys
sys.excepthook = lambda *a: None"""),
    Hostile("run_cell_patched", "replaces the shell's run_cell by one that runs nothing and succeeds", setup="""
from IPython.core.interactiveshell import ExecutionResult
shell = get_ipython()
async def nothing(*a, **k): return ExecutionResult(None)
shell.run_cell_async = nothing
shell.run_cell = lambda *a, **k: ExecutionResult(None)"""),
    Hostile("do_execute_patched", "replaces the kernel's do_execute by one that always succeeds", setup="""
kernel = get_ipython().kernel
async def fine(*a, **k): return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
kernel.do_execute = fine"""),
    Hostile("probe_patched", "replaces what calls the functions by something with answers of its own", setup="""
import autograder.student.probe as p
from autograder.student.sheet import Outcome
p.outcome_of = lambda *a, **k: Outcome(0.0)
p.driver_for = lambda sheet: (lambda *a, **k: 0.0)
import sys
for module in list(sys.modules.values()):
    if hasattr(module, "outcome_of"): module.outcome_of = p.outcome_of"""),
    Hostile("exec_patched", "replaces exec and compile, with which drivers are made", setup="""
import builtins
builtins.exec = lambda *a, **k: None
builtins.compile = lambda *a, **k: None"""),
    Hostile("deepcopy_patched", "keeps the inputs of the hidden cases to answer them later", setup="""
import copy, autograder.student.probe
seen = []
real = copy.deepcopy
copy.deepcopy = lambda x, *a: (seen.append(x), real(x, *a))[1]""", last="print('HIDDEN', seen)"),
    Hostile("frames_read", "looks for the expected result in the frames above its call", relative="""
import sys
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()):
        for name in ("expected", "solution", "reference"):
            if getattr(value, name, None) is not None: return value.expected
            if isinstance(value, dict) and value.get(name) is not None: return value[name]
    frame = frame.f_back
return 17"""),
    Hostile("garbage_searched", "searches all living objects for sheets with expected results", relative="""
import gc
for thing in gc.get_objects():
    if type(thing).__name__ in ("Case", "Sheet") and getattr(thing, "expected", None) is not None:
        if any(v is a for v in getattr(thing, "inputs", {}).values()): return thing.expected
return 17"""),
    Hostile("public_cases_learnt", "answers the public cases from checks.json by heart", relative="""
from autograder.student.checks_file import load
for case in load("checks.json").sheets["relative_error"].cases:
    if np.array_equal(case.inputs["a"], a) and np.array_equal(case.inputs["b"], b): return case.expected
return 0.5"""),
    Hostile("checks_rewritten", "rewrites checks.json so that its own answers are expected", setup="""
import json, pathlib
text = pathlib.Path("checks.json").read_text()
data = json.loads(text)
for sheet in data["exercises"].values():
    for case in sheet["cases"]: case["expected"] = 17
pathlib.Path("checks.json").write_text(json.dumps(data))"""),
    Hostile("checks_sent_along", "hands in a checks.json of its own", files=(("checks.json", '{"exercises": {}}'),)),
    Hostile("skipped", "tags the checks so that they are not executed", tags=("skip-execution", "raises-exception")),
    Hostile("demo_tagged", "tags the checks as demonstrations, which may be left out", tags=("demo",)),
    Hostile("points_raised", "raises what the checks are worth", points=200.0),
    Hostile("checks_edited", "writes full points into the check cells", checks="2.0"),
    Hostile("checks_commented", "empties the check cells", checks="# nothing to see"),
    Hostile("autograder_shadowed", "hands in a package called autograder", files=(
        ("autograder/__init__.py", "check = progress = lambda *a: 2.0\n"),
        ("autograder/verdict.py", "raise SystemExit\n"), ("autograder/probe.py", "raise SystemExit\n"))),
    Hostile("numpy_shadowed", "hands in a numpy.py that finds all things equal",
            files=(("numpy.py", "allclose = array_equal = lambda *a, **k: True\n"),)),
    Hostile("startup_files", "hands in sitecustomize, usercustomize and IPython startup files", files=(
        ("sitecustomize.py", "import os; os._exit(0)\n"), ("usercustomize.py", "import os; os._exit(0)\n"),
        (".ipython/profile_default/startup/00.py", "check = lambda *a: 2.0\n"))),
    Hostile("modules_replaced", "puts modules of its own into sys.modules", setup="""
import sys, types
fake = types.ModuleType("autograder.student.judge")
fake.verdict = lambda *a: 2.0
sys.modules["autograder.student.judge"] = sys.modules["autograder.student.difference"] = fake"""),
    Hostile("reference_read", "looks for the solutions on disk", setup="""
import os
found = []
for folder, inner, files in os.walk("/"):
    inner[:] = [name for name in inner if name not in ("proc", "usr", "lib", "lib64", "site-packages", "include")]
    found += [os.path.join(folder, name) for name in files if name in ("lesson.py", "secret", "gradebook.db")]
print("FOUND", found)
for path in found:
    if path.endswith("lesson.py"): exec(open(path).read().split("BEGIN SOLUTION")[1])"""),
    Hostile("hidden_imported", "asks the package for the hidden cases", relative="""
from autograder.authoring.hidden import hidden_sheets
from autograder.nbgrader.course import find_course
course = find_course()
for case in hidden_sheets(course, lessons_of(course, ("00",))[0]).sheets["relative_error"].cases:
    if np.array_equal(case.inputs["a"], a): return case.expected
return 17"""),
    Hostile("descriptors_written", "writes answers of its own into every open descriptor", relative="""
import json, os, struct
from autograder.student import wire
for number in range(1, 60):
    for guess in range(1, 60):
        frame = wire.pack({"id": guess, "case": 0, "value": 0.0, "rest": ["", "", "", []]})
        try: os.write(number, struct.pack(">I", len(frame)) + frame)
        except OSError: break
return 17"""),
    Hostile("descriptors_closed", "closes every descriptor it has", setup="import os; os.closerange(3, 200)"),
    Hostile("replies_forged", "answers the engine's requests from a thread of its own", setup="""
import threading, time, gc, socket, struct
from autograder.student import wire
def talk():
    import os
    for number in range(3, 40):
        try: there = socket.socket(fileno=os.dup(number))
        except OSError: continue
        for guess in range(300):
            frame = wire.pack({"id": guess, "status": "ok", "count": 1, "outputs": "[]"})
            try: there.sendall(struct.pack(">I", len(frame)) + frame)
            except OSError: break
threading.Thread(target=talk, daemon=True).start()
time.sleep(0.3)"""),
    Hostile("pickle_returned", "returns an object whose unpickling would run code", setup="""
class Bomb:
    def __reduce__(self): return (eval, ("__import__('os').system('touch /tmp/unpickled')",))
    def __array__(self, *a, **k): return np.array([Bomb()], dtype=object)""",
            gradient="return np.array([Bomb()], dtype=object)", relative="return Bomb()"),
    Hostile("wire_forged", "returns dictionaries that look like values on the wire",
            relative='return {"float": "0.0", "npy": "xxxx", "array": [1], "dtype": "O", "shape": [1]}',
            gradient='return {"blob": 0, "bytes": 10**12}'),
    Hostile("name_claimed", "a class that claims to be float in every way it is asked", setup="""
class Meta(type):
    __instancecheck__ = __subclasscheck__ = lambda *a: True
    __eq__ = lambda *a: True
    __hash__ = lambda self: hash(float)
class Claim(metaclass=Meta):
    __class__ = float
    __name__ = "float"
    __float__ = lambda self: 0.0""", relative="return Claim()"),
    Hostile("printed_points", "prints and displays what a verdict would look like", relative="""
from IPython.display import HTML, display
print("2 of 2 points, all right"); display(HTML("<b>2 of 2 points</b>"))
return 17""", last="2.0"),
    Hostile("nan_returned", "returns nan, inf and huge values, hoping for comparisons that fail to fail",
            gradient="return np.full(x.shape, np.nan)", relative="return float('nan')"),
    Hostile("huge_returned", "returns a result of a gigabyte", relative="return np.zeros(1 << 27)",
            gradient="return np.broadcast_to(1.0, (10**6, 10**6))"),
    Hostile("deep_returned", "returns lists nested ten thousand deep and containing themselves", relative="""
nest = []
for _ in range(10_000): nest = [nest]
nest.append(nest)
return nest"""),
    Hostile("hash_collisions", "returns a dictionary whose keys share one hash",
            relative="return {k * (2**61 - 1): 0 for k in range(20_000)}"),
    Hostile("lone_surrogates", "prints, names and raises halves of characters",
            relative="raise ValueError('\\ud800' * 10)", last="print('\\udfff\\x00\\x1b]0;title\\x07')"),
]  # fmt: skip

HARMFUL = [
    Hostile("exits", "leaves the process in a cell", setup="import os; os._exit(0)"),
    Hostile("exits_when_called", "leaves the process when its function is called",
            relative="import os; os._exit(0)", gradient="import sys; sys.exit()"),
    Hostile("segfaults", "reads address zero", relative="import ctypes; ctypes.string_at(0)",
            gradient="import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"),
    Hostile("kills_everything", "kills every process it may", setup="""
import os, signal
for number in (-1, *range(1, 100), os.getppid(), 0):
    try: os.kill(number, signal.SIGKILL)
    except OSError: pass"""),
    Hostile("fork_bomb", "forks without end", setup="""
import os
while True:
    try: os.fork()
    except OSError: pass"""),
    Hostile("thread_bomb", "starts threads without end", setup="""
import threading, time
while True:
    try: threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    except RuntimeError: break"""),
    Hostile("memory", "takes all memory there is", setup="""
held = []
while True: held.append(bytearray(b"x" * (64 << 20)))"""),
    Hostile("memory_in_children", "takes memory in children, each below its limit", setup="""
import os, time
for _ in range(20):
    if os.fork() == 0:
        held = b"x" * (200 << 20); time.sleep(60); os._exit(0)
time.sleep(30)"""),
    Hostile("memory_unmapped", "holds memory in files that have no name", setup="""
import os
held = []
while True:
    held.append(os.memfd_create("x")); os.write(held[-1], b"x" * (32 << 20))"""),
    Hostile("memory_shared", "takes memory that is shared with nobody", setup="""
import mmap, time
held = []
for _ in range(64):
    held.append(mmap.mmap(-1, 64 << 20)); held[-1].write(b"x" * (64 << 20))
time.sleep(30)"""),
    Hostile("page_tables", "has the kernel hold tables of pages for memory that is never written", setup="""
import ctypes, time
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
for _ in range(40):
    at = libc.mmap(None, 64 << 30, 1, 0x4022, -1, 0)
    if at in (None, 2**64 - 1): break
    for offset in range(0, 64 << 30, 2 << 20): ctypes.string_at(at + offset, 1)
time.sleep(30)"""),
    Hostile("semaphores", "fills the kernel with sets of semaphores", setup="""
import ctypes, time
libc = ctypes.CDLL(None, use_errno=True)
made = sum(libc.semget(0, 32000, 0o1600) >= 0 for _ in range(2000))
print("MADE", made)"""),
    Hostile("socket_buffers", "holds memory in the buffers of sockets that nobody reads", setup="""
import os, socket, time
def fill():
    held = []
    for _ in range(100):
        try:
            one, other = socket.socketpair(); held += [one, other]
            for end in (one, other):
                end.setblocking(False)
                try:
                    while True: end.send(b"x" * 65536)
                except BlockingIOError: pass
        except OSError: break
    time.sleep(60)
for _ in range(60):
    if os.fork() == 0: fill(); os._exit(0)
time.sleep(30)"""),
    Hostile("half_a_frame", "begins an answer, and takes memory while it is waited for", setup=BACK + """
import os, time
os.write(channel, (1 << 20).to_bytes(4, "big"))
for _ in range(4):
    if os.fork() == 0:
        held = b"x" * (250 << 20); time.sleep(60); os._exit(0)
time.sleep(60)"""),
    Hostile("namespace_by_clone", "makes a user namespace by a call that has another name", setup="""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
made = [libc.syscall(56, flags | 17, 0, 0, 0, 0) for flags in (1 << 28, 1 << 28 | 1 << 17, 1 << 30)]
if 0 in made:
    import os; os._exit(0)
print("MADE", made, libc.syscall(430, b"tmpfs", 0))"""),
    Hostile("terminal_closed", "closes the terminals for whoever comes after", setup="""
import os
for path in ("/dev/pts/ptmx", "/dev/pts", "/dev/ptmx", "/dev/null", "/dev/zero", "/", "/tmp", "/usr"):
    try: os.chmod(path, 0)
    except OSError: pass
    try: os.utime(path, (1, 1))
    except OSError: pass"""),
    Hostile("last_words", "has half a character in what it says of its end", setup=BACK + """
import autograder.engine.inside.serving as serving
serving.ending = lambda status: "\\ud800" """, relative="import os; os._exit(3)"),
    Hostile("forged_row", "puts a row about somebody else, and commands for the terminal, into the table", setup="""
import autograder.engine.inside.serving as serving
from autograder.student.sheet import Outcome
serving.outcome_of = lambda *a: Outcome(None, "Stopped", "\x1b[2J\x1b]0;owned\x07\n00_start_here  zz_ada_forged  0 of 4")"""),
    Hostile("tag_flood", "answers with an unknown kind of value that is eight megabytes long", setup="""
import autograder.engine.inside.frames as frames
kept = frames.wire.pack
frames.wire.pack = lambda message: b"{\"" + b"x" * (8 << 20) + b"\": 1}" if "case" in str(message)[:40] else kept(message)"""),
    Hostile("outputs_without_limit", "lifts the limits of outputs in its own process", setup="""
import autograder.engine.inside.recorder as recorder
recorder.TEXT_LIMIT = recorder.DATA_LIMIT = recorder.ALL_LIMIT = 1 << 40
print("x" * (12 << 20))""", last="print('y' * (12 << 20))"),
    Hostile("traceback_of_numbers", "sends an error whose traceback is a number", setup="""
import autograder.engine.inside.serving as serving
serving._as_text = lambda outputs: '[{"output_type": "error", "ename": 1, "evalue": [], "traceback": 5}]' """),
    Hostile("hidden_inputs_told", "tells the inputs of its caller in an exception and in results", setup="""
import sys
def told():
    frame = sys._getframe(1)
    while frame and "request" not in frame.f_locals: frame = frame.f_back
    return repr(frame.f_locals["request"]["cases"]) if frame else "nothing"
""", gradient="raise ValueError(told())", relative="return told()"),
    Hostile("endless", "loops for ever in a cell", setup="while True: pass"),
    Hostile("endless_when_called", "loops for ever when called and ignores what should stop it", relative="""
while True:
    try:
        while True: pass
    except BaseException: pass"""),
    Hostile("signals_ignored", "ignores and blocks every signal, then sleeps", setup="""
import signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True:
    try: time.sleep(1000)
    except BaseException: pass"""),
    Hostile("stops_itself", "stops itself with SIGSTOP", setup="import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"),
    Hostile("output_flood", "prints without end", setup="while True: print('x' * 100_000)"),
    Hostile("output_flood_below", "floods stdout and stderr from other programs", setup="""
import subprocess
subprocess.run("yes | head -c 2000000000", shell=True); subprocess.run("yes >&2", shell=True, timeout=30)"""),
    Hostile("display_flood", "displays a hundred thousand things", setup="""
from IPython.display import display
for _ in range(100_000): display({"text/html": "x" * 1000}, raw=True)"""),
    Hostile("disk_filled", "fills the disk", setup="""
import os
for k in range(1000):
    for folder in (".", "/tmp", "/dev/shm", "/var/tmp"):
        try: open(f"{folder}/fill{k}", "wb").write(b"x" * (60 << 20))
        except OSError: pass"""),
    Hostile("inodes_filled", "makes files and folders without end", setup="""
import os
for k in range(200_000):
    try: os.mkdir(f"d{k}"); open(f"/tmp/f{k}", "w").close()
    except OSError: break"""),
    Hostile("network", "asks the network", setup="""
import socket
reached = []
for address in (("1.1.1.1", 53), ("127.0.0.1", 22), ("169.254.169.254", 80)):
    try: socket.create_connection(address, 1); reached.append(address)
    except OSError: pass
try: reached.append(socket.gethostbyname("example.org"))
except OSError: pass
print("REACHED", reached)"""),
    Hostile("unix_sockets", "connects to sockets of the machine, named and abstract", setup="""
import glob, socket
reached = []
for path in glob.glob("/run/**/*", recursive=True) + glob.glob("/var/run/**/*", recursive=True) + ["\\0dbus", "/dev/log"]:
    try: socket.socket(socket.AF_UNIX).connect(path); reached.append(path)
    except OSError: pass
print("REACHED", reached)"""),
    Hostile("writes_outside", "writes wherever it can", setup="""
import os
for folder in ("/", "/etc", "/usr/lib", "/var/tmp", "/root", "/home", os.path.dirname(np.__file__), "..", "../.."):
    try: open(os.path.join(folder, "hostile-was-here"), "w").write("x")
    except OSError: pass
try: open(np.__file__, "a").write("\\nraise SystemExit\\n")
except OSError: pass"""),
    Hostile("gradebook_edited", "looks for the gradebook and gives itself points", setup="""
import glob, sqlite3
for path in glob.glob("/**/*.db", recursive=True) + ["../../../gradebook.db", "/course/gradebook.db"]:
    try:
        book = sqlite3.connect(path); book.execute("update grade set manual_score = 2"); book.commit()
    except sqlite3.Error: pass"""),
    Hostile("daemon", "leaves a process behind that has left its session", setup="""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(1)
    os._exit(0)"""),
    Hostile("proc_read", "reads other processes in /proc", setup="""
import glob
seen = [p for p in glob.glob("/proc/[0-9]*/environ")]
texts = []
for path in seen:
    try: texts.append(open(path, "rb").read())
    except OSError: pass
print("SECRETS", any(b"HOSTILE_CANARY" in t for t in texts))"""),
    Hostile("environment_read", "prints the environment", setup="""
import os
print("SECRETS", "HOSTILE_CANARY" in str(dict(os.environ)))"""),
    Hostile("stdin_read", "waits for input", setup="x = input('password? ')",
            relative="import sys; return sys.stdin.read()"),
    Hostile("recursion", "recurses until the stack is gone", setup="import sys; sys.setrecursionlimit(10**8)",
            relative="f = lambda n: f(n + 1)\nreturn f(0)"),
    Hostile("namespaces", "makes namespaces and mounts of its own", setup="""
import ctypes, subprocess
libc = ctypes.CDLL(None)
print("GOT", libc.unshare(0x10000000), libc.mount(b"none", b"/", None, 4096 | 32, None), libc.setuid(0))
subprocess.run("unshare -Ur true; mount -t tmpfs x /tmp; su -c id; chroot /", shell=True)"""),
    Hostile("tracing", "traces and signals the process that runs it", setup="""
import ctypes, os
libc = ctypes.CDLL(None)
print("GOT", libc.ptrace(16, os.getppid(), 0, 0), libc.process_vm_readv(1, 0, 0, 0, 0, 0))"""),
    Hostile("odd_bytes", "cells of odd bytes: nulls, lone carriage returns, right-to-left marks",
            setup="x = '\\u202e\\u0000'\r\r\u2028y = 1", last="\x0c\x0b#\u200b"),
    Hostile("exit_handlers", "registers work for when the process ends", setup="""
import atexit, os, threading
atexit.register(lambda: __import__("time").sleep(1000))
threading.Thread(target=lambda: __import__("time").sleep(1000)).start()"""),
    Hostile("loop_stopped", "stops and closes the event loop its cells run in", setup="""
import asyncio
loop = asyncio.get_running_loop() if False else asyncio.get_event_loop()
loop.call_soon(loop.stop)
await asyncio.sleep(0.01)"""),
    Hostile("many_restarts", "ends the process anew in a dozen cells",
            setup="import os; os._exit(1)", last="import os; os._exit(1)", gradient="import os; os._exit(1)",
            relative="import os; os._exit(1)"),
]  # fmt: skip

ALL = FORGING + HARMFUL
