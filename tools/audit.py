"""What the desk is made of, and what is known against it: an inventory of the lock files, then a question.

    python tools/audit.py [--out build/sbom.cdx.json] [--inventory-only]

The inventory is CycloneDX 1.6 (JSON): every package of ``requirements.lock`` and ``requirements-dev.lock``
with its version, its address (purl) and the digests that an installation demands. The question is
pip-audit's, to the package index, about the pinned versions alone. Ends with 1 where something is known; a
check that could not be made is said in a sentence and ends with 0, because it is no finding.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {
    "requirements.lock": "required",
    "requirements-dev.lock": "optional",
    "requirements-text.lock": "optional",
}
PATIENCE_S = 300
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pinned:
    """One line of a lock file: a package, its version, and the digests that it may have."""

    name: str
    version: str
    digests: tuple[str, ...]


def pinned(text: str) -> list[Pinned]:
    """Return what a lock file pins; raise ``ValueError`` for a line that is no pin with digests."""
    found = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pin = _PIN.match(line)
        digests = tuple(_DIGEST.findall(line))
        if pin is None or not digests:
            raise ValueError(f"not a version with its digests: {line[:60]!r}; make the lock files again")
        found.append(Pinned(re.sub(r"[-_.]+", "-", pin[1]).lower(), pin[2], digests))
    return found


def inventory(locks: dict[str, list[Pinned]]) -> dict[str, Any]:
    """Return the CycloneDX inventory of the lock files; the first that names a package decides its scope."""
    components: dict[str, dict[str, Any]] = {}
    for lock, held in locks.items():
        for each in held:
            purl = f"pkg:pypi/{each.name}@{each.version}"
            components.setdefault(
                purl,
                {
                    "type": "library",
                    "bom-ref": purl,
                    "name": each.name,
                    "version": each.version,
                    "purl": purl,
                    "scope": LOCKS[lock],
                    # one digest for each wheel and the source archive: an installation takes one of these
                    "externalReferences": [
                        {
                            "type": "distribution",
                            "url": f"https://pypi.org/project/{each.name}/{each.version}/",
                            "hashes": [{"alg": "SHA-256", "content": digest} for digest in each.digests],
                        }
                    ],
                },
            )
    about = {"component": {"type": "application", "bom-ref": "entente", "name": "entente"}}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": about,
        "components": [components[purl] for purl in sorted(components)],
    }


def verdict(answer: dict[str, Any] | None) -> tuple[int, str]:
    """Return exit code and sentence for what pip-audit answered; ``None`` where it gave no answer.

    A package that the index did not know counts as not checked: pip-audit alone would call it free of faults.
    """
    held = (answer or {}).get("dependencies", [])
    checked = [d for d in held if not d.get("skip_reason")]
    if not checked:
        return 0, "Not checked for known vulnerabilities: the package index could not be asked from here."
    known = [
        f"{d['name']} {d['version']}: {v['id']} (mended in {', '.join(v['fix_versions']) or 'none yet'})"
        for d in checked
        for v in d.get("vulns", [])
    ]
    left = f"; {len(held) - len(checked)} could not be asked about" if len(held) > len(checked) else ""
    said = f"{len(known)} known vulnerabilities in {len(checked)} packages{left}."
    return (1 if known else 0), "\n".join([said, *known])


def asked(lock: Path) -> dict[str, Any] | None:
    """Return pip-audit's answer about a lock file, or ``None`` where it is not there or not answered."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-f", "json"]
    try:
        ran = subprocess.run(
            [*command, "--progress-spinner", "off", "-r", str(lock)],
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        told: dict[str, Any] = json.loads(ran.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return told


def main(arguments: list[str]) -> int:
    """Write the inventory, ask what is known, say both."""
    made = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    made.add_argument("--out", type=Path, default=ROOT / "build" / "sbom.cdx.json")
    made.add_argument("--inventory-only", action="store_true")
    told = made.parse_args(arguments)
    locks = {lock: pinned((ROOT / lock).read_text("utf-8")) for lock in LOCKS}
    bill = inventory(locks)
    told.out.parent.mkdir(parents=True, exist_ok=True)
    told.out.write_text(json.dumps(bill, indent=1) + "\n", "utf-8")
    shipped = sum(c["scope"] == "required" for c in bill["components"])
    sys.stdout.write(f"{len(bill['components'])} packages, {shipped} of them in the desk: {told.out.name}\n")
    if told.inventory_only:
        return 0
    code, said = verdict(asked(ROOT / "requirements-dev.lock"))
    sys.stdout.write(f"{said}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
