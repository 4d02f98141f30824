"""Hashes of an item stand under their profile: what was held so far was FULL."""

from django.db import migrations, models

PIECE = 1000  # rows held in memory at once


def _rows(model):
    """Iterate over every item, a piece at a time in the order of the keys."""
    last = None
    while True:
        rows = model.objects.order_by("pk").only("pk", "pdq_turns")
        piece = list((rows.filter(pk__gt=last) if last else rows)[:PIECE])
        if not piece:
            return
        yield piece
        last = piece[-1].pk


def _carry(apps, change):
    from entente.records import guard

    media = apps.get_model("records", "Media")
    with guard.system("bring standing hashes under their profile"):
        for piece in _rows(media):
            for row in piece:
                row.pdq_turns = change(row.pdq_turns)
            media.objects.bulk_update(piece, ["pdq_turns"])


def under_full(apps, editor):
    """A list of eight becomes ``{"full": eight}``; no hash becomes an empty object."""
    _carry(apps, lambda turns: turns if isinstance(turns, dict) else {"full": turns} if turns else {})


def bare(apps, editor):
    """Back to a list of eight: the profiles that came since are dropped."""
    _carry(apps, lambda turns: turns.get("full", []) if isinstance(turns, dict) else turns)


class Migration(migrations.Migration):
    dependencies = [("records", "0010_items_once_per_agency")]
    operations = [
        migrations.AddField("media", "pdq_raw", models.CharField(blank=True, max_length=64)),
        migrations.AlterField("media", "pdq_turns", models.JSONField(default=dict)),
        migrations.RunPython(under_full, bare),
    ]
