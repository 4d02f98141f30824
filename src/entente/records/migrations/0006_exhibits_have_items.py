"""The file of an exhibit stands among its items."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0005_custody")]
    operations = [migrations.RemoveField(model_name="exhibit", name="media")]
