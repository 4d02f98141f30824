/* The desk's one entrance for scripts. Every page works without it; it adds keys, marks and revealing. */
import { attachErrors, attachMenus, attachRail } from "./page.js";
import { attachAsk } from "./ask.js";
import { attachBenches } from "./bench.js";
import { attachCorners } from "./corners.js";
import { attachFilters } from "./filters.js";
import { attachFilms } from "./film.js";
import { attachGrids } from "./grid.js";
import { attachKeep } from "./keep.js";
import { attachLive } from "./live.js";
import { attachMarks } from "./mark.js";
import { attachPasskeys } from "./passkey.js";
import { attachRest } from "./rest.js";
import { attachReveal } from "./reveal.js";
import { attachShadows } from "./shadow.js";
import { attachStills } from "./stills.js";
import { attachStretches } from "./stretch.js";
import { attachTheme } from "./theme.js";
import { attachWhere, prepareWhere } from "./where.js";

/* These listen on the document once, so what htmx brings later is heard without asking. */
attachTheme();
attachStills();
attachMenus();
attachAsk();
attachReveal();
attachFilters();
attachPasskeys();
attachRest();
attachLive();
attachKeep();
attachWhere();

/* These prepare an element; each remembers what it has prepared. */
function prepare(root) {
  attachErrors(root);
  attachGrids(root);
  attachMarks(root);
  attachStretches(root);
  attachBenches(root);
  attachCorners(root);
  attachFilms(root);
  prepareWhere(root);
  attachShadows(root);
}

attachRail();
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
document.addEventListener("desk:brought", (event) => prepare(event.detail));
