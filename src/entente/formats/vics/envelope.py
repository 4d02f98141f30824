"""What a VICS file says of itself: the line of its context, read and written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from entente.formats import ListRefused, ReadOptions

VERSIONS = ("1.1", "1.2", "1.3", "2.0")
PROFILES = ("US", "UK", "Default", "CUSTOM")
_CONTEXT = re.compile(r"DataModels/([\w.]+?)\.xml(?:/([^/#$]+))?(?:/\$metadata)?#(Cases|Media)\b")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a file says of itself: model version, whose categories, and whether it holds cases."""

    version: str
    profile: str
    holds: str  # Cases or Media


def envelope_of(context: str, options: ReadOptions) -> Envelope:
    """Return what the context line says, completed by what the user says; refuse to guess."""
    found = _CONTEXT.search(context)
    if not found:
        raise ListRefused("not-vics", f"this is no VICS file: its context reads {context[:120]!r}")
    version, profile, holds = found[1], found[2] or "", found[3]
    if version not in VERSIONS:
        raise ListRefused("version", f"VICS {version} is not known here; known are {', '.join(VERSIONS)}")
    if profile and options.profile and profile != options.profile and profile not in ("Default", "CUSTOM"):
        raise ListRefused("profile", f"the file's profile is {profile}, not {options.profile}; name that one")
    named = options.profile or profile
    if not named or (not options.profile and profile not in PROFILES):
        raise ListRefused(
            "profile",
            f"whose categories these are is not known (profile {profile or 'not stated'}): the same number "
            "means opposite things in two schemes; name the profile, such as US or UK",
        )
    return Envelope(version, named, holds)


def context_of(to: Envelope) -> dict[str, str]:
    """Return the line that says what a file is; the older models name no profile in it."""
    if to.version == "2.0":
        where = f"VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{to.profile}/$metadata#{to.holds}"
        return {"@odata.context": f"http://github.com/{where}"}
    where = f"ICMEC/ProjectVic/DataModels/{to.version}.xml#{to.holds}"
    return {"odata.metadata": f"http://github.com/{where}"}
