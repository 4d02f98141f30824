"""A notice of its own kind says that a partner's log is not what it was."""

from django.db import migrations, models

KINDS = ["recall", "correction", "erasure", "emergency", "join", "retention", "reminder", "log"]


class Migration(migrations.Migration):
    dependencies = [("records", "0034_identifier_worked_on")]
    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(choices=[(k, k) for k in KINDS], max_length=12),
        ),
    ]
