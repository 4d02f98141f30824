"""What is done: the chain from "a video is found" to "a child is safe", a room for each step.

``STEPS`` is the table of contents of the whole program: addresses, pages, documents and tests derive
their order from it. Imports run against time: a step may use an earlier one, never a later one; what must
happen *next* is the business of ``flow``.
"""

STEPS = (
    "intake",
    "match",
    "link",
    "examine",
    "locate",
    "prioritise",
    "cooperate",
    "crosscheck",
    "inform",
    "seize",
    "close",
    "trends",
)
