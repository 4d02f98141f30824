"""Chain of custody: exhibits, who held them, what was derived from what; written once, never edited."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import models

from entente.records import clock
from entente.records.models.handled import CaseBound

BESIDE = ("exhibit", "transfer")
BINDS = frozenset({"codes", "handling_text", "audience"})  # no part of what a record says


class Edited(TypeError):
    """Something of the chain of custody was about to be changed; a correction is written beside it."""


class WrittenOnce(models.QuerySet[Any]):
    """Rows that are added and read: what binds one may become stricter, what it says stays.

    Erasing a whole case is the law's own affair and still possible.
    """

    def update(self, **fields: Any) -> int:
        """Change how the rows are handled, and nothing else."""
        _demand_binding(fields)
        return super().update(**fields)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """Change how the rows are handled, and nothing else."""
        _demand_binding(fields)
        return super().bulk_update(objs, fields, batch_size)


def _demand_binding(fields: Any) -> None:
    if not set(fields) <= BINDS:
        raise Edited("the chain of custody is written once; add a correction beside it")


class Custody(CaseBound):
    """A row of the chain: it is added once, and says in one canonical record what it holds."""

    SAYS: ClassVar[tuple[str, ...]]  # the fields that its record repeats, in any order

    objects = WrittenOnce.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; of an existing one only its handling is written again."""
        if not self._state.adding:
            _demand_binding(kwargs.get("update_fields") or {"everything"})
        super().save(*args, **kwargs)

    def as_record(self) -> dict[str, Any]:
        """Return what the row says as plain values: this is what the log seals and a court reads."""
        told: dict[str, Any] = {"kind": self._meta.model_name, "id": str(self.pk), "case": str(self.case_id)}
        # a row beside this one is named by its id; it need not be readable here
        told |= {name: _plain(getattr(self, f"{name}_id" if name in BESIDE else name)) for name in self.SAYS}
        return told | {
            "agency": self.owner.short,
            "by": self.made_by.service_number if self.made_by else "",
            "at": self.made_at.isoformat(timespec="microseconds"),
        }


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="microseconds")
    if hasattr(value, "service_number"):
        return value.service_number
    return str(value) if isinstance(value, UUID) else value


class Exhibit(Custody):
    """A seized object or file, numbered as the court will know it, as it was when it was taken."""

    SAYS = (
        "number", "description", "place", "seized_at", "seized_by", "device", "warrant", "seal", "condition",
    )  # fmt: skip

    number = models.CharField(max_length=40)
    description = models.CharField(max_length=200)
    place = models.CharField(max_length=200, blank=True)  # where it was seized
    seized_at = models.DateTimeField(null=True)
    seized_by = models.CharField(max_length=60, blank=True)  # a service number, never a name
    device = models.CharField(max_length=200, blank=True)  # make, model, serial number
    warrant = models.CharField(max_length=120, blank=True)  # reference of the order
    seal = models.CharField(max_length=60, blank=True)  # number of the seal put on it
    condition = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(fields=["case", "owner", "number"], name="exhibit_number_once")
        ]

    def __str__(self) -> str:
        return self.number


class ExhibitItem(Custody):
    """An item of the case came from an exhibit; one file may have been on several."""

    SAYS = ("exhibit", "item", "sha256")

    exhibit = models.ForeignKey(Exhibit, models.CASCADE, related_name="items")
    media = models.ForeignKey("records.Media", models.CASCADE, related_name="exhibits")

    class Meta:
        ordering = ["made_at"]
        # per agency, so that what another put in cannot be felt for
        constraints = [
            models.UniqueConstraint(fields=["exhibit", "media", "owner"], name="item_once_in_exhibit")
        ]

    @property
    def item(self) -> int:
        """The item's number in the case."""
        return self.media.number

    @property
    def sha256(self) -> str:
        """The item's SHA-256."""
        return self.media.sha256


class InChain(Custody):
    """One step of an exhibit's chain: its place in the order, and the hash of the record before it."""

    exhibit = models.ForeignKey(Exhibit, models.CASCADE, related_name="+")
    place = models.PositiveIntegerField()  # 1, 2, 3 … over handovers, receipts and corrections together
    before = models.CharField(max_length=64)  # SHA-256 of the record before; of the exhibit's for the first

    class Meta:
        abstract = True


