"""Django's postgresql backend, with compilers that ask the law."""

from django.db.backends.postgresql import base
from django.db.backends.postgresql.features import DatabaseFeatures as PlainFeatures
from django.db.backends.postgresql.operations import DatabaseOperations as Plain


class DatabaseOperations(Plain):
    """The guard's compilers instead of Django's."""

    compiler_module = "entente.records.compiler"


class DatabaseFeatures(PlainFeatures):
    """What PostgreSQL can do behind the guard."""

    # a guarded table is a subselect, and its other columns do not hang on a primary key there
    allows_group_by_selected_pks = False


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose every statement passes the guard."""

    ops_class = DatabaseOperations
    features_class = DatabaseFeatures
