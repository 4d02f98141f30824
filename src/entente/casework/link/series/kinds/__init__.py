"""The kinds of evidence that the program finds by itself, each in its own file.

A kind is added in one place: a file here with ``find``, named in ``FINDERS``; its member of ``LinkKind``; its
grades in ``link/data/weights.toml``. What finds its links elsewhere, such as a job that reads the pictures,
gives them to ``propose`` as ``more``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from entente.casework.link.series.evidence import Hub, Item, Link
from entente.casework.link.series.kinds import name_run, near_frame, near_picture, same_device, same_file

Found = tuple[list[Link], list[Hub]]
Finder = Callable[[Sequence[Item]], Found]

FINDERS: tuple[Finder, ...] = (
    same_file.find,
    near_picture.find,
    near_frame.find,
    same_device.find,
    name_run.find,
)
