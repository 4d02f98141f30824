"""Django's sqlite3 backend, with compilers that ask the law."""

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations as Plain


class DatabaseOperations(Plain):
    """The guard's compilers instead of Django's."""

    compiler_module = "entente.records.compiler"


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose every statement passes the guard."""

    ops_class = DatabaseOperations
