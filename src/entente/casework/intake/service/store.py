"""The desk's evidence store: which rows need an object of it, and what is taken away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db.models import CharField

from entente.evidence.bucket import Bucket
from entente.evidence.keyring import FileKeyRing
from entente.evidence.keys import node_key
from entente.evidence.store import INCOMING, STALE_S, EvidenceStore
from entente.records import clock, guard
from entente.records.models import Capture, CaseBound, Job, Media, Tombstone


@cache
def _store(root: Path, keys: Path, bucket: str) -> EvidenceStore:
    ring = FileKeyRing(keys / "case-keys.sqlite3", node_key(keys / "node.key", store=root))
    return EvidenceStore(root, ring, Bucket(bucket, root / INCOMING) if bucket else None)


def evidence_store() -> EvidenceStore:
    """Return the desk's evidence store: a folder, or the bucket that the site names."""
    return _store(Path(settings.EVIDENCE_ROOT), Path(settings.KEY_FOLDER), settings.EVIDENCE_BUCKET)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that needs an object of the store: what it is for a person, and of which case."""

    what: str
    case: UUID
    sha256: str = ""


def claims() -> dict[str, Claim]:
    """Return every key of the store that a row names: any text field called ``key`` or ``…_key``."""
    found: dict[str, Claim] = {}
    with guard.system("which objects of the store have a row"):
        for model in apps.get_app_config("records").get_models():
            if not issubclass(model, CaseBound):
                continue
            for name in (f.name for f in model._meta.concrete_fields if _names_an_object(f)):
                for row in model._base_manager.exclude(**{name: ""}).order_by("pk"):
                    case = row.case_id
                    if isinstance(row, Media):
                        found[row.key] = Claim(f"case {case} item {row.number}", case, row.sha256)
                    else:
                        what = f"case {case} {model._meta.verbose_name} {row.pk}"
                        digest = row.sha256 if isinstance(row, Capture) else ""
                        found.setdefault(getattr(row, name), Claim(what, case, digest))
    return found


def _names_an_object(field: Any) -> bool:
    return isinstance(field, CharField) and (field.name == "key" or field.name.endswith("_key"))


def sweep_store(older_than_s: float = STALE_S) -> dict[str, int]:
    """Remove what broken imports left: temporary files, and originals that no row names, a day old.

    A case into which files are being received is left alone. Returns how many of each were removed.
    """
    store = evidence_store()
    open_imports = Job.objects.filter(task="intake.receive", status__in=("ready", "running"))
    busy = set(open_imports.values_list("case", flat=True))
    orphans = list(store.orphans(claims(), older_than_s))
    removed = sum(store.remove_orphan(o, older_than_s) for o in orphans if o.case not in busy)
    return {"temporary": store.sweep(older_than_s), "orphans": removed}


def destroy() -> int:
    """Destroy the keys of what was erased, of one object or of a whole case; return how many."""
    done = 0
    with guard.system("destroy the keys of what was erased"):
        for stone in Tombstone.objects.filter(destroyed_at=None).order_by("at"):
            store = evidence_store()
            for key in stone.keys:
                store.remove(key)
            if stone.thing is None:
                store.forget(stone.case)
            stone.keys, stone.destroyed_at = [], clock.now()
            stone.save(update_fields=["keys", "destroyed_at"])
            done += 1
    return done
