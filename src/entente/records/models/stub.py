"""What the coordination centre sees of a case before it is added: urgency, country, status; nothing else."""

from __future__ import annotations

from django.db import models

from entente.records import clock, guard
from entente.records.models.case import Case
from entente.records.models.handled import Guarded
from entente.safeguards.access import Shape, Thing
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import ORIGINATOR_ONLY, Audience


class Stub(Guarded):
    """One case as the centre sees it. Its id is its own, so that it does not tell the case's."""

    shape = Shape.STUB

    case = models.OneToOneField(Case, models.CASCADE, related_name="+")
    owner = models.ForeignKey("records.Agency", models.PROTECT, related_name="+")
    urgency = models.CharField(max_length=16)  # child at risk, routine
    country = models.CharField(max_length=2)
    status = models.CharField(max_length=16)  # the last stage of the clock, or closed
    since = models.DateField(default=clock.now)

    class Meta:
        ordering = ["urgency", "since"]

    def as_thing(self) -> Thing:
        """A stub is read by the centre's analysts."""
        return Thing(Shape.STUB, owner=self.owner_id, id=self.pk)

    @classmethod
    def renew(cls, case: Case) -> None:
        """Write the stub of ``case`` anew, or take it away where its handling keeps the case from others.

        H2 and H3 leave others hit or no hit only; TLP:AMBER+STRICT and TLP:RED leave them nothing.
        """
        stages = list(Stage)
        last = max(case.reached(), key=stages.index, default=Stage.DISCOVERED)
        told = {
            "owner_id": case.owner_id,
            "urgency": "child at risk" if case.child_at_risk else "routine",
            "country": case.owner.country,
            "status": "closed" if case.closed_at else str(last),
        }
        with guard.system("a stub is written by those who do not see it"):
            if case.handling.restricted or Audience(case.audience) in ORIGINATOR_ONLY:
                cls.objects.filter(case=case).delete()
            else:
                cls.objects.update_or_create(case=case, defaults=told)
