"""Hostile ground: what runs in the sandbox, beside a student's code, and builds the sandbox around itself."""
