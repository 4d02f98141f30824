"""What is remembered: the one Django application with tables."""
