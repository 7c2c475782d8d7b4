"""`python -m autograder`: the same as the command."""

from .commands.cli import main

main()
