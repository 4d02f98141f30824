"""The sqlite backend behind the guard."""
