"""Sentences of refused places, kept pages and homes in French and Italian, by the English one."""

from __future__ import annotations

OF_PLACES: dict[str, tuple[str, str]] = {
    # candidate places
    "a candidate place needs its address or description, and what led there": (
        "un lieu candidat demande son adresse ou sa description, et ce qui y a mené",
        "un luogo candidato richiede l’indirizzo o la descrizione, e che cosa vi ha condotto",
    ),
    "a position is latitude and longitude; give both or neither": (
        "une position est une latitude et une longitude ; donnez les deux ou aucune",
        "una posizione è latitudine e longitudine; indicate entrambe o nessuna",
    ),
    "there is no such position on the earth; latitude comes first": (
        "cette position n’existe pas sur la terre ; la latitude vient d’abord",
        "questa posizione non esiste sulla terra; la latitudine viene prima",
    ),
    "say why it is set aside; who brings it back reads the reason": (
        "dites pourquoi il est écarté ; qui le reprendra lira la raison",
        "dite perché è messo da parte; chi lo riprenderà leggerà il motivo",
    ),
    "this place stands so already; reload the page to see how": (
        "ce lieu en est déjà là ; rechargez la page pour voir où il en est",
        "questo luogo è già così; ricaricate la pagina per vedere come sta",
    ),
    "choose one of: {all}": ("choisissez parmi : {all}", "scegliete tra: {all}"),
    "say why; without its reason nobody can check it": (
        "dites pourquoi ; sans raison, personne ne peut le vérifier",
        "dite perché; senza il motivo nessuno può verificarlo",
    ),
    "this clue is of another case, or was withdrawn; choose one that stands": (
        "cet indice est d’une autre affaire, ou a été retiré ; choisissez-en un qui tient",
        "questo indizio è di un altro caso, o è stato ritirato; sceglietene uno valido",
    ),
    "this place was set aside; bring it back first": (
        "ce lieu a été écarté ; reprenez-le d’abord",
        "questo luogo è stato messo da parte; riprendetelo prima",
    ),
    # a home
    "say why this place is the home; the second person reads it": (
        "dites pourquoi ce lieu est le domicile ; la seconde personne le lira",
        "dite perché questo luogo è l’abitazione; la seconda persona lo leggerà",
    ),
    "somebody stands for this place already; confirm that": (
        "quelqu’un se porte déjà garant de ce lieu ; confirmez cela",
        "qualcuno risponde già di questo luogo; confermate quello",
    ),
    "say first which clues this place explains, which it fails to explain, and of which one cannot say; "
    "not judged yet: {left}": (
        "dites d’abord quels indices ce lieu explique, lesquels il n’explique pas, et pour lesquels on ne "
        "peut le dire ; pas encore jugés : {left}",
        "dite prima quali indizi questo luogo spiega, quali non spiega, e di quali non si può dire; "
        "non ancora giudicati: {left}",
    ),
    "this home was confirmed already; propose again where something changed": (
        "ce domicile a déjà été confirmé ; proposez de nouveau si quelque chose a changé",
        "questa abitazione è già stata confermata; proponetela di nuovo se qualcosa è cambiato",
    ),
    "a home needs two people: another officer must confirm it": (
        "un domicile demande deux personnes : un autre agent doit le confirmer",
        "un’abitazione richiede due persone: un altro funzionario deve confermarla",
    ),
    "its place was set aside; bring the place back and propose again": (
        "son lieu a été écarté ; reprenez le lieu et proposez de nouveau",
        "il suo luogo è stato messo da parte; riprendete il luogo e proponete di nuovo",
    ),
    # kept pages
    "an evaluation is a source grade and an information grade, such as B2": (
        "une évaluation est une note de source et une note d’information, comme B2",
        "una valutazione è un grado della fonte e un grado dell’informazione, come B2",
    ),
    "only the agency that kept the page grades it; ask it": (
        "seul le service qui a conservé la page l’évalue ; demandez-lui",
        "solo l’ente che ha conservato la pagina la valuta; chiedete a esso",
    ),
    "a capture needs the address where the page was found": (
        "une capture demande l’adresse où la page a été trouvée",
        "una cattura richiede l’indirizzo in cui è stata trovata la pagina",
    ),
    "the time of capture has not come yet; write it in UTC": (
        "l’heure de capture n’est pas encore venue ; écrivez-la en UTC",
        "l’ora della cattura non è ancora venuta; scrivetela in UTC",
    ),
    "a kept page has {most} MiB at most; keep the part that matters": (
        "une page conservée a au plus {most} Mio ; gardez la partie qui compte",
        "una pagina conservata ha al massimo {most} MiB; conservate la parte che conta",
    ),
    "a capture is a page kept as HTML, MHTML, PDF, WARC or WACZ, or a picture of it": (
        "une capture est une page conservée en HTML, MHTML, PDF, WARC ou WACZ, ou une image de celle-ci",
        "una cattura è una pagina conservata in HTML, MHTML, PDF, WARC o WACZ, o una sua immagine",
    ),
    "the page cannot be sealed: {why}": (
        "la page ne peut être scellée : {why}",
        "la pagina non può essere sigillata: {why}",
    ),
    "the page cannot be read ({why}); check it, and run entente fsck": (
        "la page ne peut être lue ({why}) ; vérifiez-la et lancez entente fsck",
        "la pagina non può essere letta ({why}); verificatela ed eseguite entente fsck",
    ),
    "the page is not the one that was brought; check it, and run entente fsck": (
        "la page n’est pas celle qui a été apportée ; vérifiez-la et lancez entente fsck",
        "la pagina non è quella che è stata portata; verificatela ed eseguite entente fsck",
    ),
    "say why the capture is set aside": (
        "dites pourquoi la capture est écartée",
        "dite perché la cattura è messa da parte",
    ),
    # web archives
    "its archives unpack to over {most} MiB; get it as WACZ": (
        "ses archives se décompressent en plus de {most} Mio ; obtenez-la en WACZ",
        "i suoi archivi si espandono oltre {most} MiB; procuratevela in WACZ",
    ),
    "the archive cannot be unpacked: {why}": (
        "l’archive ne peut être décompressée : {why}",
        "l’archivio non può essere estratto: {why}",
    ),
    "its archives are packed differently, and are no one file; get it as WACZ": (
        "ses archives sont compressées différemment et ne font pas un seul fichier ; obtenez-la en WACZ",
        "i suoi archivi sono compressi in modi diversi e non formano un solo file; procuratevela in WACZ",
    ),
    "the archive cannot be read: {why}": (
        "l’archive ne peut être lue : {why}",
        "l’archivio non può essere letto: {why}",
    ),
    "the decoder gave an answer without sense; handle the file with care, ask for another": (
        "le décodeur a donné une réponse dénuée de sens ; maniez le fichier avec prudence, demandez-en un "
        "autre",
        "il decodificatore ha dato una risposta senza senso; maneggiate il file con cautela, chiedetene un "
        "altro",
    ),
}
