/* Switch a clue off and see, move the map: the part of the page is brought anew, the address follows.

   [data-where]             the part, with an id; data-say-refused is told when the desk does not answer
   form[data-where-form]    its GET form: sent as soon as one of its boxes is pressed; [data-plain] is for no script
   a[data-where-link]       an address of the same page with another window, or with all clues again
   [data-map]               takes keys: plus and minus zoom, arrows move, 0 shows the region; each is one of the links
   [data-where-says]        what is read out when the part has come */
import { part } from "./part.js";
import { all, firstTime, say, warn } from "./say.js";

const KEYS = { "+": "in", "=": "in", "-": "out", 0: "fit", ArrowLeft: "west", ArrowRight: "east", ArrowUp: "north", ArrowDown: "south" };
const fresh = firstTime();
let under = null; // the request under way

/** Listen for every switch and every move, now and later. */
export function attachWhere() {
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-where-form]")) use(form);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-where-form]")) return;
    event.preventDefault();
    use(event.target);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-where-link]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    bring(link.href, true);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.matches?.("[data-map]")) return;
    const link = event.key in KEYS && document.getElementById(`map-${KEYS[event.key]}`);
    if (!link) return;
    event.preventDefault();
    bring(link.href, true);
  });
  if (document.querySelector("[data-where]")) addEventListener("popstate", () => bring(location.href, false));
}

/** Put away what is for pages without scripts. */
export function prepareWhere(root) {
  for (const form of all(root, "[data-where-form]").filter(fresh)) {
    for (const plain of form.querySelectorAll("[data-plain]")) plain.hidden = true;
  }
}

function use(form) {
  const asked = new URL(form.action);
  asked.search = new URLSearchParams(new FormData(form)).toString();
  bring(asked.href, true);
}

async function bring(url, forward) {
  const old = document.querySelector("[data-where]");
  if (!old) return;
  under?.abort();
  under = new AbortController();
  const signal = under.signal;
  old.setAttribute("aria-busy", "true");
  try {
    const answer = await part(url.split("#")[0], { signal, headers: { "X-Part": old.id } });
    if (signal.aborted) return;
    if (forward) history.pushState({}, "", answer.url);
    replace(old, answer.document);
    performance.mark("region shown");
  } catch {
    if (signal.aborted) return;
    old.removeAttribute("aria-busy");
    warn(old.dataset.sayRefused);
  }
}

function replace(old, answer) {
  const brought = document.adoptNode(answer.getElementById(old.id));
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(brought);
  document.dispatchEvent(new CustomEvent("desk:brought", { detail: brought }));
  if (focused) (document.getElementById(focused) ?? brought.querySelector("[data-map]"))?.focus({ preventScroll: true });
  say(brought.querySelector("[data-where-says]")?.textContent.trim());
}
