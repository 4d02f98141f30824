"""``{{ value|named }}``, ``{{ text|said }}``: a word, and a service's sentence, in the reader's language."""

from django import template

from entente.records.names import named
from entente.records.sentences import said

register = template.Library()
register.filter("named", named)
register.filter("said", said)
