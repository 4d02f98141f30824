"""Every case that stands gets its clock and its stub, as a new one does."""

from django.db import migrations


def begin(apps, editor):
    case_, retention = apps.get_model("records", "Case"), apps.get_model("records", "Retention")
    stub, milestone = apps.get_model("records", "Stub"), apps.get_model("records", "Milestone")
    from entente.records import guard
    from entente.safeguards.retention import review_due
    from entente.vocabulary.case import Stage

    stages = [str(s) for s in Stage]
    with guard.system("give standing cases what new ones have"):
        for case in case_.objects.select_related("owner"):
            retention.objects.get_or_create(
                case=case.pk,
                thing=None,
                defaults={
                    "agency_id": case.owner_id,
                    "what": "case",
                    "started": case.opened_at,
                    "due": review_due(case.opened_at),
                },
            )
            strict = case.audience in {"TLP:AMBER+STRICT", "TLP:RED"} or {"H2", "H3"} & set(
                case.codes.split()
            )
            if strict or stub.objects.filter(case=case).exists():
                continue
            reached = milestone.objects.filter(case=case).values_list("stage", flat=True)
            last = max((s for s in reached if s in stages), key=stages.index, default=stages[0])
            stub.objects.create(
                case=case,
                owner=case.owner,
                urgency="child at risk" if case.child_at_risk else "routine",
                country=case.owner.country,
                status="closed" if case.closed_at else last,
                since=case.opened_at.date(),
            )


class Migration(migrations.Migration):
    dependencies = [("records", "0008_tombstones")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
