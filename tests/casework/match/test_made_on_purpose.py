"""Two files of one MD5 can be made on purpose: a list of the harmless that knows only that hides nothing."""

from __future__ import annotations

import pytest

from entente.records import guard
from entente.records.models import Match, Media
from tests.casework.match.test_service import checked, pictures, take_in, taken, written

__all__ = ["pictures"]


@pytest.mark.parametrize(("harmless", "known", "says"), [(True, "new", 0), (False, "exact", 1)])
def test_an_md5_whose_sha256_is_another_hides_nothing_and_is_said(
    circle, case, pictures, tmp_path, harmless, known, says
):
    for path in sorted(pictures.iterdir())[1:]:
        path.unlink()
    taken(circle, case, pictures)
    with guard.system("test"):
        item = Media.objects.get(case=case)
    listed = written(tmp_path / "l.csv", [f"{item.md5},{'5a' * 32},1"], head="md5,sha256,category")
    take_in(circle, listed, harmless=harmless)
    checked(circle, case)
    with guard.system("test"):
        assert Media.objects.get(case=case).known == known
        matches = Match.objects.filter(case=case)
        assert matches.count() == says
        assert all("but another SHA-256" in match.because for match in matches)
