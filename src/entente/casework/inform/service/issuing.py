"""How an issued product is set on pages from its facts, and made again byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from entente.casework.intake.service import evidence_store
from entente.evidence import tools
from entente.formats import product as product_format
from entente.records.derivation import Made
from entente.records.models import CaseBound, Media, Product


class ProductChanged(RuntimeError):
    """A product no longer gives the bytes that were issued: evidence, program or record was changed."""


def set_from(
    row: Product, thing: CaseBound, what: str, crops: Sequence[str], document: Mapping[str, Any], pdf: bytes
) -> Made:
    """Return how a product's pages were set from a document and crops (SHA-256), to be recorded."""
    return Made(
        what=what,
        sources=[row, thing],
        inputs=crops,
        tool=product_format.TOOL,
        version=tools.versions(**product_format.VERSIONS),
        parameters={"document": tools.output_of(tools.canonical(document)), "language": row.language},
        output=tools.output_of(pdf),
        media=Media.objects.filter(case=row.case_id, sha256__in=crops).first(),
        thing=thing.pk,
    )


def bytes_of(crops: dict[str, str]) -> dict[str, bytes]:
    """Return the bytes of the crops of a product; raise ``ProductChanged`` where one is gone or damaged."""
    store = evidence_store()
    try:
        found = {}
        for ref, key in crops.items():
            with store.open(key) as stream:
                found[ref] = stream.read()
        return found
    except OSError as fault:
        raise ProductChanged("a crop of the product is no longer in the evidence store") from fault


def regenerate(product: Product) -> bytes:
    """Make the PDF of an issued product again; raise ``ProductChanged`` unless it is the issued bytes."""
    document, crops = product.facts["document"], product.crops
    return made_again(document, crops, product.language, product.sha256, f"product {product.number}")


def set_on_pages(document: Mapping[str, Any], crops: dict[str, str], language: str) -> tuple[bytes, str]:
    """Return the PDF of a document and its SHA-256; ``crops`` are keys in the evidence store."""
    pdf = product_format.write(document, bytes_of(crops), language=language)
    return pdf, hashlib.sha256(pdf).hexdigest()


def preview(product: Product) -> bytes:
    """Set a draft on pages, each of which says that it is one, for those who review it."""
    pages = {**product.facts["document"], "draft": True}
    return set_on_pages(pages, product.crops, product.language)[0]


def made_again(
    document: Mapping[str, Any], crops: dict[str, str], language: str, sha256: str, what: str
) -> bytes:
    """Set a document on pages again; raise ``ProductChanged`` unless it gives the bytes it gave once."""
    pdf, gives = set_on_pages(document, crops, language)
    if gives != sha256:
        raise ProductChanged(
            f"{what} no longer gives the bytes that were issued; compare the crops in the "
            "evidence store (entente fsck) and the program's version with those of its day"
        )
    return pdf
