"""The words: frozen dataclasses and enums with no behaviour beyond validity."""
