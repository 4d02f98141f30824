"""Stamps of an outside authority: a local one made with OpenSSL answers, and its tokens are checked."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from entente.records import checkpoint, clock, guard, keeper, log, stamp
from entente.records.models import Checkpoint, LogAlarm, LogStamp

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/leaf.pem
signer_key = {folder}/leaf.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
"""


def openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)


class Authority:
    """A time-stamping authority in a folder: a root, a leaf that may stamp, and ``openssl ts``."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self.folder, self.config = folder, folder / "config"
        self.config.write_text(CONFIG.format(folder=folder, name=name))
        (folder / "serial").write_text("01\n")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", self.config)
        root = ("-keyout", folder / "root.key", "-out", folder / "root.pem")
        openssl("req", "-x509", *curve, *root, "-extensions", "root", "-days", "30")
        leaf = ("-keyout", folder / "leaf.key", "-out", folder / "leaf.csr", "-subj", f"/CN={name} leaf")
        openssl("req", *curve, *leaf)
        signed = ("-CA", folder / "root.pem", "-CAkey", folder / "root.key", "-set_serial", "7")
        extended = ("-extfile", self.config, "-extensions", "leaf", "-days", "30")
        openssl("x509", "-req", "-in", folder / "leaf.csr", *signed, *extended, "-out", folder / "leaf.pem")
        self.asked: list[bytes] = []

    def __call__(self, asked: bytes) -> bytes:
        self.asked.append(asked)
        (self.folder / "asked").write_bytes(asked)
        answer = self.folder / "answer"
        openssl(
            *("ts", "-reply", "-config", self.config, "-section", "here"),
            *("-queryfile", self.folder / "asked", "-out", answer),
        )
        return answer.read_bytes()


@pytest.fixture
def authority(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no local authority can stamp")
    return Authority(tmp_path / "authority", "Authority")


@pytest.fixture
def pinned(authority, case):
    shutil.copy(authority.folder / "root.pem", settings.KEY_FOLDER / stamp.CERTIFICATE)
    return authority


def test_a_head_is_stamped_and_the_stamp_is_checked_without_the_authority(pinned):
    head = checkpoint.make()
    row = stamp.make(head, pinned)
    assert abs(row.at - clock.now()) < timedelta(minutes=1)
    shutil.rmtree(pinned.folder)
    assert stamp.check(row.token, head.note) == row.at
    assert log.verify().faults == ()
    assert head.root.encode() not in pinned.asked[0], "the authority sees a hash of the head and no more"


def test_a_changed_root_is_refused_and_so_is_a_changed_token(pinned):
    row = stamp.make(checkpoint.make(), pinned)
    note = row.checkpoint.note
    root = note.split("\n")[2]
    changed = note.replace(root, ("B" if root[0] == "A" else "A") + root[1:], 1)
    with pytest.raises(stamp.NotStamped, match="does not hold"):
        stamp.check(row.token, changed)
    token = bytearray(row.token)
    token[-10] ^= 1
    LogStamp.objects.update(token=bytes(token))
    assert any("the stamp does not hold" in f for f in log.verify().faults)


def test_a_token_of_another_authority_or_for_another_question_is_not_kept(pinned, tmp_path):
    head = checkpoint.make()
    with pytest.raises(stamp.NotStamped, match="does not hold"):
        stamp.make(head, Authority(tmp_path / "other", "Other"))
    first = stamp.make(head, pinned).token
    with pytest.raises(stamp.NotStamped, match="does not hold"):  # an old answer: its nonce is not ours
        stamp.make(head, lambda _: bytes(first))
    with pytest.raises(stamp.NotStamped):
        stamp.make(head, lambda _: b"no token")
    assert LogStamp.objects.count() == 1


def test_without_a_pinned_certificate_nothing_is_taken(authority, case):
    with pytest.raises(stamp.NotStamped, match=r"tsa\.pem"):
        stamp.make(checkpoint.make(), authority)
    assert not LogStamp.objects.exists()


def test_the_worker_stamps_once_a_day_and_asks_nobody_where_none_is_configured(pinned, monkeypatch, settings):
    monkeypatch.setattr(stamp, "_over_http", pinned)
    keeper.tend()
    assert Checkpoint.objects.count() == 1 and not LogStamp.objects.exists() and not pinned.asked
    settings.TSA_URL = "https://tsa.example"
    for _ in range(2):
        keeper.tend()
    assert LogStamp.objects.count() == 1
    with clock.at(clock.now() + stamp.DAILY + timedelta(minutes=1)), guard.system("a day later"):
        assert stamp.due()


def test_an_authority_that_fails_is_an_alarm_and_the_log_goes_on(pinned, monkeypatch, settings):
    def gone(asked):
        raise OSError("no route")

    monkeypatch.setattr(stamp, "_over_http", gone)
    settings.TSA_URL = "https://tsa.example"
    for _ in range(2):
        keeper.tend()
    assert "no route" in LogAlarm.objects.get().says
    assert log.verify().faults == ()
