"""What changed is said from the two versions alone."""

from entente.casework.inform.changes import between


def document(*told, codes="H0", region=None):
    statements = [{"text": text, "type": kind, "evaluation": grade} for text, kind, grade in told]
    return {
        "statements": statements,
        "handling": {"codes": codes, "audience": "TLP:AMBER", "text": ""},
        "region": region,
    }


def test_what_went_what_came_and_what_is_graded_otherwise():
    was = document(("A.", "fact", "A1"), ("B.", "fact", "A1"))
    now = document(("B.", "assessment", "B2"), ("C.", "fact", "X4"), codes="H0 H1")
    assert between(was, now, "en") == [
        "No longer said: “A.”",
        "Newly said: “C.”",
        "Another type or evaluation (fact A1 → assessment B2): “B.”",
        "The handling is H0 H1 TLP:AMBER now; it was H0 TLP:AMBER.",
    ]


def test_a_region_computed_anew_is_said_and_nothing_changed_is_too():
    one = document(("A.", "fact", "A1"), region={"countries": [1], "regions": []})
    assert between(document(("A.", "fact", "A1")), one, "it") == [
        "Dove portano gli indizi è stato ricalcolato."
    ]
    assert between(one, one, "fr") == ["Les énoncés restent tels quels ; ce qui les fonde a changé."]
