"""The page of an appeal for an agency's own site: one file and one picture, and nothing that runs.

No script, no address of anybody else's, nothing that could count who reads it. In three languages, with the
question as text beside the picture, so that a reader of the screen has all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

LANGUAGES = ("en", "fr", "it")
PICTURE = "picture.jpg"

_WORDS = {
    "en": {
        "language": "English",
        "head": "Do you recognise this object?",
        "alt": "The object that is asked about",
        "place": "It may come from",
        "tell": "Tell us where it is made, sold or used",
        "only": "It is an object from the background of a picture. The smallest hint may help a child.",
        "not": "Do not look for people, and do not publish guesses: tell us alone.",
        "closed": "This appeal is closed",
        "thanks": "Thank you. Please remove copies of the picture, and share it no further.",
    },
    "fr": {
        "language": "Français",
        "head": "Reconnaissez-vous cet objet ?",
        "alt": "L’objet dont il est question",
        "place": "Il vient peut-être de",
        "tell": "Dites-nous où il est fabriqué, vendu ou utilisé",
        "only": "C’est un objet à l’arrière-plan d’une image. Le moindre indice peut aider un enfant.",
        "not": "Ne cherchez pas de personnes et ne publiez pas de suppositions : dites-le à nous seuls.",
        "closed": "Cet appel est clos",
        "thanks": "Merci. Supprimez les copies de l’image et ne la diffusez plus.",
    },
    "it": {
        "language": "Italiano",
        "head": "Riconoscete questo oggetto?",
        "alt": "L’oggetto di cui si chiede",
        "place": "Forse viene da",
        "tell": "Diteci dove è prodotto, venduto o usato",
        "only": "È un oggetto sullo sfondo di un’immagine. Il minimo indizio può aiutare un bambino.",
        "not": "Non cercate persone e non pubblicate supposizioni: ditelo soltanto a noi.",
        "closed": "Questo appello è chiuso",
        "thanks": "Grazie. Eliminate le copie dell’immagine e non diffondetela più.",
    },
}
_STYLE = (
    "body{margin:0 auto;max-width:44rem;padding:1rem;font:1.1rem/1.5 sans-serif;color:#111;background:#fff}"
    "h1{font-size:1.1rem}img{max-width:100%;height:auto;border:1px solid #555}"
    "section{border-top:1px solid #999;margin-top:2rem}a{color:#003d99}"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What everybody will read. ``words`` is {language: {title, text}}."""

    number: str
    agency: str
    words: Mapping[str, Mapping[str, str]]
    contact: str
    place: str = ""
    width: int = 0
    height: int = 0


def page(shown: Shown) -> str:
    """Return the page of an open appeal."""
    size = f' width="{shown.width}" height="{shown.height}"' if shown.width and shown.height else ""
    alt = " / ".join(f"{_WORDS[x]['alt']}: {_title(shown, x)}" for x in LANGUAGES)
    picture = f'<p><img src="{PICTURE}" alt="{escape(alt)}"{size}></p>'
    return _whole(shown, picture, [_open(shown, language) for language in LANGUAGES])


def closed(shown: Shown) -> str:
    """Return the page that takes its place once it has ended: without the picture and the question."""
    parts = [f"<h2>{_WORDS[x]['closed']}</h2><p>{_WORDS[x]['thanks']}</p>" for x in LANGUAGES]
    return _whole(shown, "", parts)


def _title(shown: Shown, language: str) -> str:
    return shown.words.get(language, {}).get("title", "")


def _open(shown: Shown, language: str) -> str:
    words, said = _WORDS[language], shown.words.get(language, {})
    place = f"<p>{words['place']}: {escape(shown.place)}</p>" if shown.place else ""
    return (
        f"<h2>{words['head']}</h2><h3>{escape(said.get('title', ''))}</h3>"
        f"<p>{escape(said.get('text', ''))}</p>"
        f"{place}<p>{words['only']}</p><p><strong>{words['tell']}:</strong> {escape(shown.contact)}</p>"
        f"<p>{words['not']}</p>"
    )


def _whole(shown: Shown, picture: str, parts: list[str]) -> str:
    sections = "".join(
        f'<section id="{x}" lang="{x}" aria-label="{_WORDS[x]["language"]}">{part}</section>'
        for x, part in zip(LANGUAGES, parts, strict=True)
    )
    links = " · ".join(
        f'<a href="#{x}" hreflang="{x}" lang="{x}">{_WORDS[x]["language"]}</a>' for x in LANGUAGES
    )
    title = f"{shown.number} – {escape(shown.agency)}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noarchive">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self'; "
        "style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f"<header><h1>{title}</h1><nav>{links}</nav></header><main>{picture}{sections}</main></body></html>\n"
    )
