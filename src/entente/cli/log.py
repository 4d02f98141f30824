"""``entente log``: prove the log of a desk, or a log that was written to a file."""

from __future__ import annotations

import json
from pathlib import Path

from entente.cli import words
from entente.safeguards import strict_json, tree
from entente.web import start


def run(arguments: list[str]) -> int:
    """``log verify [FILE]`` or ``log write FILE``; exit 1 when something is wrong."""
    made = words.on_desk(words.parser("log", "prove the log"))
    made.add_argument("act", choices=["verify", "write"])
    made.add_argument("file", nargs="?", type=Path, help="a log written earlier with `log write`")
    told = made.parse_args(arguments)
    if told.act == "verify" and told.file:
        try:
            told_by_file = verify_file(told.file)
        except (OSError, ValueError, LookupError, TypeError) as fault:
            return words.refuse("log", f"{told.file} is not a log: {fault}")
        words.say(told_by_file, told.json)
        return 1 if told_by_file["faults"] else 0
    try:
        start.open_desk(start.folder_of(told.desk))
    except start.NoDesk as fault:
        return words.refuse("log", fault)
    if told.act == "write":
        if not told.file:
            return words.refuse("log", "name the file to write")
        return _write(told.file, told.json)
    from entente.records import log

    proof = log.verify()
    words.say(
        {"size": proof.size, "root": proof.root, "witnessed": 0, "faults": list(proof.faults)}, told.json
    )
    return 1 if proof.faults else 0


def _write(file: Path, as_json: bool) -> int:
    from entente.records import guard
    from entente.records.models import LogEntry, LogHead

    with guard.system("write the log to a file"), file.open("x", encoding="utf-8") as out:
        for body in LogEntry.objects.order_by("seq").values_list("body", flat=True).iterator():
            out.write(body + "\n")
        head = LogHead.objects.filter(pk=1).first()
        size, root = (head.size, head.root) if head else (0, tree.root([]).hex())
        out.write(json.dumps({"size": size, "root": root}) + "\n")
    words.say({"size": size, "root": root, "file": str(file)}, as_json)
    return 0


def verify_file(file: Path) -> dict[str, object]:
    """Recompute a written log: one entry a line, the head last. No desk is needed."""
    lines = file.read_text(encoding="utf-8").splitlines()
    head = strict_json.loads(lines[-1])
    bodies = lines[:-1]
    root = tree.root([tree.leaf_hash(b.encode()) for b in bodies]).hex()
    faults = [f"line {n + 1} is not entry {n}" for n, b in enumerate(bodies) if strict_json.loads(b)["seq"] != n]
    if head["size"] != len(bodies):
        faults.append(f"the head says {head['size']} entries, the file holds {len(bodies)}")
    if head["root"] != root:
        faults.append("the root of the entries is not the root of the head")
    return {"size": len(bodies), "root": root, "witnessed": 0, "faults": faults}
