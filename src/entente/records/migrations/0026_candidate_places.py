"""Candidate places with captures and ticks; every home that was proposed before gets the place it was of."""

import django.db.models.deletion
import entente.records.clock
import uuid
from django.conf import settings
from django.db import migrations, models


def give_places(apps, editor):
    """Make a candidate place of each earlier proposal, under the same handling, originators and releases."""
    home, place = apps.get_model("records", "HomeProposal"), apps.get_model("records", "CandidatePlace")
    originator, release = apps.get_model("records", "Originator"), apps.get_model("records", "Release")
    from entente.records import guard

    same = ("case_id", "owner_id", "made_by_id", "made_at", "codes", "handling_text", "audience")
    with guard.system("homes proposed before there were candidate places get one each"):
        for row in home.objects.filter(candidate=None):
            made = place.objects.create(
                place=row.place, because=row.because, **{name: getattr(row, name) for name in same}
            )
            home.objects.filter(pk=row.pk).update(candidate=made)
            for table in (originator, release):
                for each in table.objects.filter(thing=row.pk):
                    each.pk, each.thing = None, made.pk
                    each.save(force_insert=True)
    if editor.connection.vendor == "postgresql":  # it alters no table whose constraints still wait
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0025_places_and_models"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="about",
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name="homeproposal",
            name="withdrawn_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="request",
            name="about",
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.CreateModel(
            name="CandidatePlace",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("codes", models.CharField(default="H0", max_length=16)),
                ("handling_text", models.TextField(blank=True)),
                ("audience", models.CharField(default="TLP:AMBER", max_length=20)),
                ("made_at", models.DateTimeField(default=entente.records.clock.now)),
                ("place", models.TextField()),
                ("because", models.TextField()),
                ("lat", models.FloatField(null=True)),
                ("lon", models.FloatField(null=True)),
                ("state", models.CharField(default="open", max_length=10)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_because", models.TextField(blank=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.case"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.agency"
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at"],
            },
        ),
        migrations.CreateModel(
            name="CandidateClue",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("codes", models.CharField(default="H0", max_length=16)),
                ("handling_text", models.TextField(blank=True)),
                ("audience", models.CharField(default="TLP:AMBER", max_length=20)),
                ("made_at", models.DateTimeField(default=entente.records.clock.now)),
                (
                    "says",
                    models.CharField(
                        choices=[("explains", "explains"), ("fails", "fails"), ("cannot say", "cannot say")],
                        max_length=10,
                    ),
                ),
                ("because", models.TextField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.case"
                    ),
                ),
                (
                    "clue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.clue"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.agency"
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clues",
                        to="records.candidateplace",
                    ),
                ),
            ],
            options={
                "ordering": ["made_at"],
            },
        ),
        migrations.AddField(
            model_name="homeproposal",
            name="candidate",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="proposals",
                to="records.candidateplace",
            ),
        ),
        migrations.CreateModel(
            name="Capture",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("codes", models.CharField(default="H0", max_length=16)),
                ("handling_text", models.TextField(blank=True)),
                ("audience", models.CharField(default="TLP:AMBER", max_length=20)),
                ("made_at", models.DateTimeField(default=entente.records.clock.now)),
                ("address", models.TextField()),
                ("taken_at", models.DateTimeField()),
                ("name", models.CharField(max_length=200)),
                ("form", models.CharField(max_length=8)),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=80)),
                ("state", models.CharField(default="kept", max_length=10)),
                ("decided_because", models.TextField(blank=True)),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="captures",
                        to="records.candidateplace",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.case"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.agency"
                    ),
                ),
            ],
            options={
                "ordering": ["made_at"],
            },
        ),
        migrations.RunPython(give_places, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="homeproposal",
            name="candidate",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="proposals",
                to="records.candidateplace",
            ),
        ),
    ]
