"""A product as two people issue it: drafted by one, approved by another of the same agency."""

from entente.casework.inform.service import approve, draft, submit
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


def issue(author, second, case, *, statements, **more):
    """Draft it as ``author`` and approve it as ``second``; both are officers."""
    made = draft(author, VI, case, statements=statements, **more)
    submit(author, VI, made)
    return approve(second, VI, made, edition=made.issued_at.isoformat())
