"""A case as STIX 2.1: a grouping of files and notes, each under TLP 2.0 and our own marking.

Ids are the package's, made for one recipient; a file's id is not computed from its content, because everybody
who meets the file could then compute it too. What STIX has no term for (PDQ, handling codes, clues, custody)
stands in one property extension, whose definition goes along.
"""

from entente.formats.stix_case.reading import read_case
from entente.formats.stix_case.terms import LOSSES, OURS, TLP, TLP_IDS, Object
from entente.formats.stix_case.writing import objects_of, write_case

__all__ = ["LOSSES", "OURS", "TLP", "TLP_IDS", "Object", "objects_of", "read_case", "write_case"]
