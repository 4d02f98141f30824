"""A desk from before the stored tree gets the nodes above the leaves that it has."""

from django.db import migrations

from entente.records import guard
from entente.safeguards import tree


def store(apps, editor):
    entries, nodes = apps.get_model("records", "LogEntry").objects, apps.get_model("records", "LogNode")
    frontier, waiting = [], []
    with guard.system("store the tree of an older log"):
        for size, leaf in enumerate(entries.order_by("seq").values_list("leaf", flat=True).iterator()):
            node = bytes.fromhex(leaf)
            waiting += [nodes(place=p, hash=h) for p, h in tree.completed(frontier, size, node)]
            frontier = tree.append(frontier, size, node)
            if len(waiting) > 1000:
                nodes.objects.bulk_create(waiting)
                waiting = []
    nodes.objects.bulk_create(waiting)


class Migration(migrations.Migration):
    dependencies = [("records", "0003_the_law")]
    operations = [migrations.RunPython(store, migrations.RunPython.noop)]
