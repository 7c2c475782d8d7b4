"""Around grading: what is handed out and given back."""