class Transfer(InChain):
    """An exhibit was handed over: said and signed by the one who gave it, for a named officer to receive."""

    SAYS = (
        "exhibit", "place", "before", "from_place", "to_place", "to", "when", "why", "seal", "seal_state",
    )  # fmt: skip
    STATES = ("intact", "broken", "renewed", "none")

    from_place = models.CharField(max_length=200)
    to_place = models.CharField(max_length=200)
    to = models.ForeignKey("records.Account", models.PROTECT, related_name="+")
    when = models.DateTimeField()  # the moment it left the giver's hands
    why = models.CharField(max_length=300)
    seal = models.CharField(max_length=60, blank=True)
    seal_state = models.CharField(max_length=8, choices=[(s, s) for s in STATES])

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["exhibit", "place"], name="transfer_place_once")]


class Receipt(InChain):
    """The named receiver signed, or somebody of the two said that nothing was handed over."""

    SAYS = ("exhibit", "place", "before", "transfer", "outcome", "when", "seal_state", "condition")
    OUTCOMES = ("received", "refused", "taken back")

    transfer = models.OneToOneField(Transfer, models.CASCADE, related_name="receipt")
    outcome = models.CharField(max_length=10, choices=[(o, o) for o in OUTCOMES])
    when = models.DateTimeField()
    seal_state = models.CharField(max_length=8, choices=[(s, s) for s in Transfer.STATES])
    condition = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["exhibit", "place"], name="receipt_place_once")]


class Correction(InChain):
    """What should have been written: it stands beside what was, which stays as it is."""

    SAYS = ("exhibit", "place", "before", "of", "text")

    of = models.UUIDField()  # the record that it corrects
    text = models.TextField()

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["exhibit", "place"], name="correction_place_once")]


class Derivation(Custody):
    """Something was derived: from which bytes, with which tool, version and parameters, to which bytes."""

    SAYS = ("what", "inputs", "tool", "version", "parameters", "output")

    media = models.ForeignKey("records.Media", models.CASCADE, null=True, related_name="derivations")
    made = models.ForeignKey("records.Media", models.CASCADE, null=True, related_name="derived_by")
    thing = models.UUIDField(null=True)  # the row that holds or sent the output, where it is no item
    what = models.CharField(max_length=30)
    inputs = models.JSONField()  # SHA-256 of each input, in hex
    tool = models.CharField(max_length=100)  # module:function
    version = models.JSONField()  # of the program and of the libraries that matter
    parameters = models.JSONField()
    output = models.CharField(max_length=64)  # SHA-256
    key = models.CharField(max_length=80, blank=True)  # of the output in the evidence store, where it is kept
    # where the log seals it: the root over the derivations of one act, this one's place, and the way there
    root = models.CharField(max_length=64)
    leaf = models.PositiveIntegerField()
    leaves = models.PositiveIntegerField()
    proof = models.JSONField(default=list)

    class Meta:
        ordering = ["made_at", "leaf"]


class CourtExport(CaseBound):
    """Originals are asked for by a lead, for a court, and wait for a second officer of the agency."""

    to = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    things = models.JSONField()  # ids of the exhibits and items asked for
    items = models.PositiveIntegerField()  # originals that the bundle would hold, counted when it was asked
    expires = models.DateTimeField()
    confirmed_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    confirmed_at = models.DateTimeField(null=True)
    written_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-made_at"]

    def state(self) -> str:
        """Return asked, confirmed, written or expired, as it stands now."""
        if self.written_at:
            return "written"
        if clock.now() >= self.expires:
            return "expired"
        return "confirmed" if self.confirmed_at else "asked"


class Seal(models.Model):
    """Which entry of the log commits to which record: hashes alone, so that a proof can be found again."""

    digest = models.CharField(max_length=64, db_index=True)
    seq = models.PositiveBigIntegerField()  # of the entry
    place = models.PositiveIntegerField()  # among all that the entry seals

    class Meta:
        ordering = ["seq", "place"]
        constraints = [models.UniqueConstraint(fields=["seq", "place"], name="seal_place_once")]
