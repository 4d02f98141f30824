"""The nouns that are remembered, a file each."""

from entente.records.models.account_change import AccountChange
from entente.records.models.agency import Account, Agency, LoginLink
from entente.records.models.case import Case, Change, Membership, Milestone
from entente.records.models.clue import Clue, Estimate, HomeProposal, Note, Priority
from entente.records.models.handled import CaseBound, Guarded, Originator, Release, carried_from
from entente.records.models.hash_list import HashList, ListedHash, ListRefusal, Match
from entente.records.models.job import Job
from entente.records.models.log_entry import LogEntry, LogHead
from entente.records.models.media import Frame, Media, Occurrence, Viewing
from entente.records.models.outcome import Feedback, Outcome, Reshare
from entente.records.models.product import Disclosure, Product
from entente.records.models.request import Answer, Check, CheckHit, Dispatch, Lead, Request
from entente.records.models.search import Element, ElementMatch, Exhibit
from entente.records.models.series import Link, Series, SeriesItem
from entente.records.models.session import Session, Spent

__all__ = [
    "Account",
    "AccountChange",
    "Agency",
    "Answer",
    "Case",
    "CaseBound",
    "Change",
    "Check",
    "CheckHit",
    "Clue",
    "Disclosure",
    "Dispatch",
    "Element",
    "ElementMatch",
    "Estimate",
    "Exhibit",
    "Feedback",
    "Frame",
    "Guarded",
    "HashList",
    "HomeProposal",
    "Job",
    "Lead",
    "Link",
    "ListRefusal",
    "ListedHash",
    "LogEntry",
    "LogHead",
    "LoginLink",
    "Match",
    "Media",
    "Membership",
    "Milestone",
    "Note",
    "Occurrence",
    "Originator",
    "Outcome",
    "Priority",
    "Product",
    "Release",
    "Request",
    "Reshare",
    "Series",
    "SeriesItem",
    "Session",
    "Spent",
    "Viewing",
    "carried_from",
]
