from django.db import migrations, models

KINDS = (
    "gps", "text", "language", "speech", "mains_hz", "socket", "driving_side", "currency", "phone_number",
    "barcode", "utc_offset", "posting_hours", "sun_elevation", "toponym", "region", "country", "relief",
    "ip_country", "plate", "holiday", "sites", "picture_model", "object", "device", "time",
)  # fmt: skip


class Migration(migrations.Migration):
    """Two kinds of clue more; no table changes, so the database is not asked."""

    dependencies = [("records", "0024_partners")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="clue",
                    name="kind",
                    field=models.CharField(choices=[(k, k) for k in KINDS], max_length=20),
                )
            ]
        )
    ]
