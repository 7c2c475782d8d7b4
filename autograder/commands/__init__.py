"""One thin function for each command of the shell."""
