"""A case as CASE/UCO 1.5: investigation, observables, exhibits, a chain of actions, annotations, markings.

Written node by node. Read back from any graph that has one investigation: facets and hashes may stand inside
their observable or be referred to. What UCO has no term for stands in our own names (``ent:``), which the
public validator lets through; the place of a step of custody is not written but follows from the graph.
"""

from entente.formats.caseuco_case.reading import read_case
from entente.formats.caseuco_case.terms import CONTEXT, ENT, KB, LOSSES
from entente.formats.caseuco_case.writing import write_case

__all__ = ["CONTEXT", "ENT", "KB", "LOSSES", "read_case", "write_case"]
