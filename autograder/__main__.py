"""`python -m autograder`: the same as the command; a learner's, where a teacher's was not handed out."""

from importlib.util import find_spec

if find_spec("autograder.commands.cli"):
    from .commands.cli import main
else:
    from .commands.learner import main

main()
