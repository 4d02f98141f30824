"""The postgres backend behind the guard."""
