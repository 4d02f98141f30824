"""What every guarded row carries: a random id, its originator, its handling, and how the law sees it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from entente.records import clock, guard
from entente.safeguards.access import PUBLIC, Shape, Thing
from entente.safeguards.access import Release as Permission
from entente.safeguards.retention import review_due
from entente.vocabulary.handling import ORIGINATOR_ONLY, Audience, Handling, HandlingCode, narrowest


class Guarded(models.Model):
    """A row with a random id behind the guard."""

    shape: ClassVar[Shape]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True

    def as_thing(self) -> Thing:
        """Return what the law needs to know of this row."""
        raise TypeError(f"{type(self).__name__} does not say how the law sees it")


class CaseBound(Guarded):
    """A row of a case: its owner is the originating agency, its handling is set at creation."""

    shape = Shape.CASE

    case = models.ForeignKey("records.Case", models.CASCADE, related_name="+")
    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    codes = models.CharField(max_length=16, default="H0")
    handling_text = models.TextField(blank=True)
    audience = models.CharField(max_length=20, default="TLP:AMBER")
    made_at = models.DateTimeField(default=clock.now)
    made_by = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)

    class Meta:
        abstract = True

    @property
    def handling(self) -> Handling:
        """The codes and the text of H3."""
        return Handling(frozenset(HandlingCode(c) for c in self.codes.split()), self.handling_text)

    @handling.setter
    def handling(self, value: Handling) -> None:
        self.codes, self.handling_text = str(value), value.text

    def as_thing(self) -> Thing:
        """Return what the law needs to know of this row, other originators and releases included."""
        # here, not above: clocks are guarded rows, which are defined in this file
        from entente.records.models.retention import Restriction

        with guard.system("the law reads an object's originators and releases"):
            restricted = Restriction.binds(self.pk, self.case_id)
            others = frozenset(Originator.objects.filter(thing=self.pk).values_list("agency_id", flat=True))
            releases = tuple(r.as_permission() for r in Release.objects.filter(thing=self.pk))
        return Thing(
            shape=self.shape,
            owner=self.owner_id,
            case=self.case_id,
            id=self.pk,
            handling=self.handling,
            originators=others,
            releases=releases,
            addressed=getattr(self, "addressed_id", None),
            audience=Audience(self.audience),
            restricted=restricted,
        )

    def derives_from(self, *sources: CaseBound) -> None:
        """Inherit audience, originators and permissions from all of ``sources``, in one call.

        Derived objects are never looser: every originator of a source is one of this row, and a permission
        holds on it only where it holds on every source of that originator, to the earliest end; who derives
        needs it on those alone that are not open to all in the case.
        """
        with guard.system("a derived object inherits its originators and their permissions"):
            things = [s.as_thing() for s in sources]
            self._narrow([t.audience for t in things])
            agencies = {o for t in things for o in (t.owner, *t.originators) if o is not None}
            for by in agencies - {self.owner_id}:
                Originator.objects.get_or_create(thing=self.pk, agency_id=by)
                self._carry_releases(by, [t for t in things if by in {t.owner, *t.originators}])

    def _narrow(self, audiences: list[Audience]) -> None:
        audience = str(narrowest([Audience(self.audience), *audiences]))
        if audience != self.audience:
            self.audience = audience
            type(self)._base_manager.filter(pk=self.pk).update(audience=audience)

    def _carry_releases(self, by: uuid.UUID, bound: list[Thing]) -> None:
        for to, expires in _on_all(by, bound).items():
            self._carry(by, to, expires, bound)
        # whoever derives it holds the open ones already, and needs permission for the others alone
        if not _binds(self.handling, Audience(self.audience)):
            return
        closed = [t for t in bound if _binds(t.handling, t.audience)]
        needed = _on_all(by, closed) if closed else {self.owner_id: review_due(clock.now())}
        if self.owner_id in needed and self.owner_id not in _on_all(by, bound):
            self._carry(by, self.owner_id, needed[self.owner_id], closed or bound)

    def _carry(self, by: uuid.UUID, to: uuid.UUID, expires: datetime, bound: list[Thing]) -> None:
        Release.objects.create(
            thing=self.pk,
            by_id=by,
            to_id=None if to == PUBLIC else to,
            granted=clock.now(),
            expires=expires,
            reason=" ".join(carried_from(t.id) for t in bound),
        )


def _binds(handling: Handling, audience: Audience) -> bool:
    return bool(handling.codes - {HandlingCode.H0}) or audience in ORIGINATOR_ONLY


def _on_all(by: uuid.UUID, bound: list[Thing]) -> dict[uuid.UUID, datetime]:
    """Return to whom ``by`` lets all of these things go, and until when."""
    now = clock.now()
    live = [{r.to: r.expires for r in t.releases if r.by == by and r.holds(now)} for t in bound]
    return {to: min(ends[to] for ends in live) for to in set.intersection(*(set(ends) for ends in live))}


def carried_from(source: uuid.UUID | None) -> str:
    """Return how a carried permission names its source, so that withdrawing one ends the other."""
    return f"carried from {source}"


class Originator(models.Model):
    """A further agency whose information is in a thing."""

    thing = models.UUIDField()
    agency = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thing", "agency"], name="originator_once")]


class Release(models.Model):
    """An originator's recorded permission for one agency to have one thing, with an end."""

    thing = models.UUIDField(db_index=True)
    by = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    # none: the public, which is no agency
    to = models.ForeignKey("records.Agency", models.PROTECT, null=True, related_name="+")
    granted = models.DateTimeField(default=clock.now)
    expires = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True)
    account = models.ForeignKey("records.Account", models.PROTECT, related_name="+", null=True)
    reason = models.TextField(blank=True)
    emergency = models.ForeignKey("records.Emergency", models.PROTECT, null=True, related_name="+")

    def as_permission(self) -> Permission:
        """Return the law's view of this release."""
        return Permission(self.by_id, self.to_id or PUBLIC, self.granted, self.expires, self.withdrawn)


def put_behind_guard(sender: Any, **kwargs: Any) -> None:
    """Register the table of every concrete guarded model as it is defined."""
    if issubclass(sender, Guarded) and not sender._meta.abstract:
        guard.GUARDED[sender._meta.db_table] = sender.shape


models.signals.class_prepared.connect(put_behind_guard, dispatch_uid="guard")
