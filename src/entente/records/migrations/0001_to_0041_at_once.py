"""All tables of a new desk from one drawing of its models; a desk that is older takes the steps themselves."""

from importlib import import_module

from django.db import migrations

STEPS = (
    "0001_the_desk",
    "0002_sessions_and_limits",
    "0003_the_law",
    "0004_the_logs_tree",
    "0005_custody",
    "0006_exhibits_have_items",
    "0007_seals",
    "0008_tombstones",
    "0009_clocks_of_standing_cases",
    "0010_items_once_per_agency",
    "0011_hashes_under_profiles",
    "0012_lists_have_versions",
    "0013_a_match_tells_where",
    "0014_listed_videos",
    "0015_scenes",
    "0016_vocabularies",
    "0017_adjusted_looks",
    "0018_marks",
    "0019_opinions_and_shelter",
    "0020_feed",
    "0021_reviews_and_trails",
    "0022_shelf_and_appeals",
    "0024_partners",
    "0025_places_and_models",
    "0026_candidate_places",
    "0027_machine_token",
    "0028_packages",
    "0029_kept_pages",
    "0030_coordination",
    "0031_products_reviewed",
    "0032_accounts_on_platforms",
    "0033_links_graded_and_dated",
    "0034_identifier_worked_on",
    "0035_a_log_that_changed",
    "0036_search_and_wish",
    "0037_same_objects",
    "0038_what_partners_ask",
    "0039_documents_brought",
    "0040_cameras",
    "0041_search_sheets",
)


class AtOnce(migrations.SeparateDatabaseAndState):
    """Follows what the steps do to the models without a table, and makes each table as it is in the end.

    Django draws every related model anew at each operation: 17 s for this desk, which each newcomer waits
    for. What the steps do to rows is left out: there are none yet.
    """

    def __init__(self, steps):
        told = [import_module(f"{__package__}.{step}").Migration.operations for step in steps]
        super().__init__(state_operations=[operation for one in told for operation in one])

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # else it is drawn anew at each of them
        super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for label, name in to_state.models:
            if label == app_label:
                schema_editor.create_model(to_state.apps.get_model(label, name))

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for label, name in reversed(from_state.models):
            if label == app_label:
                schema_editor.delete_model(from_state.apps.get_model(label, name))


class Migration(migrations.Migration):
    initial = True
    replaces = [("records", step) for step in STEPS]
    dependencies = import_module(f"{__package__}.{STEPS[0]}").Migration.dependencies
    operations = [AtOnce(STEPS)]
