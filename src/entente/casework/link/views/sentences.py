"""What the services of series refuse, and why items belong together: the forms that pages know again."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext_noop as _

from entente.casework.link.scale import in_force


def of_scale(word: str) -> str | None:
    """Return a word of the scale in force in the reader's language."""
    words = in_force().words
    there = words.get((get_language() or "en")[:2], words["en"])
    return dict(zip(words["en"], there, strict=True)).get(word)


FORMS = (
    # decisions
    _("a series belongs to a case; open the case first"),
    _("no link was chosen; choose at least one"),
    _(
        "others see {first_text} and {second_text}, and this link is withheld from them; merge the two "
        "by hand if others may know that they belong together"
    ),
    _("this link was {state_word} already; undo that decision first"),
    _("both are in {series_text}; take one of them out first"),
    _("say why in at most {most} characters"),
    _("choose two different items of this case"),
    _("your agency has said its word on these two already; undo that first"),
    _("an originator of one of these items must first let your agency have it; ask it"),
    _("no item was chosen; choose at least one"),
    _("choose two different series of one case"),
    _("choose some of the series' items, not none and not all"),
    _("an item moves only within its case; choose a series of this case"),
    _("the item is in no series; there is nothing to take it out of"),
    _("this was undone already; reload the page to see how things stand"),
    _("somebody has worked on the same items since; undo the later change first, or correct it by hand"),
    # a thing looked for
    _("a region lies inside the picture: x, y, w, h as fractions of it"),
    _("mark a box around the thing first; what lies inside it is looked for"),
    _("this item could not be opened, so nothing in it can be looked for"),
    _("read the restriction in words (H3) on the item's page first"),
    _("say at which second of the video the box lies"),
    _("the item is no more in sight; look for the thing from another item that shows it"),
    _("nothing in this box can be found again: draw it larger, or around something with a pattern"),
    # cameras
    _("{text_text} is no item number; write them as 1-12, 15"),
    _("{text_text} is no run of at most {most} items"),
    _("at most {most} reference pictures; ten to thirty are enough"),
    _("a camera needs at least {least} of its pictures, better ten; {n} were found"),
    _("the reference pictures are of one size and turned alike; leave out the others"),
    _("{items_text}: {why_word}, so no camera can be learned from it; leave it out"),
    _("zoomed"),
    _("a case holds at most {most} cameras; take one away first"),
    _("{n} of its pictures can be read, {least} are needed"),
    # why two items belong together
    _("Same file: equal {digest}"),
    _("Same picture: equal PDQ"),
    _("Near picture: PDQ distance {distance} of 256"),
    _("Near picture: PDQ distance {distance} of 256 ({turn_word})"),
    _("rotate-90"),
    _("rotate-180"),
    _("rotate-270"),
    _("mirror-x"),
    _("mirror-y"),
    _("transpose"),
    _("antitranspose"),
    _("{n} frames near, the nearest at {t} s of {item} with PDQ distance {distance} of 256"),
    _("Same device: {device_text}, serial {serial_text}"),
    _("{a} and {b} lie in one folder and are numbered as one camera would"),
    _("{a} and {b} lie in one folder and their names are one numbering"),
    _("{n} points lie in both as on one flat thing, over {one_text} of one and {other_text} of the other"),
    _(
        "{n} points lie in both as in one place seen from two sides, over {one_text} of one "
        "and {other_text} of the other"
    ),
    _("{reason_word}, at second {t} of {item}"),
    _("found by the site's own matcher {matcher_word}"),
    _("{matcher_text}, by its site's measure wrong in {false} of {links} links"),
    _("{matcher_text} with {second_text}, by its site's measure wrong in {false} of {links} links"),
    _("{matcher_text}, by mutual neighbours without {second_text}: not measured so"),
    _(
        "Same camera: the noise of {item} against that of {n} pictures from {first} on: z {z} over "
        "{millions} million pixels, {state_word}; supports {strength_word} that one sensor took them, "
        "against another sensor"
    ),
    _("re-saved"),
    _("resized"),
    _("about neutrally"),
    _("set aside"),
    # what ties too much
    _("one folder, one pattern of names: too many files to mean a series"),
    _("{item} shares frames with {n} items that have nothing else in common"),
    _("{item} shares its parts with {n} pictures in {groups} groups that share nothing else: a compilation?"),
    _(
        "one small part of {item} is in {n} pictures in {groups} groups that share nothing else: "
        "a logo, a banner, a common print?"
    ),
    # the site's own matcher
    _(
        "the site's matcher {name_text} fails on a drawn picture: {why_word}; mend its file, kind or size "
        "in the setting, or take ENTENTE_MATCHER away"
    ),
    _(
        "the site's matcher {name_text} fails on a drawn picture: {why_word}; mend its file in the setting, "
        "or take the table [matching] away"
    ),
    _("the site's matcher {name_text}: {why_word}"),
    _(
        "{file_text} is not the file that was vetted: its SHA-256 is {found}, the setting says {said}; "
        "bring back the vetted file, or vet this one and change the setting"
    ),
    _("it finds no point in sixty rectangles"),
    _("of {points} points it pairs {n} with those of the same picture"),
    _("OpenCV cannot open it as {kind}: {why_text}"),
    _("it does not answer as {kind} does: {why_text}"),
    _("it answers otherwise than LightGlue does: {shapes_text}"),
    _("its points, descriptions and scores do not fit each other: {shapes_text}"),
    _("{n} points have descriptions of the shape {shape_text}, not {look} floats each"),
    _("it gives a score that is no number (NaN or infinite)"),
    _("it gives a number that is none (NaN or infinite)"),
    _("it gives points outside the picture; is the size in the setting its own?"),
    _("it gives points that look like nothing"),
    _("it pairs points that are not there"),
    _("it pairs one point with two"),
    _("the decoder gave an answer without sense"),
    # several, one after the other
    _("{one_word}; {other_word}"),
    _("{n} proposed"),
    _("looking for points"),
)
