"""How fast grading is, beside stock nbgrader on the same submissions: `python -m bench`, or `make bench`.

`room` makes courses with submissions and lets both graders loose on them, `inside` is what runs in
processes of its own, `parts` are the five things that are measured.

`python -m bench.mutations` measures the tests: `mutants` lists what it breaks.
"""
