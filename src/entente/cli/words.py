"""How every verb reads its words and says what it did."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any


def parser(verb: str, says: str) -> argparse.ArgumentParser:
    """Return a parser for ``verb`` with ``--json``."""
    made = argparse.ArgumentParser(prog=f"entente {verb}", description=says)
    made.add_argument("--json", action="store_true", help="print for machines")
    return made


def on_desk(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add what every verb on a desk needs: which desk, and who acts."""
    made.add_argument("--desk", metavar="FOLDER", help="the desk's folder (default: ENTENTE_DESK)")
    made.add_argument("--as", dest="officer", metavar="NUMBER", help="service number (ENTENTE_OFFICER)")
    return made


def say(data: dict[str, Any], as_json: bool) -> None:
    """Print one object as JSON, or as aligned lines for a person."""
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, sort_keys=True) + "\n")
        return
    width = max((len(k) for k in data), default=0)
    for key, value in data.items():
        shown = value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
        sys.stdout.write(f"{key.replace('_', ' '):<{width}}  {shown}\n")


def refuse(verb: str, fault: object, code: int = 2) -> int:
    """Say on standard error what is wrong, and return the exit code."""
    sys.stderr.write(f"entente {verb}: {fault}\n")
    return code
