"""What the search day's services refuse, and why a thing was met: the forms that pages know again."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

FORMS = (
    # the list and what was found
    _("an element needs a name; write what to look for"),
    _("an element shows a crop of this case, never a whole file; cut one on its page"),
    _("that crop shows the whole picture; cut the thing alone on its page"),
    _("that clue was withdrawn; choose one that stands"),
    _("the second at which it is seen counts from the beginning of the video"),
    _("what a search brings is of origin search (photographs) or seized (files)"),
    _("there is no file below that folder; choose the folder that holds them"),
    _("a checklist needs at least one element to look for"),
    _("the pages could not be set: {why_text}"),
    # exhibits and who held them
    _("an exhibit needs its number and a description"),
    _("the agency already has an exhibit {number_text}; choose another number"),
    _("the moment of the seizure has not come yet; write it in UTC"),
    _("an exhibit's items are files of its own case, never crops"),
    _("a handover needs both places and its reason"),
    _("a handover is signed by two; name the officer who receives it"),
    _("the last handover still waits for its receiver; it is signed for or taken back"),
    _("a handover is {outcomes_text}, nothing else"),
    _("only the officer who gave it takes it back"),
    _("only the officer named as its receiver signs for it"),
    _("it cannot be received before it was handed over; see the moment of the handover"),
    _("this handover was signed already; a correction may stand beside it"),
    _("write what the record should have said"),
    _("a correction is of one record of this exhibit; choose it in the chain"),
    _("{who_text} cannot sign for it: {why_word}; let them into the case first"),
    _("that moment has not come yet; write it in UTC"),
    _(
        "the chain has a record of {moment_text} UTC already, and it only grows; "
        "if that one is wrong, correct it beside it"
    ),
    _("a seal is {states_text}"),
    # originals for a court
    _("a bundle for a court is made for the purpose of prosecution, which is not yours"),
    _("the originals are at this agency already; name the court's"),
    _("no original of that choice may go to this court; ask the originators to release it"),
    _("{asked} originals were asked for, {now} may go now, you confirm {count}; ask for it again"),
    _("a second officer of the agency that asked confirms it"),
    _("an export of originals takes two people; another officer confirms it"),
    _("this request is {state_word}; ask for it again"),
    _("this request is {state_word}; it is written once, by the lead who asked"),
    _("what may go has changed since it was confirmed; ask for it again"),
    _(
        "the originals are more than {most} MiB; `entente export` writes up to 4 GiB, "
        "more goes in a bundle for each exhibit"
    ),
    _("the bundle could not be written: {why_word}"),
    _("the originals are more than 4 GiB together; make a bundle for each exhibit"),
    _("{part_text} changed while the bundle was written; see `entente fsck`"),
    _("asked"),
    _("written"),
    _("expired"),
    # why an element was met
    _("Same SHA-256 as item {item}, in which the element is seen"),
    _("PDQ distance {distance} of 256 to {what_word}"),
    _("the item in which the element is seen, {item}"),
    _("its crop {item}"),
    _("the video in which the element is seen, {item}, at {t} s"),
    _("{what_word} after turning it a quarter clockwise"),
    _("{what_word} after turning it upside down by half a turn"),
    _("{what_word} after turning it a quarter anticlockwise"),
    _("{what_word} after mirroring top to bottom"),
    _("{what_word} after mirroring left to right"),
    _("{what_word} after mirroring along the falling diagonal"),
    _("{what_word} after mirroring along the rising diagonal"),
    _("Written by a device of the same serial number"),
    _("Written by a device of the same serial number, and {n} files more"),
    _(
        "{agree} of {matched} matched details of the crop lie on one plane in this picture; "
        "a likeness, to be checked by eye"
    ),
    _("at {t} s of the video"),
)
