"""Checks a court bundle of Entente: who signed it, that nothing was changed, and that the log holds it.

    python3 verify.py BUNDLE.zip [MORE.zip ...] --key KEY

KEY is the public key of the agency's log, as text or as a file that holds it. Take it from the agency by
another way than the bundle: a forger would put a key of his own inside. Needs Python 3.9 or later and, for
the signatures, either its package ``cryptography`` or the program ``openssl``. Nothing is unpacked.

Ends with 0 where every bundle holds, 1 where one is refused (the line says what is wrong with it), 2 where
nothing could be checked.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

FORMAT, VERSION = "entente.court-bundle", 1
CONTEXT = b"entente court bundle manifest v1\n"
MANIFEST, SIGNATURE, HEAD = "manifest.json", "manifest.sig", "head.txt"
PARTS = ("absent.json", "custody.json", "derivations.json", HEAD, "items.json", "log.json", "verify.py")
NAME = re.compile(r"[a-z][a-z0-9.-]*(/[a-z0-9][a-z0-9.-]*)?")
SMALL = 256 << 20  # bytes of a part that is read whole
PIECE = 1 << 20
LOG_KEY, COSIGNER_KEY = 1, 4  # C2SP signed-note: kinds of an Ed25519 key
Key = tuple[str, bytes]  # name and 32 bytes
Line = tuple[str, bytes, bytes]  # name, key id, signature


class Wrong(Exception):
    """The bundle is refused: which part of it, and why."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part}: {why}")


class NotChecked(Exception):
    """There is nothing here that can check a signature; the text says what to do."""


# --- the container: a zip of stored parts, in one form of bytes only -------------------------------------


def local_header(name: str, crc: int, size: int) -> bytes:
    """Return what stands before a part; the time of every part is the first moment that a zip can say."""
    raw = name.encode("ascii")
    return struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0x0800, 0, 0, 33, crc, size, size, len(raw), 0) + raw


def directory(entries: list[tuple[str, int, int, int]]) -> bytes:
    """Return what stands behind the parts; ``entries`` are (name, crc, size, offset) in order."""
    lines = []
    for name, crc, size, offset in entries:
        raw = name.encode("ascii")
        fixed = (b"PK\1\2", 0x0314, 20, 0x0800, 0, 0, 33, crc, size, size, len(raw), 0, 0, 0, 0)
        lines.append(struct.pack("<4s6H3L5H2L", *fixed, 0o100644 << 16, offset) + raw)
    body = b"".join(lines)
    start = entries[-1][3] + len(local_header(*entries[-1][:3])) + entries[-1][2] if entries else 0
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(entries), len(entries), len(body), start, 0)
    return body + end


def unpacked(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return SHA-256 and size of each part, and the bytes of the small ones; refuse any other container."""
    told: dict[str, Any] = {}
    held: dict[str, bytes] = {}
    entries: list[tuple[str, int, int, int]] = []
    last = ""
    while True:
        offset = stream.tell()
        head = stream.read(30)
        if head[:4] != b"PK\3\4":
            break
        if len(head) < 30:
            raise Wrong("the zip", "it is cut off inside a header")
        crc, size, _, length, _ = struct.unpack("<3L2H", head[14:30])
        raw = stream.read(length)
        name = raw.decode("ascii", "replace")
        if not NAME.fullmatch(name):
            raise Wrong(ascii(name), "a part may not have that name")
        if head + raw != local_header(name, crc, size):
            raise Wrong(name, "its entry in the zip is not as it is written")
        if name <= last:
            raise Wrong(name, "it stands twice, or the parts are in another order")
        keep = name.rpartition(".")[2] in {"json", "sig", "txt", "py"} and "/" not in name
        digest, found, data = _read(stream, name, size, keep)
        if found != crc:
            raise Wrong(name, "its bytes were changed (checksum)")
        told[name], last = {"sha256": digest, "size": size}, name
        if keep:
            held[name] = data
        entries.append((name, crc, size, offset))
    if not entries:
        raise Wrong("the zip", "it is no court bundle")
    if head + stream.read() != directory(entries):
        raise Wrong("the zip", "its directory is not that of its parts, or something stands before or behind")
    return told, held


def _read(stream: BinaryIO, name: str, size: int, keep: bool) -> tuple[str, int, bytes]:
    if keep and size > SMALL:
        raise Wrong(name, "it is larger than such a part can be")
    digest, crc, left = hashlib.sha256(), 0, size
    pieces: list[bytes] = []
    while left:
        piece = stream.read(min(PIECE, left))
        if not piece:
            raise Wrong(name, "the zip is cut off inside it")
        digest.update(piece)
        crc, left = zlib.crc32(piece, crc), left - len(piece)
        if keep:
            pieces.append(piece)
    return digest.hexdigest(), crc, b"".join(pieces)


# --- small things ----------------------------------------------------------------------------------------


def parsed(part: str, data: bytes) -> Any:
    """Return the JSON of a part; names that stand twice, and what is no number, are refused."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({k for k, _ in pairs}) != len(pairs):
            raise ValueError("a name stands twice in one object")
        return dict(pairs)

    def no(word: str) -> Any:
        raise ValueError(f"{word} is no number")

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=no)
    except (ValueError, RecursionError) as fault:
        raise Wrong(part, f"it is not the JSON that it should be ({fault})") from None


