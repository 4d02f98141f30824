"""Lists have versions, provenance and quarantine; digests of standing lists wait to be keyed."""

import django.db.models.deletion
import entente.records.clock
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0011_hashes_under_profiles"),
    ]

    operations = [
        migrations.CreateModel(
            name="Compared",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("codes", models.CharField(default="H0", max_length=16)),
                ("handling_text", models.TextField(blank=True)),
                ("audience", models.CharField(default="TLP:AMBER", max_length=20)),
                ("made_at", models.DateTimeField(default=entente.records.clock.now)),
                ("serial", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ListVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("serial", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=40)),
                ("sha256", models.CharField(max_length=64)),
                ("taken_at", models.DateTimeField(default=entente.records.clock.now)),
                ("read", models.PositiveIntegerField(default=0)),
                ("added", models.PositiveIntegerField(default=0)),
                ("repeated", models.PositiveIntegerField(default=0)),
                ("withdrawn", models.PositiveIntegerField(default=0)),
                ("never_held", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("complete", models.BooleanField(default=False)),
                ("backwards", models.CharField(blank=True, max_length=8)),
            ],
            options={
                "ordering": ["serial"],
            },
        ),
        migrations.CreateModel(
            name="Quarantine",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("listed", models.UUIDField(db_index=True)),
                ("entry", models.CharField(max_length=80)),
                ("cause", models.CharField(max_length=8)),
                ("met", models.PositiveIntegerField(default=0)),
                ("most", models.PositiveIntegerField(default=0)),
                ("reason", models.TextField()),
                ("at", models.DateTimeField(default=entente.records.clock.now)),
                ("state", models.CharField(default="held", max_length=8)),
                ("decided_at", models.DateTimeField(null=True)),
                ("said", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-at"],
            },
        ),
        migrations.AddField(
            model_name="hashlist",
            name="basis",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="codes",
            field=models.CharField(default="H2", max_length=16),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="given_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="handling_text",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="keyed",
            field=models.BooleanField(default=False),  # what stands is in clear until the desk keys it
        ),
        migrations.AlterField(
            model_name="hashlist",
            name="keyed",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="never_held",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="provider",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="removed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="repeated",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="software",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="hashlist",
            name="withdrawn",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="listedhash",
            name="aside",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="listedhash",
            name="disputed",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="listedhash",
            name="negative",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="listedhash",
            name="pdq_profile",
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name="listedhash",
            name="pdq_quality",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="listedhash",
            name="positive",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="listedhash",
            name="serial",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="match",
            name="listed",
            field=models.UUIDField(db_index=True, null=True),
        ),
        migrations.AddField(
            model_name="match",
            name="of_list",
            field=models.UUIDField(db_index=True, null=True),
        ),
        migrations.AddField(
            model_name="match",
            name="suppresses",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="listedhash",
            index=models.Index(fields=["owner", "serial"], name="entries_by_state"),
        ),
        migrations.AddField(
            model_name="compared",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.case"
            ),
        ),
        migrations.AddField(
            model_name="compared",
            name="made_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="compared",
            name="media",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.media"
            ),
        ),
        migrations.AddField(
            model_name="compared",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.agency"
            ),
        ),
        migrations.AddField(
            model_name="listversion",
            name="list",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="records.hashlist"
            ),
        ),
        migrations.AddField(
            model_name="listversion",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.agency"
            ),
        ),
        migrations.AddField(
            model_name="listversion",
            name="taken_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="quarantine",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="quarantine",
            name="list",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="quarantines", to="records.hashlist"
            ),
        ),
        migrations.AddField(
            model_name="quarantine",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.agency"
            ),
        ),
        migrations.AddConstraint(
            model_name="compared",
            constraint=models.UniqueConstraint(fields=("media", "owner"), name="compared_once"),
        ),
        migrations.AddConstraint(
            model_name="listversion",
            constraint=models.UniqueConstraint(fields=("owner", "serial"), name="list_state_once"),
        ),
        migrations.AddConstraint(
            model_name="listversion",
            constraint=models.UniqueConstraint(fields=("list", "name"), name="version_once"),
        ),
        migrations.AddConstraint(
            model_name="quarantine",
            constraint=models.UniqueConstraint(fields=("listed",), name="set_aside_once"),
        ),
    ]
