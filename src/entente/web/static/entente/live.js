/* Together, live: what colleagues change appears by itself, and who else is here is shown.

   [data-live]    the stream of the case; with data-item, data-since and data-part also of one item
   [data-beat]    told now and then while the page is visible and somebody works at it
   [data-counted] says that time is counted; and, at the end, that the page is not kept up to date
   [data-fetched] what was fetched passes through here
   [data-here], [data-here-item], [data-here-case] with [data-names]   who else is here

   A message names what changed; what it says is fetched from data-part, which asks the law. Nothing is moved
   while it is typed in, has the focus or is held: such a row waits until it is free. */
import { part } from "./part.js";
import { say, token } from "./say.js";

const GATHER_MS = 30; // what comes together is fetched together
const BEAT_MS = 30000;
const AT_WORK_MS = 180000; // since the last key or press
const AGAIN_MS = 15000;

let line = null;

/** Whether what others (and this page) record of the item appears here by itself. */
export function follows() {
  return Boolean(line) && line.readyState === line.OPEN && Boolean(document.querySelector("[data-live][data-part]"));
}

/** Follow the case, and the item if the page is one's, while the page is in sight. */
export function attachLive() {
  const place = document.querySelector("[data-live]");
  if (!place) return;
  follow(place);
  count(place);
}

function follow(place) {
  let last = place.dataset.since;
  let stream = null;
  let retry = 0;
  const close = () => {
    clearTimeout(retry);
    stream?.close();
    stream = null;
  };
  const open = () => {
    close();
    const asked = new URLSearchParams();
    if (place.dataset.item) asked.set("item", place.dataset.item);
    if (last !== undefined) asked.set("since", last);
    stream = new EventSource(`${place.dataset.live}?${asked}`);
    line = stream;
    stream.addEventListener("changed", (event) => {
      last = event.lastEventId;
      const told = JSON.parse(event.data);
      if (told.review && document.querySelector("[data-grid]")) sayReviewed(place);
      delete told.review;
      if (place.dataset.part && Object.keys(told).length) fetchSoon(place, told);
    });
    stream.addEventListener("here", (event) => showHere(place, JSON.parse(event.data)));
    stream.addEventListener("ended", () => {
      close();
      say(place.dataset.sayEnded);
      place.querySelector("[data-counted]").textContent = place.dataset.sayEnded;
    });
    stream.addEventListener("error", () => {
      if (stream?.readyState !== EventSource.CLOSED) return; // it comes again by itself
      close();
      retry = setTimeout(open, AGAIN_MS);
    });
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  if (!document.hidden) open();
}

/** Of items decided by others the page of the grid says so once: the tiles stay where they are worked on. */
function sayReviewed(place) {
  const sentence = place.querySelector("[data-reviewed]");
  if (!sentence.hidden) return;
  sentence.hidden = false;
  say(sentence.textContent);
}

const wanted = new Map(); // what → ids
let timer = 0;
let busy = false;

function fetchSoon(place, told) {
  for (const [what, ids] of Object.entries(told)) {
    if (!wanted.has(what)) wanted.set(what, new Set());
    ids.forEach((id) => wanted.get(what).add(id));
  }
  clearTimeout(timer);
  timer = setTimeout(() => fetchNow(place), GATHER_MS);
}

async function fetchNow(place) {
  if (busy || !wanted.size) return;
  busy = true;
  const asked = new URLSearchParams();
  if (new URLSearchParams(location.search).get("h3") === "read") asked.set("h3", "read");
  const now = [...wanted].flatMap(([what, ids]) => [...ids].map((id) => [what, id])).slice(0, 40);
  for (const [what, id] of now) {
    asked.append(what, id);
    wanted.get(what).delete(id);
    if (!wanted.get(what).size) wanted.delete(what);
  }
  const holder = place.querySelector("[data-fetched]");
  holder.replaceChildren();
  try {
    const told = await part(`${place.dataset.part}?${asked}`);
    holder.append(...told.document.body.childNodes);
    document.dispatchEvent(new CustomEvent("desk:brought", { detail: holder }));
    take(place, holder);
  } catch {
    /* the next message fetches again what it names; a page loaded anew has it all */
  }
  holder.replaceChildren();
  busy = false;
  if (wanted.size) fetchNow(place);
}

function take(place, held) {
  const said = [];
  for (const each of held.querySelectorAll("[data-row]")) {
    const row = each.firstElementChild;
    const old = standing(each.dataset.row, held);
    const sentence = old ? each.dataset.sayChanged : each.dataset.sayNew;
    if (sentence) said.push(sentence);
    if (old?.parentElement.id === each.dataset.rows) whenFree(old, row);
    else {
      old?.remove();
      add(each.dataset.rows, row);
    }
  }
  for (const mark of held.querySelectorAll("[data-marks] [data-clue]")) draw(mark);
  const once = [...new Set(said)];
  say(once.length > 2 ? place.dataset.saySeveral : once.join(" "));
}

/** The row of the page with this id; what was just fetched has it, too. */
function standing(id, held) {
  return [...document.querySelectorAll(`#${CSS.escape(id)}`)].find((row) => !held.contains(row));
}

function add(list, row) {
  const place = document.getElementById(list);
  if (!place) return;
  place.append(row);
  place.closest("[hidden]")?.removeAttribute("hidden");
}

const waiting = new WeakMap(); // row that stands → row that comes

/** Put ``row`` in place of ``old`` once nobody works in it. */
function whenFree(old, row) {
  const listens = waiting.has(old);
  waiting.set(old, row);
  if (inUse(old)) {
    if (!listens) {
      for (const name of ["focusout", "toggle", "reset"]) {
        old.addEventListener(name, () => setTimeout(() => { if (old.isConnected && !inUse(old)) put(old); }), true);
      }
    }
    return;
  }
  put(old);
}

function put(old) {
  const row = waiting.get(old);
  waiting.delete(old);
  old.replaceWith(row);
}

function inUse(row) {
  if (row.contains(document.activeElement)) return true;
  if (row.querySelector("details[open], [data-held], dialog[open]")) return true;
  return [...row.querySelectorAll("textarea, input:not([type=hidden])")].some(
    (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked,
  );
}

/** Draw a mark over the picture, or move the one of the same clue. */
function draw(mark) {
  const sheet = document.querySelector("[data-frame] .veil svg");
  if (!sheet) return;
  sheet.querySelector(`[data-clue="${CSS.escape(mark.dataset.clue)}"]`)?.remove();
  sheet.prepend(mark);
}

function showHere(place, here) {
  const whole = place.querySelector("[data-here]");
  const names = (rows) => rows.map(([number, agency]) => `${number} (${agency})`).join(", ");
  for (const [name, rows] of [["item", here.item], ["case", here.case]]) {
    const one = place.querySelector(`[data-here-${name}]`);
    one.hidden = !rows.length;
    one.querySelector("[data-names]").textContent = names(rows);
  }
  whole.hidden = !here.case.length;
}

/** Tell that this case is worked on: only in sight, and only after a key or a press of the last minutes. */
function count(place) {
  if (!place.dataset.beat) return;
  let acted = performance.now();
  for (const name of ["keydown", "pointerdown", "wheel"]) {
    document.addEventListener(name, () => { acted = performance.now(); }, { passive: true, capture: true });
  }
  const beat = () => {
    if (document.hidden || performance.now() - acted > AT_WORK_MS) return;
    const headers = { "X-CSRFToken": token() };
    fetch(place.dataset.beat, { method: "POST", headers, cache: "no-store", redirect: "error" }).catch(() => {});
  };
  beat();
  setInterval(beat, BEAT_MS);
}