def canonical(told: Any) -> bytes:
    """Return the one spelling of a record that is hashed."""
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of an entry (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def included(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether a path leads from a leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def grew(old_size: int, size: int, proof: list[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether a log of ``size`` entries begins with one of ``old_size`` (RFC 9162, 2.1.4.2)."""
    if old_size == size:
        return not proof and old_root == root
    if not 0 < old_size < size or not proof:
        return False
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old, new = path[0], path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old == old_root and new == root


def signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` over ``message`` is of the Ed25519 key ``public`` (RFC 8032)."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return _signed_by_openssl(public, signature, message)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed_by_openssl(public: bytes, signature: bytes, message: bytes) -> bool:
    command = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin"]
    command += ["-in", "message", "-sigfile", "signature"]
    program = shutil.which("openssl")
    if program is None:
        raise NotChecked(
            "signatures cannot be checked here: install the package `cryptography` or the program openssl "
            "(version 3). By hand: openssl " + " ".join(command)
        )
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (
            ("key.der", bytes.fromhex("302a300506032b6570032100") + public),  # RFC 8410
            ("message", message),
            ("signature", signature),
        ):
            (Path(folder) / name).write_bytes(data)
        ran = subprocess.run([program, *command], cwd=folder, capture_output=True, check=False)
    if ran.returncode not in (0, 1) or b"nknown option" in ran.stderr:
        raise NotChecked(
            "openssl cannot check Ed25519; version 3 can: " + ran.stderr.decode("utf-8", "replace")
        )
    return ran.returncode == 0


def read_key(text: str) -> Key:
    """Return name and bytes of a written key: ``name+id+base64``."""
    name, _, rest = text.strip().partition("+")
    given, _, blob = rest.partition("+")
    try:
        raw = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 33 or raw[0] != LOG_KEY or given != key_id(name, LOG_KEY, raw[1:]).hex():
        raise NotChecked("the key is not whole; it is written as name+id+key, in one line")
    return name, raw[1:]


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes by which a signature names its key (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


# --- what a bundle says ----------------------------------------------------------------------------------


def check(path: str, key: Key, witnesses: Sequence[Key] = (), at_least: int = 0) -> dict[str, Any]:
    """Check one bundle; return what it proves in a few facts, or raise ``Wrong`` with what is wrong."""
    with Path(path).open("rb") as stream:
        told, held = unpacked(stream)
    for name in (MANIFEST, SIGNATURE, *PARTS):
        if name not in held:
            raise Wrong(name, "it is missing")
    name, public = key
    if not signed(public, held[SIGNATURE], CONTEXT + held[MANIFEST]):
        raise Wrong(SIGNATURE, f"the manifest is not signed by the key of {name} that you gave")
    manifest = parsed(MANIFEST, held[MANIFEST])
    if not isinstance(manifest, dict):
        raise Wrong(MANIFEST, "it is not an object")
    if (manifest.get("format"), manifest.get("version")) != (FORMAT, VERSION):
        raise Wrong(MANIFEST, "it has a format or version that this program does not know; get the newer one")
    _all_there(manifest, told)
    root, notes = _head(held, manifest, key, witnesses, at_least)
    try:
        facts = _contents(held, told, manifest, root)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as fault:
        raise Wrong("the records", f"one is not as it is written ({type(fault).__name__}: {fault})") from None
    return {**facts, **notes}


def _all_there(manifest: dict[str, Any], told: dict[str, Any]) -> None:
    files = manifest["files"]
    for name in sorted(set(files) | set(told) - {MANIFEST, SIGNATURE}):
        if name not in told:
            raise Wrong(name, "the manifest names it, and it is missing")
        if name not in files:
            raise Wrong(name, "the manifest does not name it: it was added")
        if files[name] != told[name]:
            raise Wrong(name, "its SHA-256 or size is not that of the manifest")


def _head(
    held: dict[str, bytes], manifest: dict[str, Any], key: Key, witnesses: Sequence[Key], at_least: int
) -> tuple[tuple[int, bytes], dict[str, Any]]:
    """Check the signed head of the log and return its size and root."""
    name, public = key
    body, lines = _note(HEAD, held[HEAD])
    origin, size, root = body
    if origin != name or manifest["log"] != {"origin": origin, "size": size, "root": root.hex()}:
        raise Wrong(HEAD, "it is the head of another log, or not the one that the manifest names")
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()
    mine = [blob for who, key, blob in lines if (who, key) == (name, key_id(name, LOG_KEY, public))]
    if len(mine) != 1 or not signed(public, mine[0], text):
        raise Wrong(HEAD, f"it is not signed by the key of {name} that you gave")
    if size < at_least:
        raise Wrong(HEAD, f"it has {size} entries, and you know of {at_least}: it is older")
    seen = []
    witnessed = _witnessed(held, size, root)
    for witness, pinned in witnesses:
        said = key_id(witness, COSIGNER_KEY, pinned)
        for note_text, note_lines in ((text, lines), *witnessed):
            blobs = [b for who, key, b in note_lines if (who, key) == (witness, said) and len(b) == 72]
            if any(_cosigned(pinned, b, note_text) for b in blobs):
                seen.append(witness)
                break
        else:
            raise Wrong(HEAD, f"the witness {witness} that you gave has not signed it, nor one before it")
    return (size, root), {
        "log entries": size,
        "witnesses": ", ".join(seen) or "none was asked for (--witness)",
    }


def _cosigned(public: bytes, blob: bytes, text: bytes) -> bool:
    seconds = int.from_bytes(blob[:8], "big")
    return signed(public, blob[8:], f"cosignature/v1\ntime {seconds}\n".encode() + text)


def _witnessed(held: dict[str, bytes], size: int, root: bytes) -> list[tuple[bytes, list[Line]]]:
    """Return an earlier head that witnesses signed, where the bundle has one: the log only grew from it."""
    log = parsed("log.json", held["log.json"])
    if not log.get("witnessed"):
        return []
    (origin, old, old_root), lines = _note("log.json", log["witnessed"]["note"].encode())
    proof = [bytes.fromhex(h) for h in log["witnessed"]["proof"]]
    if not grew(old, size, proof, old_root, root):
        raise Wrong("log.json", "the log did not only grow from the head that its witnesses signed")
    return [(f"{origin}\n{old}\n{base64.b64encode(old_root).decode()}\n".encode(), lines)]


def _note(part: str, data: bytes) -> tuple[tuple[str, int, bytes], list[Line]]:
    """Return origin, size, root and signature lines of a signed head (C2SP tlog-checkpoint)."""
    try:
        body, below = data.decode("utf-8").split("\n\n")
        origin, size, root = body.split("\n")
        lines = []
        for line in below.removesuffix("\n").split("\n"):
            dash, who, blob = line.split(" ")
            raw = base64.b64decode(blob, validate=True)
            if dash != "\u2014" or base64.b64encode(raw).decode() != blob or not below.endswith("\n"):
                raise ValueError("a signature line is not in its form")
            lines.append((who, raw[:4], raw[4:]))
        raw_root = base64.b64decode(root, validate=True)
        if len(raw_root) != 32 or str(int(size)) != size:
            raise ValueError("no size and root")
    except (ValueError, binascii.Error) as fault:
        raise Wrong(part, f"it holds no signed head of a log ({fault})") from None
    return (origin, int(size), raw_root), lines


def _contents(
    held: dict[str, bytes], told: dict[str, Any], manifest: dict[str, Any], head: tuple[int, bytes]
) -> dict[str, Any]:
    part = {name: parsed(name, held[name]) for name in PARTS if name.endswith(".json")}
    case = manifest["case_id"]
    sealed = _entries(part["log.json"]["entries"], case, head)
    unsealed = set(part["log.json"]["unsealed"])
    originals = _originals(part["items.json"], told)
    records = _custody(part["custody.json"], case, sealed, unsealed, originals)
    derived = _derivations(part["derivations.json"], case, sealed, unsealed, originals, told)
    spare = {n for n in told if n.startswith(("originals/", "derived/"))} - originals.keys() - derived
    if spare:
        raise Wrong(min(spare), "no record of the bundle is about it")
    return {
        "case": manifest["case"],
        "from": manifest["from"],
        "to": manifest["to"],
        "originals": len(originals),
        "exhibits": len(part["custody.json"]["exhibits"]),
        "records of custody": records,
        "derivations": len(part["derivations.json"]),
        "absent": " ".join(part["absent.json"]) or "nothing is stated to be absent",
        "not sealed in the log": len(unsealed),
    }


def _entries(entries: list[Any], case: str, head: tuple[int, bytes]) -> dict[str, datetime]:
    """Check every entry of the log and return what each sealed digest was sealed at."""
    size, root = head
    sealed: dict[str, datetime] = {}
    last = -1
    for each in entries:
        body = parsed("log.json", each["body"].encode())
        name = f"log.json, entry {body['seq']}"
        if body["seq"] <= last:
            raise Wrong(name, "it stands twice, or the entries are in another order")
        last = body["seq"]
        proof = [bytes.fromhex(h) for h in each["proof"]]
        if not included(leaf_hash(each["body"].encode()), body["seq"], size, proof, root):
            raise Wrong(name, "it is not in the log whose head was signed")
        if body["case"] != case:
            raise Wrong(name, "it is of another case")
        for field, opening in each["openings"].items():
            value = opening["value"]
            text = value.encode() if isinstance(value, str) else canonical(value)
            said = b"entente commitment v1\n" + field.encode() + b"\n" + bytes.fromhex(opening["salt"]) + text
            if len(opening["salt"]) != 64 or body.get(field) != hashlib.sha256(said).hexdigest():
                raise Wrong(name, f"what it says of {field} is not what was sealed")
        for digest in each["openings"].get("after", {"value": {}})["value"].get("sealed", []):
            sealed[digest] = datetime.fromisoformat(body["at"])
    return sealed


def _originals(items: list[Any], told: dict[str, Any]) -> dict[str, str]:
    """Return the part of each original and its digest, which is its name."""
    found: dict[str, str] = {}
    for each in items:
        name = f"originals/{each['sha256']}"
        if each["file"] != name or told.get(name, {}).get("sha256") != each["sha256"]:
            raise Wrong(
                name, f"the original of item {each['item']} is missing, or not the bytes of its record"
            )
        found[name] = each["sha256"]
    return found


def _demand_sealed(
    name: str, record: Any, case: str, digest: str, sealed: dict[str, datetime], unsealed: set[str]
) -> None:
    if record["case"] != case:
        raise Wrong(name, "it is a record of another case")
    if record["id"] in unsealed:
        return
    if digest not in sealed:
        raise Wrong(name, "no entry of the log seals this record: it was changed, or is not of this log")
    if datetime.fromisoformat(record["at"]) > sealed[digest]:
        raise Wrong(name, "it says a moment after the one at which it was sealed")


def _custody(
    custody: Any, case: str, sealed: dict[str, datetime], unsealed: set[str], originals: dict[str, str]
) -> int:
    """Check the chain of each exhibit: every record sealed, each names the one before, time runs one way."""
    count = 0
    known: dict[str, Any] = {}
    for each in custody["exhibits"]:
        exhibit, name = each["record"], f"custody.json, exhibit {each['record']['number']}"
        digest = hashlib.sha256(canonical(exhibit)).hexdigest()
        _demand_sealed(name, exhibit, case, digest, sealed, unsealed)
        if exhibit["kind"] != "exhibit" or exhibit["id"] in known:
            raise Wrong(name, "it is no exhibit, or stands twice")
        known[exhibit["id"]] = exhibit
        before = digest
        given: dict[str, Any] = {}
        moment = exhibit["seized_at"] and datetime.fromisoformat(exhibit["seized_at"])
        for place, record in enumerate(each["chain"], 1):
            here = f"{name}, record {place}"
            digest = hashlib.sha256(canonical(record)).hexdigest()
            _demand_sealed(here, record, case, digest, sealed, unsealed)
            if (record["exhibit"], record["place"], record["before"]) != (exhibit["id"], place, before):
                raise Wrong(
                    here, "the chain of custody is broken here: a record is missing, moved or changed"
                )
            moment = _step(here, record, given, moment)
            before, count = digest, count + 1
    for record in custody["items"]:
        name = f"custody.json, item {record['item']}"
        digest = hashlib.sha256(canonical(record)).hexdigest()
        _demand_sealed(name, record, case, digest, sealed, unsealed)
        if record["exhibit"] not in known or f"originals/{record['sha256']}" not in originals:
            raise Wrong(name, "its exhibit or its original is not in the bundle")
    return count


def _step(here: str, record: Any, given: dict[str, Any], moment: datetime | None) -> datetime | None:
    """Check one record of a chain against the handovers before it; return the latest moment."""
    if record["kind"] == "correction":
        return moment
    when = datetime.fromisoformat(record["when"])
    if moment and when < moment:
        raise Wrong(here, "it says a moment before that of the record ahead of it")
    if record["kind"] == "transfer":
        given[record["id"]] = record
    elif record["kind"] == "receipt":
        step = given.pop(record["transfer"], None)
        who = step and step["by" if record["outcome"] == "taken back" else "to"]
        if step is None or record["by"] != who:
            raise Wrong(here, "it signs for a handover that is not open, or by somebody else")
    else:
        raise Wrong(here, "a chain has handovers, receipts and corrections only")
    return when


def _derivations(
    derivations: list[Any],
    case: str,
    sealed: dict[str, datetime],
    unsealed: set[str],
    originals: dict[str, str],
    told: dict[str, Any],
) -> set[str]:
    """Check that every derivation is sealed and that its inputs and output are here; return their parts."""
    outputs = {each["record"]["output"] for each in derivations if each["file"]}
    parts: set[str] = set()
    for each in derivations:
        record = each["record"]
        name = f"derivations.json, {record['what']} {record['id']}"
        leaf, root = leaf_hash(canonical(record)), bytes.fromhex(each["root"])
        path = [bytes.fromhex(h) for h in each["proof"]]
        if not included(leaf, each["leaf"], each["leaves"], path, root):
            raise Wrong(name, "it is not among those of its act: it was changed")
        _demand_sealed(name, record, case, each["root"], sealed, unsealed)
        for digest in record["inputs"]:
            if f"originals/{digest}" not in originals and digest not in outputs:
                raise Wrong(name, f"its input {digest} is not in the bundle")
        if each["file"]:
            if each["file"] != f"derived/{record['output']}":
                raise Wrong(name, "its output has another name than its SHA-256")
            if told.get(each["file"], {}).get("sha256") != record["output"]:
                raise Wrong(each["file"], "it is missing, or not the output that was derived")
            parts.add(each["file"])
        elif not each["why"]:
            raise Wrong(name, "its output is not in the bundle, and nothing says why")
    return parts


def main(arguments: list[str] | None = None) -> int:
    """Check every bundle that is named."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("bundles", nargs="+", metavar="BUNDLE")
    parser.add_argument("--key", required=True, help="the key of the agency's log, or a file with it")
    parser.add_argument(
        "--witness", action="append", default=[], metavar="KEY", help="a partner that must have signed"
    )
    parser.add_argument("--at-least", type=int, default=0, metavar="N", help="entries that you know of")
    told = parser.parse_args(arguments)
    refused = 0
    try:
        key, *witnesses = [read_key(_text(k)) for k in (told.key, *told.witness)]
        for bundle in told.bundles:
            try:
                facts = check(bundle, key, witnesses, told.at_least)
            except Wrong as fault:
                refused += 1
                print(f"REFUSED {bundle}: {fault}")
                continue
            print(f"HOLDS {bundle}: signed by {key[0]}")
            for name, value in facts.items():
                print(f"  {name}: {value}")
    except (NotChecked, OSError) as fault:
        print(f"NOT CHECKED: {fault}")
        return 2
    return 1 if refused else 0


def _text(given: str) -> str:
    path = Path(given)
    return path.read_text("utf-8") if "+" not in given and path.is_file() else given


if __name__ == "__main__":
    sys.exit(main())
