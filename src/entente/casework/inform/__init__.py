"""The intelligence product: every statement traceable to a clue, an item and a person."""
