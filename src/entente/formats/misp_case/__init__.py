"""A case as one MISP event: an object for each part, nothing of it correlated, shared no wider than marked.

Ids are drawn for every writing: two events of one case cannot be joined by them. Correlation is off and
``to_ids`` is false on every attribute, hashes included: a hash of a picture of a child is personal data.
"""

from entente.formats.misp_case.reading import read_case
from entente.formats.misp_case.terms import FILE, LOSSES
from entente.formats.misp_case.writing import distribution_of, write_case

__all__ = ["FILE", "LOSSES", "distribution_of", "read_case", "write_case"]
