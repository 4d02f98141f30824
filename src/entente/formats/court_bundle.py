"""The bundle for a court: originals, who held them, what was derived, and the log's proofs, in one zip.

Write only. Its container, its checks and the sentences of a refusal are those of ``court_verify``, which goes
into every bundle as ``verify.py`` and needs nothing of this program. The same parts give the same bytes.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any, BinaryIO

from entente.formats import court_verify as container

PIECE = 1 << 20
MOST = (1 << 32) - (1 << 20)  # bytes of a zip without its 64-bit form
Part = bytes | Callable[[], BinaryIO]
Sign = Callable[[bytes], bytes]  # Ed25519 over what is given, 64 bytes


class NotBundled(ValueError):
    """The bundle cannot be written; the sentence says what to mend."""


@dataclass(frozen=True, slots=True)
class _Measured:
    sha256: str
    size: int
    crc: int


def verifier() -> bytes:
    """Return the program that checks a bundle."""
    return (files("entente.formats") / "court_verify.py").read_bytes()


def write(
    stream: BinaryIO, facts: Mapping[str, Any], parts: Mapping[str, Part], sign: Sign
) -> dict[str, Any]:
    """Write a bundle and return its manifest.

    ``facts`` become the manifest's own; ``parts`` are bytes, or open a stream of them that is read twice.

    Raises
    ------
    NotBundled
        A part changed while it was read, a name is not one of a bundle, or all together pass 4 GiB.
    """
    every: dict[str, Part] = {**parts, "verify.py": verifier()}
    if bad := [n for n in every if not container.NAME.fullmatch(n)]:
        raise NotBundled(f"{bad[0]!r} is no name for a part of a bundle")
    measured = {name: _measure(part) for name, part in every.items()}
    if sum(m.size for m in measured.values()) > MOST:
        raise NotBundled("the originals are more than 4 GiB together; make a bundle for each exhibit")
    manifest = {
        **facts,
        "format": container.FORMAT,
        "version": container.VERSION,
        "files": {n: {"sha256": m.sha256, "size": m.size} for n, m in measured.items()},
    }
    told = container.canonical(manifest)
    every |= {container.MANIFEST: told, container.SIGNATURE: sign(container.CONTEXT + told)}
    measured |= {n: _measure(every[n]) for n in (container.MANIFEST, container.SIGNATURE)}
    _pack(stream, every, measured)
    return manifest


def _measure(part: Part) -> _Measured:
    digest, size, crc = hashlib.sha256(), 0, 0
    for piece in _pieces(part):
        digest.update(piece)
        size, crc = size + len(piece), zlib.crc32(piece, crc)
    return _Measured(digest.hexdigest(), size, crc)


def _pieces(part: Part) -> Any:
    if isinstance(part, bytes):
        yield part
        return
    with part() as stream:
        while piece := stream.read(PIECE):
            yield piece


def _pack(stream: BinaryIO, parts: Mapping[str, Part], measured: Mapping[str, _Measured]) -> None:
    """Write the container: parts in the order of their names, then the directory."""
    entries, at = [], 0
    for name in sorted(parts):
        told = measured[name]
        head = container.local_header(name, told.crc, told.size)
        stream.write(head)
        crc = 0
        for piece in _pieces(parts[name]):
            crc = zlib.crc32(piece, crc)
            stream.write(piece)
        if crc != told.crc:
            raise NotBundled(f"{name} changed while the bundle was written; see `entente fsck`")
        entries.append((name, told.crc, told.size, at))
        at += len(head) + told.size
    stream.write(container.directory(entries))


# --- the page for people --------------------------------------------------------------------------------

LANGUAGES = ("en", "fr", "it")
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Court bundle",
        "from": "From", "to": "To", "case": "Case", "issued": "Issued (UTC)",
        "check": "How to check it",
        "how": "Run: python3 verify.py BUNDLE.zip --key KEY. Take the key of the agency's log from the "
        "agency itself, by another way than this bundle. It needs Python and, for signatures, openssl.",
        "key": "The key that signed it names itself",
        "exhibits": "Exhibits", "number": "Number", "description": "Description",
        "place": "Where it was seized",
        "when": "When (UTC)", "by": "By", "seal": "Seal", "chain": "Chain of custody", "record": "Record",
        "items": "Originals", "item": "Item", "size": "Bytes", "derived": "What was derived",
        "what": "What", "tool": "Tool", "output": "Output (SHA-256)",
        "absent": "What is absent", "nothing": "Nothing is stated to be absent.",
        "gaps": "Gaps", "no gaps": "None: from its seizure on, somebody is known to hold it.",
        "transfer": "Handed over", "receipt": "Receipt", "correction": "Correction",
        "nobody": "Between {since} and {until} nobody holds it.",
        "stranger": "Handover {number}: {who} gave it, but {instead_of} is the last known to hold it.",
        "waiting": "Handover {number}: {who} has not signed for it.",
        "seal changed": "Handover {number}: {who} found the seal in another state than it was given.",
        "start": "Who seized it, or when, is not recorded.",
    },
    "fr": {
        "title": "Dossier pour le tribunal",
        "from": "De", "to": "À", "case": "Affaire", "issued": "Établi le (UTC)",
        "check": "Comment le vérifier",
        "how": "Lancez : python3 verify.py DOSSIER.zip --key CLÉ. Demandez la clé du journal au service "
        "lui-même, par une autre voie que ce dossier. Il faut Python et, pour les signatures, openssl.",
        "key": "La clé qui l'a signé dit être",
        "exhibits": "Scellés", "number": "Numéro", "description": "Description", "place": "Lieu de la saisie",
        "when": "Quand (UTC)", "by": "Par", "seal": "Sceau", "chain": "Chaîne de possession",
        "record": "Inscription", "items": "Originaux", "item": "Pièce", "size": "Octets",
        "derived": "Ce qui en a été tiré", "what": "Quoi", "tool": "Outil", "output": "Résultat (SHA-256)",
        "absent": "Ce qui manque", "nothing": "Rien n'est déclaré manquant.",
        "gaps": "Lacunes", "no gaps": "Aucune : depuis la saisie, on sait toujours qui le détient.",
        "transfer": "Remis", "receipt": "Réception", "correction": "Rectification",
        "nobody": "Entre {since} et {until}, personne ne le détient.",
        "stranger": "Remise {number} : {who} l'a remis, mais {instead_of} est le dernier détenteur connu.",
        "waiting": "Remise {number} : {who} n'a pas signé la réception.",
        "seal changed": "Remise {number} : {who} a trouvé le sceau dans un autre état qu'à la remise.",
        "start": "On n'a pas noté qui l'a saisi, ni quand.",
    },
    "it": {
        "title": "Fascicolo per il tribunale",
        "from": "Da", "to": "A", "case": "Caso", "issued": "Emesso il (UTC)",
        "check": "Come verificarlo",
        "how": "Eseguire: python3 verify.py FASCICOLO.zip --key CHIAVE. Chiedere la chiave del registro "
        "all'ufficio stesso, per una via diversa da questo fascicolo. Servono Python e openssl.",
        "key": "La chiave che l'ha firmato dice di essere",
        "exhibits": "Reperti", "number": "Numero", "description": "Descrizione",
        "place": "Luogo del sequestro", "when": "Quando (UTC)", "by": "Da", "seal": "Sigillo",
        "chain": "Catena di custodia", "record": "Annotazione", "items": "Originali", "item": "Elemento",
        "size": "Byte", "derived": "Che cosa ne è stato ricavato", "what": "Che cosa", "tool": "Strumento",
        "output": "Risultato (SHA-256)", "absent": "Che cosa manca",
        "nothing": "Nulla è dichiarato mancante.",
        "gaps": "Lacune", "no gaps": "Nessuna: dal sequestro in poi si sa sempre chi lo detiene.",
        "transfer": "Consegnato", "receipt": "Ricevuta", "correction": "Rettifica",
        "nobody": "Tra {since} e {until} nessuno lo detiene.",
        "stranger": "Consegna {number}: l'ha consegnato {who}, ma l'ultimo detentore noto è {instead_of}.",
        "waiting": "Consegna {number}: {who} non ha firmato la ricevuta.",
        "seal changed": "Consegna {number}: {who} ha trovato il sigillo in uno stato diverso.",
        "start": "Non è annotato chi l'ha sequestrato, né quando.",
    },
}  # fmt: skip
STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.3rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}caption{text-align:left;font-weight:bold}"
)


def page(document: Mapping[str, Any], language: str) -> bytes:
    """Return the page for people, in English, French or Italian: HTML that loads and runs nothing.

    ``document`` has case, from, to, issued, key, exhibits [{record, chain, gaps}], items, derivations
    [{record}] and absent (sentences).
    """
    w = {key: escape(text) for key, text in WORDS[language].items()}
    head = ("case", "from", "to", "issued")
    facts = "".join(f"<dt>{w[k]}</dt><dd>{escape(str(document[k]))}</dd>" for k in head)
    absent = "".join(f"<li>{escape(s)}</li>" for s in document["absent"]) or f"<li>{w['nothing']}</li>"
    exhibits = "".join(_exhibit(each, WORDS[language]) for each in document["exhibits"])
    items = _table(
        w["items"],
        [w["item"], w["size"], "SHA-256"],
        [[f"#{i['item']}", i["size"], i["sha256"]] for i in document["items"]],
    )
    derived = _table(
        w["derived"],
        [w["what"], w["tool"], w["when"], w["by"], w["output"]],
        [
            [r["what"], r["tool"], r["at"], r["by"], r["output"]]
            for r in (d["record"] for d in document["derivations"])
        ],
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{w["title"]}</title>'
        f"<style>{STYLE}</style></head><body><h1>{w['title']}</h1><dl>{facts}</dl>"
        f"<h2>{w['check']}</h2><p>{w['how']}</p><p>{w['key']}: <code>{escape(document['key'])}</code></p>"
        f"<h2>{w['absent']}</h2><ul>{absent}</ul><h2>{w['exhibits']}</h2>{exhibits}"
        f"<h2>{w['items']}</h2>{items}<h2>{w['derived']}</h2>{derived}</body></html>\n"
    ).encode()


def _exhibit(each: Mapping[str, Any], words: Mapping[str, str]) -> str:
    record = each["record"]
    w = {key: escape(text) for key, text in words.items()}
    told = ("description", "place", "seized_at", "seized_by", "device", "warrant", "seal", "condition")
    facts = " · ".join(escape(str(record[k])) for k in told if record[k])
    chain = _table(
        w["chain"],
        [w["number"], w["record"], w["when"], w["seal"], w["by"]],
        [_line(r, words) for r in each["chain"]],
    )
    gaps = "".join(f"<li>{escape(g)}</li>" for g in each["gaps"]) or f"<li>{w['no gaps']}</li>"
    return (
        f"<h3>{escape(record['number'])}</h3><p>{facts}</p>{chain}<p><strong>{w['gaps']}</strong></p>"
        f"<ul>{gaps}</ul>"
    )


def _line(record: Mapping[str, Any], words: Mapping[str, str]) -> list[Any]:
    said = words[record["kind"]]
    if record["kind"] == "transfer":
        said += f": {record['from_place']} → {record['to_place']} ({record['to']}). {record['why']}"
    elif record["kind"] == "receipt":
        said += f": {record['outcome']} {record['condition']}"
    else:
        said += f": {record['text']}"
    seal = " ".join(str(record.get(k, "")) for k in ("seal", "seal_state"))
    return [record["place"], said, record.get("when", record["at"]), seal, record["by"]]


def gap_says(kind: str, language: str, **told: Any) -> str:
    """Return the sentence of one gap in a chain."""
    return WORDS[language]["seal changed" if kind == "seal" else kind].format(**told)


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table; ``caption`` and ``heads`` are escaped already, the cells are not."""
    above = "".join(f'<th scope="col">{h}</th>' for h in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(c))}</td>' for c in row)}</tr>" for row in rows)
    return f"<table><caption>{caption}</caption><thead><tr>{above}</tr></thead><tbody>{body}</tbody></table>"
