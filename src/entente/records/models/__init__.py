"""The nouns that are remembered, a file each."""

from entente.records.models.account_change import AccountChange
from entente.records.models.agency import Account, Agency, LoginLink
from entente.records.models.appeal import Appeal, TipFile
from entente.records.models.brought import Brought, BroughtPart
from entente.records.models.camera import Camera, CameraFinding
from entente.records.models.candidate import CandidateClue, CandidatePlace, Capture
from entente.records.models.case import Case, Change, Membership, Milestone
from entente.records.models.checkpoint import Checkpoint, Cosignature, LogAlarm, LogStamp, PartnerLog
from entente.records.models.clue import Clue, Estimate, HomeProposal, Note, Observation, Priority
from entente.records.models.custody import (
    Correction,
    CourtExport,
    Derivation,
    Exhibit,
    ExhibitItem,
    Receipt,
    Seal,
    Transfer,
)
from entente.records.models.emergency import Emergency
from entente.records.models.feed import Feed, Hours, HoursConsent
from entente.records.models.handled import CaseBound, Guarded, Originator, Release, carried_from
from entente.records.models.hash_list import (
    Compared,
    HashList,
    ListedHash,
    ListRefusal,
    ListVersion,
    Match,
    Quarantine,
)
from entente.records.models.job import Job
from entente.records.models.log_entry import LogEntry, LogHead, LogNode, LogOpening
from entente.records.models.machine_token import MachineToken
from entente.records.models.media import Frame, Media, Occurrence, Viewing
from entente.records.models.notice import Notice
from entente.records.models.online import AccountLine, OnlineAccount, PostingFile
from entente.records.models.opinion import Opinion, Vote
from entente.records.models.outcome import Feedback, Outcome, Reshare
from entente.records.models.package import Package, PartnerCase, PartnerThing, PrivateCheck, SentThing
from entente.records.models.partner import LegalBasis, PartnerKey
from entente.records.models.points import ScenePoints
from entente.records.models.product import Delivery, Disclosure, FollowUp, Product, Remark
from entente.records.models.request import Answer, Check, CheckHit, Dispatch, Lead, Request
from entente.records.models.retention import KeepReview, Restriction, Retention, Tombstone
from entente.records.models.review import Review
from entente.records.models.scene import SceneFeatures
from entente.records.models.search import Element, ElementMatch, SearchSheet, SheetTick
from entente.records.models.series import Link, Series, SeriesItem
from entente.records.models.session import Session, Spent
from entente.records.models.shelter import Consent, Rest, Shelter, Spared, TotalsRead
from entente.records.models.specialist import Specialist
from entente.records.models.stub import Stub
from entente.records.models.suspect import (
    Investigation,
    Pause,
    PauseOfTwo,
    Suspect,
    SuspectIdentifier,
)
from entente.records.models.task_force import ForceDataset, Seat, TaskForce
from entente.records.models.trail import TrailStep
from entente.records.models.vocabulary import VocabularyVersion

__all__ = [
    "Account",
    "AccountChange",
    "AccountLine",
    "Agency",
    "Answer",
    "Appeal",
    "Brought",
    "BroughtPart",
    "Camera",
    "CameraFinding",
    "CandidateClue",
    "CandidatePlace",
    "Capture",
    "Case",
    "CaseBound",
    "Change",
    "Check",
    "CheckHit",
    "Checkpoint",
    "Clue",
    "Compared",
    "Consent",
    "Correction",
    "Cosignature",
    "CourtExport",
    "Delivery",
    "Derivation",
    "Disclosure",
    "Dispatch",
    "Element",
    "ElementMatch",
    "Emergency",
    "Estimate",
    "Exhibit",
    "ExhibitItem",
    "Feed",
    "Feedback",
    "FollowUp",
    "ForceDataset",
    "Frame",
    "Guarded",
    "HashList",
    "HomeProposal",
    "Hours",
    "HoursConsent",
    "Investigation",
    "Job",
    "KeepReview",
    "Lead",
    "LegalBasis",
    "Link",
    "ListRefusal",
    "ListVersion",
    "ListedHash",
    "LogAlarm",
    "LogEntry",
    "LogHead",
    "LogNode",
    "LogOpening",
    "LogStamp",
    "LoginLink",
    "MachineToken",
    "Match",
    "Media",
    "Membership",
    "Milestone",
    "Note",
    "Notice",
    "Observation",
    "Occurrence",
    "OnlineAccount",
    "Opinion",
    "Originator",
    "Outcome",
    "Package",
    "PartnerCase",
    "PartnerKey",
    "PartnerLog",
    "PartnerThing",
    "Pause",
    "PauseOfTwo",
    "PostingFile",
    "Priority",
    "PrivateCheck",
    "Product",
    "Quarantine",
    "Receipt",
    "Release",
    "Remark",
    "Request",
    "Reshare",
    "Rest",
    "Restriction",
    "Retention",
    "Review",
    "SceneFeatures",
    "ScenePoints",
    "Seal",
    "SearchSheet",
    "Seat",
    "SentThing",
    "Series",
    "SeriesItem",
    "Session",
    "SheetTick",
    "Shelter",
    "Spared",
    "Specialist",
    "Spent",
    "Stub",
    "Suspect",
    "SuspectIdentifier",
    "TaskForce",
    "TipFile",
    "Tombstone",
    "TotalsRead",
    "TrailStep",
    "Transfer",
    "Viewing",
    "VocabularyVersion",
    "Vote",
    "carried_from",
]
