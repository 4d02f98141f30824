"""Folders of drawn media that several files of the suite ask for: drawn once in a run of it, then copied.

``test_scenes`` asks the drawing itself, and that one seed gives one set of pictures.
"""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from demo import scenes

DRAWS = ("draw_found", "draw_known", "draw_partner_media", "draw_search", "draw_seized")


@contextmanager
def drawn_once(factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have the scenes drawn by whoever asks first, of all workers, and copied for the others."""
    base = factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "drawn"
    root.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in DRAWS:
            patch.setattr(scenes, name, _once(getattr(scenes, name), root))
        yield


def _once(draw: Callable[..., Any], root: Path) -> Callable[..., Any]:
    def drawn(folder: Path, *given: int) -> Any:
        kept = root / "-".join([draw.__name__, *map(str, given)])
        if not kept.exists():
            making = Path(mkdtemp(dir=root))
            told = draw(making / "files", *given)
            (making / "told").write_bytes(pickle.dumps(_moved(told, making / "files", Path())))
            try:
                making.rename(kept)
            except OSError:  # another worker was quicker
                shutil.rmtree(making)
        shutil.copytree(kept / "files", folder, dirs_exist_ok=True)
        return _moved(pickle.loads((kept / "told").read_bytes()), Path(), folder)

    return drawn


def _moved(told: Any, old: Path, new: Path) -> Any:
    """Return what was told of a folder as told of another; of partners there is one for each country."""
    if isinstance(told, dict):
        return {key: _moved(each, old, new) for key, each in told.items()}
    return replace(told, folder=new / told.folder.relative_to(old))
