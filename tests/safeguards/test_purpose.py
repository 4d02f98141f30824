"""The closed list of what each purpose allows."""

from entente.safeguards.purpose import ALLOWED, Act, allows
from entente.vocabulary.handling import Purpose


def test_every_purpose_has_its_list():
    assert set(ALLOWED) == set(Purpose)


def test_an_unknown_purpose_allows_nothing():
    assert not any(allows("curiosity", act) for act in Act)


def test_an_audit_reads_the_log_and_reveals_nothing():
    assert not allows(Purpose.DATA_PROTECTION_AUDIT, Act.REVEAL)
    assert [p for p in Purpose if allows(p, Act.AUDIT)] == [Purpose.DATA_PROTECTION_AUDIT]


def test_nothing_is_changed_for_a_court_and_nothing_leaves_in_training():
    assert not any(allows(Purpose.PROSECUTION, a) for a in (Act.ALTER, Act.MERGE, Act.ERASE))
    assert not any(allows(Purpose.TRAINING, a) for a in (Act.DISCLOSE, Act.EXPORT, Act.REVEAL, Act.GRANT))
