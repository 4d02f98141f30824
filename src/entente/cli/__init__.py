"""The command line: the same verbs as the desk, a module for each, opened only when asked for.

A verb's module has ``run(arguments) -> int``: 0 done, 1 done with refusals, 2 wrong use. The science verbs
need no desk: Django is never imported for them.
"""

from __future__ import annotations

import sys
from importlib import import_module

from entente import __version__

VERBS = {
    "hash": "digests and perceptual hashes of files",
    "compare": "known or new, against hash lists",
    "examine": "propose clues from files",
    "locate": "a region from clues",
    "cybertip": "read reports of the CyberTipline, without names",
    "init": "make a new desk",
    "serve": "open the desk on a loopback address",
    "worker": "do the desk's heavy work",
    "demo": "open a throw-away desk with a benign ten-day case",
    "doctor": "name what is missing and what is lost without it",
    "reproduce": "make derivations again from the original, and compare",
    "fsck": "check every original and the log",
    "lists": "import, show and remove hash lists",
    "receive": "take files and folders into a case",
    "bring": "propose in a case what a CyberTip or a case package holds",
    "export": "write a case for a partner, as far as the law allows",
    "machines": "let an agency's machines fetch what was opened for it (TAXII)",
    "package": "seal or post what goes to a partner's desk, open what came",
    "log": "prove the log",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["--version"]:
        sys.stdout.write(f"entente {__version__}\n")
        return 0
    if not words or words[0] in {"-h", "--help"}:
        width = max(map(len, VERBS))
        lines = [f"  {verb:<{width}}  {says}" for verb, says in VERBS.items()]
        sys.stdout.write("usage: entente VERB …   (entente VERB --help)\n\n" + "\n".join(lines) + "\n")
        return 0
    if words[0] not in VERBS:
        sys.stderr.write(f"entente: no verb {words[0]!r}; the verbs are: {', '.join(VERBS)}\n")
        return 2
    try:
        return import_module(f"entente.cli.{words[0]}").run(words[1:])
    except Exception as fault:
        if not (says := _disk_fault(fault)):
            raise
        sys.stderr.write(f"entente {words[0]}: {says}\n")
        return 1


def _disk_fault(fault: Exception) -> str:
    """Return the sentence for a database that could not be written or read; empty for any other fault."""
    if "django.db" not in sys.modules:
        return ""
    from entente.records.durable import disk_fault  # only where Django was loaded already

    return disk_fault(fault)
