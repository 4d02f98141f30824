"""Pages of the intelligence product: in the case for those who write it, outside for those who get it."""

from __future__ import annotations

from django.urls import path

from entente.casework.inform.views import product, receiving, writing

urlpatterns = [
    path("", writing.page, name="page"),
    path("draft/", writing.draft_now, name="draft"),
    path("products/<uuid:product_id>/", product.trace, name="trace"),
    path("products/<uuid:product_id>/edit/", writing.edit, name="edit"),
    path("products/<uuid:product_id>/review/", product.review, name="review"),
    path("products/<uuid:product_id>/pdf/", product.pdf, name="pdf"),
    path("products/<uuid:product_id>/facts/", product.facts, name="facts"),
    path("products/<uuid:product_id>/leave/", product.leave, name="leave"),
]

received_urlpatterns = [
    path("", receiving.products, name="products"),
    path("<uuid:delivery_id>/", receiving.delivery, name="delivery"),
]
