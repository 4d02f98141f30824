/* One key, one decision, at once: a small POST. The tile says it before the desk has answered; when the desk
   refuses, the tile says again what it said, and the officer is told. ``u`` takes the last one back.

   [data-decisions] button[data-now]   its value is stored; its text is what the tile says
   [data-review]                       where a tile says how it stands
   [data-decisions] [data-undo]         takes back; its value is the last change of before
   data-undo-url, data-say-refused     on the grid */
import { token, warn, warnOf } from "./say.js";

const changes = []; // that can be taken back, the last one last
let line = Promise.resolve(); // decisions are stored in the order in which they were made

/** Decide on the chosen items, or on the one in focus, and go on to the next. */
export function decideNow(grid, shelf, button) {
  const single = !shelf.chosen();
  const stacks = single ? [shelf.stack(shelf.here)] : shelf.numbers();
  if (!stacks[0]) return;
  const heads = new Set(stacks.map((stack) => stack[0]));
  const before = new Map(shelf.tilesOf(heads).map((tile) => [tile, standing(tile)]));
  const words = textOf(button);
  for (const tile of before.keys()) stand(tile, { state: button.value, text: words });
  const at = shelf.here;
  if (single && at + 1 < shelf.size) {
    const next = shelf.show(at + 1);
    next?.querySelector(".pick input")?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  }
  const numbers = stacks.map((stack) => stack.join(".")).join(" ");
  const form = grid.closest("form");
  line = line.then(() => post(form.action, { state: button.value, numbers })).then((answer) => {
    changes.push({ change: answer.change, number: stacks[0][0] });
    performance.mark("decision stored");
    offer(grid);
    if (!single) shelf.forget();
    told(grid, answer.told);
  }).catch((fault) => {
    for (const [tile, was] of before) if (standing(tile).state === button.value) stand(tile, was);
    tell(grid, fault);
  });
}

/** Take back what was decided last, on this page or before. */
export function undoLast(grid, shelf) {
  line = line.then(async () => {
    const last = changes.pop() ?? { change: buttonOf(grid)?.value };
    if (!last.change) return;
    const answer = await post(grid.dataset.undoUrl, { change: last.change });
    if (buttonOf(grid)?.value === last.change) buttonOf(grid).value = "";
    for (const [number, state] of Object.entries(answer.states)) {
      for (const tile of shelf.tilesOf(new Set([Number(number)]))) stand(tile, { state, text: wordsOf(grid, state) });
    }
    offer(grid);
    const place = last.number ? shelf.placeOf(last.number) : -1;
    if (place >= 0) shelf.show(place)?.querySelector(".pick input")?.focus();
    told(grid, answer.told);
  }).catch((fault) => tell(grid, fault));
}

const buttonOf = (grid) => grid.closest("form")?.querySelector("[data-decisions] [data-undo]");
const textOf = (button) => button.firstChild.textContent.trim();

function wordsOf(grid, state) {
  const button = [...grid.closest("form").querySelectorAll("button[data-now]")].find((b) => b.value === state);
  return button ? textOf(button) : "";
}

function standing(tile) {
  const place = tile.querySelector("[data-review]");
  return { state: place?.dataset.review, text: place?.textContent };
}

function stand(tile, { state, text }) {
  const place = tile.querySelector("[data-review]");
  if (!place) return;
  place.dataset.review = state;
  place.textContent = text;
  place.hidden = state === "none";
}

async function post(url, fields) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token(), "X-Part": "decision" },
    body: new URLSearchParams(fields),
    credentials: "same-origin",
    cache: "no-store",
    redirect: "error",
  });
  if (!answer.ok) throw answer;
  return answer.json();
}

/* Why it was refused, in the desk's own words where it has some. */
async function tell(grid, fault) {
  const answered = fault instanceof Response;
  if (answered && fault.headers.get("X-Confirm")) return warnOf(fault, grid.dataset.sayRefused);
  const plain = answered && fault.headers.get("Content-Type")?.startsWith("text/plain");
  warn(`${grid.dataset.sayRefused} ${plain ? await fault.text() : ""}`.trim());
}

/* The button that takes back is there as long as there is something to take back. */
function offer(grid) {
  const button = buttonOf(grid);
  if (button) button.hidden = !changes.length && !button.value;
}

function told(grid, text) {
  const place = grid.closest("form")?.querySelector("output[data-chosen]");
  if (place) place.textContent = text; // a status of its own: it is read out, too
}
