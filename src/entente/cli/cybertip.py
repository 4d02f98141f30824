"""``entente cybertip``: read reports of the CyberTipline (XML or the police's JSON); no desk needed."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from entente.cli import words
from entente.formats import ListRefused
from entente.formats.cybertip import LARGEST, CyberTip
from entente.formats.cybertip_json import read_json
from entente.formats.cybertip_xml import read_xml


def run(arguments: list[str]) -> int:
    """Print one JSON object a report; exit 1 where something in it was refused, 2 where it is no report."""
    made = words.parser("cybertip", "read reports of the CyberTipline; names of persons are dropped unread")
    made.add_argument("files", nargs="+", type=Path, metavar="FILE")
    worst = 0
    for path in made.parse_args(arguments).files:
        try:
            tip = _read(path)
        except (OSError, ListRefused) as fault:
            worst = words.refuse("cybertip", f"{path}: {fault}")
            continue
        told = {"path": str(path), **asdict(tip)}
        sys.stdout.write(json.dumps(told, default=_moment, ensure_ascii=False) + "\n")
        worst = max(worst, 1 if tip.refused else 0)
    return worst


def _read(path: Path) -> CyberTip:
    with path.open("rb") as stream:
        head = stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
        stream.seek(0)
        return read_json(stream.read(LARGEST + 1)) if head.startswith((b"{", b"[")) else read_xml(stream)


def _moment(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
