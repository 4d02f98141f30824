"""Scenes: the features of pictures, and the held picture that a match shows a part of."""

import django.db.models.deletion
import entente.records.clock
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0014_listed_videos"),
    ]

    operations = [
        migrations.AddField(
            model_name="match",
            name="held",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.media"
            ),
        ),
        migrations.CreateModel(
            name="SceneFeatures",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("codes", models.CharField(default="H0", max_length=16)),
                ("handling_text", models.TextField(blank=True)),
                ("audience", models.CharField(default="TLP:AMBER", max_length=20)),
                ("made_at", models.DateTimeField(default=entente.records.clock.now)),
                ("key", models.CharField(blank=True, max_length=80)),
                ("version", models.CharField(max_length=20)),
                ("count", models.PositiveSmallIntegerField(default=0)),
                ("because", models.CharField(blank=True, max_length=300)),
                ("asked_of", models.CharField(blank=True, max_length=64)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.case"
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
                    "media",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scenes", to="records.media"
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
                "constraints": [
                    models.UniqueConstraint(fields=("media", "owner"), name="scene_features_once")
                ],
            },
        ),
    ]
