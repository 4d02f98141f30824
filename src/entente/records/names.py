"""What a page calls the values that rows hold: one translatable name for each word of the vocabulary."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Promise] = {
    # parts in a case
    "lead": _("lead"),
    "member": _("member"),
    "reader": _("reader"),
    # kinds of clues
    "gps": _("GPS position"),
    "text": _("written text"),
    "language": _("written language"),
    "speech": _("spoken language"),
    "mains_hz": _("mains frequency"),
    "socket": _("socket"),
    "driving_side": _("driving side"),
    "currency": _("currency"),
    "phone_number": _("phone number"),
    "barcode": _("barcode"),
    "utc_offset": _("offset from UTC"),
    "posting_hours": _("posting hours"),
    "sun_elevation": _("height of the sun"),
    "toponym": _("place name"),
    "region": _("region"),
    "country": _("country"),
    "relief": _("relief"),
    "ip_country": _("country of an IP address"),
    "plate": _("number plate"),
    "holiday": _("holiday"),
    "sites": _("series of places"),
    "picture_model": _("picture model"),
    "object": _("object"),
    "device": _("device"),
    "time": _("time"),
    # groups of clues
    "objects": _("objects"),
    "person": _("person"),
    "scene": _("scene"),
    "analyst": _("analyst"),
    "partner": _("partner"),
    "open_source": _("open source"),
    # where an item came from
    "found": _("found"),
    "open source": _("open source"),
    "seized": _("seized"),
    "search": _("search"),
    "crop": _("crop"),
    # kinds of links
    "same file": _("same file"),
    "near picture": _("near picture"),
    "near frame": _("near frame"),
    "same device": _("same device"),
    "name run": _("run of names"),
    "same object": _("same object or scene"),
    "same camera": _("same camera"),
    "by hand": _("said by a person"),
    # what a partner answers
    "answer": _("answer"),
    "partial": _("partial answer"),
    "ours": _("ours"),
    "not ours": _("not ours"),
    "cannot say": _("cannot say"),
    "seen it": _("seen it, ask us"),
    # how urgent a question is
    "urgent": _("Urgent"),
    "child at risk": _("Child at risk"),
    # purposes
    "victim-identification": _("Victim identification"),
    "safeguarding": _("Safeguarding"),
    "prosecution": _("Prosecution"),
    "data-protection-audit": _("Data protection audit"),
    "training-on-synthetic": _("Training on synthetic material"),
    # what the worker does
    "intake.receive": _("Receiving files"),
    "match.check": _("Comparing items"),
    "match.scenes": _("Looking for parts of held pictures"),
    "match.backwards": _("Matching with everything held, in records of the list"),
    "lists.purge": _("Taking the records away"),
    "link.propose": _("Looking for links"),
    "link.scenes": _("Comparing what is seen"),
    "link.cameras": _("Comparing items with cameras"),
    "link.find": _("Looking for the object"),
    "examine.suggest": _("Looking for clues"),
    "seize.compare": _("Comparing elements with what was found"),
    "trends.count": _("Counting re-shares"),
    # what can be cross-checked
    "hash": _("hash"),
    "device serial": _("device serial"),
    "screen name": _("screen name"),
    "e-mail": _("e-mail"),
    "phone": _("phone"),
    # what a candidate place does with a clue
    "explains": _("explains"),
    "fails": _("fails to explain"),
    # states of a decision
    "proposed": _("proposed"),
    "confirmed": _("confirmed"),
    "withdrawn": _("withdrawn"),
    "accepted": _("accepted"),
    "refused": _("refused"),
    "sent": _("sent"),
    "answered": _("answered"),
    # what was derived
    "hashes": _("hashes"),
    "clues": _("clues"),
    "product": _("product"),
    "product for a recipient": _("product for a recipient"),
    "copy for a request": _("copy for a request"),
    "shown to a recipient": _("shown to a recipient"),
    "sensor pattern": _("sensor pattern"),
    "scene features": _("scene features"),
    "scene points": _("scene points"),
    "copy for an appeal": _("copy for an appeal"),
    # how a seal was found
    "intact": _("intact"),
    "broken": _("broken"),
    "renewed": _("renewed"),
    "none": _("none"),
    # verbs of the log
    "collect": _("collect"),
    "alter": _("alter"),
    "consult": _("consult"),
    "disclose": _("disclose"),
    "combine": _("combine"),
    "erase": _("erase"),
    "denied": _("denied"),
    "admin": _("administration"),
}

# the log's verbs: the six of Directive (EU) 2016/680 art. 25, and two of our own
VERBS = ("collect", "alter", "consult", "disclose", "combine", "erase", "denied", "admin")


def named(value: object) -> Promise | str:
    """Return the name of ``value`` in the reader's language; a word without one speaks for itself."""
    return NAMES.get(str(value), str(value))
