"""``{{ value|named }}``: a word of the vocabulary in the reader's language."""

from django import template

from entente.records.names import named

register = template.Library()
register.filter("named", named)
