"""What a student is handed and the sandbox shows: NumPy and the standard library, nothing else."""
