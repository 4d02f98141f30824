"""What a refusal says in French and in Italian, by the English text that the engine raises."""

from __future__ import annotations

# English: (French, Italian). The names in braces are the same in all; a test reads them from the source.
FRENCH_AND_ITALIAN = {
    # of any clue
    "a clue is an object with kind and value": (
        "un indice est un objet avec « kind » et « value »",
        "un indizio è un oggetto con «kind» e «value»",
    ),
    "unknown clue kind {kind!r}": (
        "genre d’indice inconnu : {kind!r}",
        "tipo di indizio sconosciuto: {kind!r}",
    ),
    "clue {id} has no value": ("l’indice {id} n’a pas de valeur", "l’indizio {id} non ha valore"),
    "unknown source group {group!r}": (
        "groupe de sources inconnu : {group!r}",
        "gruppo di fonti sconosciuto: {group!r}",
    ),
    "region is four numbers, x, y, width and height, not {region!r}": (
        "« region » est quatre nombres, x, y, largeur et hauteur, et non {region!r}",
        "«region» è di quattro numeri, x, y, larghezza e altezza, non {region!r}",
    ),
    "evaluation is A1 to X4, not {value!r}": (
        "l’évaluation va de A1 à X4, et non {value!r}",
        "la valutazione va da A1 a X4, non {value!r}",
    ),
    "reliability is a share between 0 and 1": (
        "la fiabilité est une part entre 0 et 1",
        "l’affidabilità è una quota tra 0 e 1",
    ),
    "a stretch of time ends after it starts": (
        "un intervalle de temps finit après son début",
        "un intervallo di tempo finisce dopo il suo inizio",
    ),
    "{count} different clues: keep the {most} best": (
        "{count} indices différents : gardez les {most} meilleurs",
        "{count} indizi diversi: tenete i {most} migliori",
    ),
    "{kind} cannot be negated: give what was measured instead": (
        "{kind} ne peut pas être nié : donnez plutôt ce qui a été mesuré",
        "{kind} non si può negare: indicate invece ciò che è stato misurato",
    ),
    "{what} is a number, not {value!r}": (
        "{what} est un nombre, et non {value!r}",
        "{what} è un numero, non {value!r}",
    ),
    "{what} is a finite number, not {value!r}": (
        "{what} est un nombre fini, et non {value!r}",
        "{what} è un numero finito, non {value!r}",
    ),
    # statements
    "a position is {lat, lon, radius_m}": (
        "une position est {lat, lon, radius_m}",
        "una posizione è {lat, lon, radius_m}",
    ),
    "no such position: {value!r}": (
        "cette position n’existe pas : {value!r}",
        "posizione inesistente: {value!r}",
    ),
    "0, 0 is what a device writes when it has no fix": (
        "0, 0 est ce qu’écrit un appareil sans position",
        "0, 0 è ciò che un apparecchio scrive quando non ha la posizione",
    ),
    "no country has the code {value!r}: give ISO 3166-1 alpha-2 such as IT": (
        "aucun pays n’a le code {value!r} : donnez un code ISO 3166-1 alpha-2 comme IT",
        "nessun paese ha il codice {value!r}: indicate un codice ISO 3166-1 alpha-2 come IT",
    ),
    'give a country as its code, or {country, asked}, with "asked" true or false': (
        "donnez un pays par son code, ou {country, asked}, avec « asked » true ou false",
        "indicate un paese con il suo codice, o {country, asked}, con «asked» true o false",
    ),
    "a region is {country, admin1}, by ISO 3166-1 and GeoNames code or name": (
        "une région est {country, admin1}, par code ISO 3166-1 et par code ou nom de GeoNames",
        "una regione è {country, admin1}, con codice ISO 3166-1 e codice o nome di GeoNames",
    ),
    "{code} has no region {value!r}; it has: {names}": (
        "{code} n’a pas de région {value!r} ; il a : {names}",
        "{code} non ha una regione {value!r}; ha: {names}",
    ),
    # grid, goods and ground
    "a socket is letters A to O of IEC TR 60083, not {value!r}": (
        "une prise est des lettres de A à O selon IEC TR 60083, et non {value!r}",
        "una presa è lettere da A a O secondo IEC TR 60083, non {value!r}",
    ),
    "a mains frequency is 50 or 60, not {value!r}": (
        "une fréquence du secteur est 50 ou 60, et non {value!r}",
        "una frequenza di rete è 50 o 60, non {value!r}",
    ),
    "a driving side is left or right, not {value!r}": (
        "un côté de circulation est left ou right, et non {value!r}",
        "un lato di guida è left o right, non {value!r}",
    ),
    "no country pays in {value!r}: give an ISO 4217 code such as EUR": (
        "aucun pays ne paie en {value!r} : donnez un code ISO 4217 comme EUR",
        "nessun paese paga in {value!r}: indicate un codice ISO 4217 come EUR",
    ),
    "a barcode is the 8, 12 or 13 digits of an EAN or UPC, not {value!r}": (
        "un code-barres est les 8, 12 ou 13 chiffres d’un EAN ou UPC, et non {value!r}",
        "un codice a barre è le 8, 12 o 13 cifre di un EAN o UPC, non {value!r}",
    ),
    "the check digit of {value!r} is wrong: read the barcode again": (
        "le chiffre de contrôle de {value!r} est faux : relisez le code-barres",
        "la cifra di controllo di {value!r} è errata: rileggete il codice a barre",
    ),
    "a relief is flat, hilly or mountain, not {value!r}": (
        "un relief est flat, hilly ou mountain, et non {value!r}",
        "un rilievo è flat, hilly o mountain, non {value!r}",
    ),
    # numbers and plates
    "a phone number is 5 to 17 digits, perhaps after +, not {value!r}": (
        "un numéro de téléphone est 5 à 17 chiffres, peut-être après +, et non {value!r}",
        "un numero di telefono è da 5 a 17 cifre, eventualmente dopo +, non {value!r}",
    ),
    "no country has the code of {value!r}: check the first digits": (
        "aucun pays n’a l’indicatif de {value!r} : vérifiez les premiers chiffres",
        "nessun paese ha il prefisso di {value!r}: verificate le prime cifre",
    ),
    "a plate is up to {most} letters and digits, * for an unread one, not {value!r}": (
        "une plaque est jusqu’à {most} lettres et chiffres, * pour un signe non lu, et non {value!r}",
        "una targa è fino a {most} lettere e cifre, * per un segno non letto, non {value!r}",
    ),
    "a plate with fewer than {least} signs read says nothing: {value!r}": (
        "une plaque dont moins de {least} signes sont lus ne dit rien : {value!r}",
        "una targa con meno di {least} segni letti non dice nulla: {value!r}",
    ),
    "no country of the table has plates like {value!r}: enter a country or region instead": (
        "aucun pays de la table n’a de plaques comme {value!r} : entrez plutôt un pays ou une région",
        "nessun paese della tabella ha targhe come {value!r}: inserite invece un paese o una regione",
    ),
    # words
    '{kind} is weights of tags such as {{"it": 0.9, "es": 0.1}}': (
        '{kind} est des poids d’étiquettes comme {{"it": 0.9, "es": 0.1}}',
        '{kind} è pesi di etichette come {{"it": 0.9, "es": 0.1}}',
    ),
    "weights of languages are not negative and not all zero": (
        "les poids des langues ne sont ni négatifs ni tous nuls",
        "i pesi delle lingue non sono negativi né tutti nulli",
    ),
    "no country's tables know the language {tags}": (
        "les tables d’aucun pays ne connaissent la langue {tags}",
        "le tabelle di nessun paese conoscono la lingua {tags}",
    ),
    "a text is {string, script} with something written in it": (
        "un texte est {string, script} avec quelque chose d’écrit",
        "un testo è {string, script} con qualcosa di scritto",
    ),
    "no table knows the script {script!r}: give an ISO 15924 code such as Latn": (
        "aucune table ne connaît l’écriture {script!r} : donnez un code ISO 15924 comme Latn",
        "nessuna tabella conosce la scrittura {script!r}: indicate un codice ISO 15924 come Latn",
    ),
    "no place of 5,000 people, region or country is called {value!r} here": (
        "aucun lieu de 5 000 habitants, région ou pays ne s’appelle {value!r} ici",
        "nessun luogo di 5.000 abitanti, regione o paese si chiama {value!r} qui",
    ),
    # clocks and days
    "a UTC offset is -720 to 840 minutes in quarters of an hour, not {value!r}": (
        "un décalage UTC va de -720 à 840 minutes par quarts d’heure, et non {value!r}",
        "uno scarto UTC va da -720 a 840 minuti per quarti d’ora, non {value!r}",
    ),
    "posting hours are 24 counts, one for each hour of UTC from midnight": (
        "les heures de publication sont 24 nombres, un par heure UTC depuis minuit",
        "le ore di pubblicazione sono 24 conteggi, uno per ogni ora UTC da mezzanotte",
    ),
    "posting hours need at least one post and no negative count": (
        "les heures de publication demandent au moins une publication et aucun nombre négatif",
        "le ore di pubblicazione richiedono almeno una pubblicazione e nessun conteggio negativo",
    ),
    "a moment is ISO 8601 such as 2026-05-04T09:30:00Z, not {value!r}": (
        "un instant est en ISO 8601 comme 2026-05-04T09:30:00Z, et non {value!r}",
        "un istante è in ISO 8601 come 2026-05-04T09:30:00Z, non {value!r}",
    ),
    "the clock reads {year}: correct the moment before the sun is used": (
        "l’horloge indique {year} : corrigez l’instant avant d’utiliser le soleil",
        "l’orologio segna {year}: correggete l’istante prima di usare il sole",
    ),
    "{moment} lies in the future: correct the clock of the recording": (
        "{moment} est dans l’avenir : corrigez l’horloge de l’enregistrement",
        "{moment} è nel futuro: correggete l’orologio della registrazione",
    ),
    "a sun elevation is {deg, sd, utc}": (
        "une hauteur du soleil est {deg, sd, utc}",
        "un’altezza del sole è {deg, sd, utc}",
    ),
    "the sun stands between -18 and 90 degrees, not {value:g}": (
        "le soleil se tient entre -18 et 90 degrés, et non {value:g}",
        "il sole sta tra -18 e 90 gradi, non {value:g}",
    ),
    "sd is above 0 and at most 45 degrees, not {value:g}": (
        "sd est supérieur à 0 et d’au plus 45 degrés, et non {value:g}",
        "sd è maggiore di 0 e al massimo 45 gradi, non {value:g}",
    ),
    "a holiday is the day on which it is kept, 2025-06-24 or 06-24, not {value!r}": (
        "un jour férié est le jour où il est observé, 2025-06-24 ou 06-24, et non {value!r}",
        "una festività è il giorno in cui si osserva, 2025-06-24 o 06-24, non {value!r}",
    ),
    "the table of holidays knows {first} to {last}: give {day} without year": (
        "la table des jours fériés connaît {first} à {last} : donnez {day} sans année",
        "la tabella delle festività conosce dal {first} al {last}: indicate {day} senza anno",
    ),
    "{day} lies in the future: correct the date of the recording": (
        "le {day} est dans l’avenir : corrigez la date de l’enregistrement",
        "il {day} è nel futuro: correggete la data della registrazione",
    ),
    # series of places and picture models
    "a series of places is a list of {lat, lon, weight}": (
        "une série de lieux est une liste de {lat, lon, weight}",
        "una serie di luoghi è un elenco di {lat, lon, weight}",
    ),
    "{count} places: a series has at most {most:,}, keep the surest": (
        "{count} lieux : une série en a au plus {most:,}, gardez les plus sûrs",
        "{count} luoghi: una serie ne ha al massimo {most:,}, tenete i più sicuri",
    ),
    "a series is at least two different places; enter one place as a position": (
        "une série est d’au moins deux lieux différents ; entrez un seul lieu comme position",
        "una serie è di almeno due luoghi diversi; inserite un solo luogo come posizione",
    ),
    "place {at}: no such position: {lat:g}, {lon:g}": (
        "lieu {at} : cette position n’existe pas : {lat:g}, {lon:g}",
        "luogo {at}: posizione inesistente: {lat:g}, {lon:g}",
    ),
    "place {at}: 0, 0 is what a device writes when it has no fix": (
        "lieu {at} : 0, 0 est ce qu’écrit un appareil sans position",
        "luogo {at}: 0, 0 è ciò che un apparecchio scrive quando non ha la posizione",
    ),
    "place {at}: a weight is above 0 and at most 1, not {weight:g}": (
        "lieu {at} : un poids est supérieur à 0 et d’au plus 1, et non {weight:g}",
        "luogo {at}: un peso è maggiore di 0 e al massimo 1, non {weight:g}",
    ),
    "a picture model says {model, version, error_rate, cells: {H3: log-likelihood}}": (
        "un modèle d’image dit {model, version, error_rate, cells: {H3: log-vraisemblance}}",
        "un modello di immagini dice {model, version, error_rate, cells: {H3: log-verosimiglianza}}",
    ),
    "a picture model without name and version cannot be checked: add both": (
        "un modèle d’image sans nom ni version ne peut être vérifié : ajoutez les deux",
        "un modello di immagini senza nome e versione non si può verificare: aggiungete entrambi",
    ),
    "an error rate lies between 0 and 1, not {value:g}: declare the measured one": (
        "un taux d’erreur est entre 0 et 1, et non {value:g} : déclarez celui qui a été mesuré",
        "un tasso d’errore è tra 0 e 1, non {value:g}: dichiarate quello misurato",
    ),
    "{count:,} cells: at most {most:,}, give coarser ones": (
        "{count:,} cellules : au plus {most:,}, donnez-en de plus grandes",
        "{count:,} celle: al massimo {most:,}, indicatene di più grandi",
    ),
    "{cell!r} is no H3 cell: give indexes such as 851f9a3bfffffff": (
        "{cell!r} n’est pas une cellule H3 : donnez des index comme 851f9a3bfffffff",
        "{cell!r} non è una cella H3: indicate indici come 851f9a3bfffffff",
    ),
    "{cell} is finer than resolution {finest}: give its parent, a district is enough": (
        "{cell} est plus fine que la résolution {finest} : donnez sa cellule mère, un district suffit",
        "{cell} è più fine della risoluzione {finest}: indicate la cella madre, basta un distretto",
    ),
    "the log-likelihood of {cell} is out of bounds: {value!r}": (
        "la log-vraisemblance de {cell} est hors limites : {value!r}",
        "la log-verosimiglianza di {cell} è fuori dai limiti: {value!r}",
    ),
    "none of the cells of the picture model lies on land that people live on": (
        "aucune cellule du modèle d’image n’est sur une terre habitée",
        "nessuna cella del modello di immagini è su terra abitata",
    ),
    # kinds that say nothing of a place
    "an object leads to a request and to the search list, not to a place": (
        "un objet mène à une demande et à la liste de perquisition, pas à un lieu",
        "un oggetto porta a una richiesta e all’elenco della perquisizione, non a un luogo",
    ),
    "a device leads to its maker and owner, not to a place": (
        "un appareil mène à son fabricant et à son propriétaire, pas à un lieu",
        "un apparecchio porta al suo fabbricante e al proprietario, non a un luogo",
    ),
    "a time says nothing of a place by itself": (
        "une heure ne dit rien d’un lieu par elle-même",
        "un’ora di per sé non dice nulla di un luogo",
    ),
}
