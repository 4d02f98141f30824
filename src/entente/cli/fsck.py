"""``entente fsck``: read every original again, compare it with its row, and prove the log."""

from __future__ import annotations

from tqdm import tqdm

from entente.cli import words
from entente.web import start


def run(arguments: list[str]) -> int:
    """Check everything; exit 1 where anything is wrong."""
    made = words.on_desk(words.parser("fsck", "check every original and the log"))
    told = made.parse_args(arguments)
    try:
        start.open_desk(start.folder_of(told.desk))
    except start.NoDesk as fault:
        return words.refuse("fsck", fault)
    from entente.casework.intake.service import evidence_store
    from entente.records import guard, log
    from entente.records.models import Dispatch, Media

    store = evidence_store()
    with guard.system("check every original"):
        rows = {m.key: m for m in Media.objects.exclude(key="").order_by("case", "number")}
        # a crop that went with a request is sealed again, under a key that only the request knows
        sent = {d.crop_key: d for d in Dispatch.objects.exclude(crop_key="")}
    bad, missing = [], []
    for key, row in tqdm(rows.items(), unit=" originals", disable=None, leave=False):
        if not store.has(key):
            missing.append(f"case {row.case_id} item {row.number}")
        elif not store.check(key) or store.key_of(row.sha256, row.case_id) != key:
            bad.append(f"case {row.case_id} item {row.number}")
    for key, dispatch in sent.items():
        if not store.has(key):
            missing.append(f"crop of request {dispatch.pk}")
        elif not store.check(key):
            bad.append(f"crop of request {dispatch.pk}")
    unclaimed = sum(1 for key in store.keys() if key not in rows and key not in sent)  # noqa: SIM118 - a store is no dict
    proof = log.verify()
    words.say(
        {
            "originals": len(rows),
            "missing": missing,
            "changed": bad,
            "without_a_row": unclaimed,
            "log_size": proof.size,
            "log_faults": list(proof.faults),
        },
        told.json,
    )
    return 1 if bad or missing or proof.faults else 0
