"""``entente receive``: take files and folders into a case; resumable, and a second run changes nothing."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from entente.cli import words
from entente.web import start


def run(arguments: list[str]) -> int:
    """Receive and wait for the end; exit 1 where files were refused."""
    made = words.on_desk(words.parser("receive", "take files and folders into a case"))
    made.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    made.add_argument("--case", required=True, metavar="REF", help="the case's number")
    made.add_argument("--source", required=True, help="where or from whom it came")
    made.add_argument("--purpose", default="victim-identification")
    made.add_argument(
        "--origin", default="found", choices=["found", "partner", "open source", "seized", "search"]
    )
    made.add_argument("--handling", action="append", choices=["H0", "H1", "H2", "H3"])
    made.add_argument("--handling-text", default="")
    told = made.parse_args(arguments)
    missing = [str(p) for p in told.paths if not p.exists() and not p.is_symlink()]
    if missing:
        return words.refuse("receive", f"there is no {', '.join(missing)}")
    try:
        start.open_for_work(start.folder_of(told.desk))
        account = start.acting_account(told.officer)
    except start.NoDesk as fault:
        return words.refuse("receive", fault)
    from entente.casework.intake.service import Intake, receive
    from entente.records import guard, jobs
    from entente.records.models import Case, Job
    from entente.vocabulary.handling import Purpose

    try:
        officer, purpose = account.as_officer(), Purpose(told.purpose)  # type: ignore[attr-defined]
        with guard.scope(officer, purpose):
            case = Case.objects.filter(number=told.case).first()
        if case is None:
            return words.refuse("receive", f"no case {told.case} that this officer can see")
        intake = Intake(told.source, told.origin, tuple(told.handling or ["H0"]), told.handling_text)
        job = receive(officer, purpose, case, told.paths, intake)
    except (guard.Denied, ValueError) as fault:
        return words.refuse("receive", fault)
    with tqdm(unit=" files", disable=None, leave=False) as bar:

        def watch(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        if taken := jobs.take(jobs.this_worker(), only=job):
            jobs.run(taken, watch=watch)
    job = Job.objects.get(pk=job.pk)
    if job.status != "done":
        return words.refuse("receive", f"stopped: {job.error or job.status}; run it again to go on", 1)
    words.say({"job": str(job.pk), **job.result}, told.json)
    return 1 if job.result["refused"] else 0
