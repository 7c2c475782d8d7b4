"""The sealed engine: strangers' notebooks run in a sandbox, judged outside of it.

From the inside out: `sandbox` (walls and limits), `student` (runs cells and calls functions, inside),
`zygote` (the warm process that students' processes are forked from), `conversation` (one such process, seen
from outside), `marking` (one submission: run, judged, scored), `pool` (many at once), `records` (what is
done), `grade` (the whole).
"""
