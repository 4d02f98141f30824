/* A grid of tiles, or a table of rows, under the hand: arrows move, space chooses, one letter decides.

   [data-grid] with [data-tile] inside   each with a checkbox in .pick; it is the tile's one place
                                                  in the tab order
   data-order                       a selection that is held in windows: see windows.js; without it every
                                    tile is there
   [data-decisions] button[data-key]   in the same form: the letter presses it for the chosen tiles, or for
                                       the tile in focus when none is chosen; with data-now see decide.js
   .tile [data-key]                 the letter presses it in the tile in focus
   output[data-chosen]              data-none, data-some ("%n chosen") */
import { decideNow, undoLast } from "./decide.js";
import { all, firstTime } from "./say.js";
import { hold } from "./windows.js";

const fresh = firstTime();

/** Prepare every grid under ``root``. */
export function attachGrids(root) {
  all(root, "[data-grid]").filter(fresh).forEach(prepare);
}

const OFFERED = "input, button, a";
const box = (tile) => tile.querySelector(".pick input");
const tileAt = (event) => event.target.closest?.("[data-tile]");
const enter = (tile) => { tile.dataset.here = ""; for (const one of tile.querySelectorAll(OFFERED)) one.tabIndex = 0; };

/* Only the tile in focus offers its buttons to the tab key. */
function quiet(tile) {
  delete tile.dataset.here;
  for (const one of tile.querySelectorAll(OFFERED)) one.tabIndex = -1;
}

function prepare(grid) {
  const form = grid.closest("form") ?? document;
  const held = grid.dataset.order !== undefined;
  const shelf = held ? hold(grid, { quiet, focus: focusOn, count: () => count(form, shelf) }) : standing(grid);
  for (const tile of grid.querySelectorAll("[data-tile]")) quiet(tile);
  const first = shelf.tile(shelf.here);
  if (first) enter(first);
  grid.addEventListener("focusin", (event) => {
    const tile = tileAt(event);
    if (!tile) return;
    const before = grid.querySelector("[data-tile][data-here]");
    if (before && before !== tile) quiet(before);
    enter(tile);
    shelf.here = shelf.indexOf(tile);
  });
  grid.addEventListener("keydown", (event) => onKey(form, shelf, event));
  grid.addEventListener("change", (event) => {
    const tile = tileAt(event);
    if (tile) shelf.choose?.(tile, box(tile).checked);
    count(form, shelf);
  });
  grid.addEventListener("click", (event) => {
    const fold = event.target.closest("[data-unfold]");
    if (!fold || !held || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    shelf.fold(shelf.indexOf(tileAt(event)));
  });
  for (const button of form.querySelectorAll("[data-decisions] button[data-now]")) {
    button.addEventListener("click", (event) => {
      if (!held) return;
      event.preventDefault();
      decideNow(grid, shelf, button);
    });
  }
  form.querySelector("[data-decisions] [data-undo]")?.addEventListener("click", (event) => {
    event.preventDefault();
    undoLast(grid, shelf);
  });
  count(form, shelf);
}

/** Every tile is there. */
function standing(grid) {
  const tiles = () => [...grid.querySelectorAll("[data-tile]")];
  return {
    here: 0,
    get size() { return tiles().length; },
    tile: (index) => tiles()[index] ?? null,
    indexOf: (tile) => tiles().indexOf(tile),
    show: (index) => tiles()[index] ?? null,
    chosen: () => grid.querySelectorAll(".pick input:checked").length,
    columns: () => columnsOf(tiles()),
  };
}

function onKey(form, shelf, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const tile = tileAt(event);
  if (!tile && event.target !== event.currentTarget) return; // a menu or field of the table's head
  const here = tile ? shelf.indexOf(tile) : shelf.here;
  const step = stepOf(event.key, shelf, here, tile);
  if (step !== null) {
    event.preventDefault();
    move(shelf, here + step);
  } else if (event.key.length === 1 && event.key !== " ") {
    if (tile && decide(form, shelf, tile, event.key)) event.preventDefault();
    else if (event.key === "u" && shelf.fold) {
      event.preventDefault();
      undoLast(event.currentTarget, shelf);
    } else if (event.key === "e" && shelf.fold && tile) {
      event.preventDefault();
      shelf.fold(here);
    }
  }
}

function stepOf(key, shelf, here, tile) {
  const wide = shelf.columns();
  const high = (tile ?? shelf.tile(shelf.here))?.offsetHeight || 48;
  const screen = wide * Math.max(1, Math.floor(window.innerHeight / (high + 12)) - 1);
  const steps = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: here - wide < 0 ? 0 : -wide, ArrowDown: wide,
    PageUp: -screen, PageDown: screen, Home: -here, End: shelf.size - 1 - here,
  };
  return key in steps ? steps[key] : null;
}

/* How many tiles stand in the first row now; the style sheet decides it, so it is read, not kept. */
function columnsOf(tiles) {
  const top = tiles[0].offsetTop;
  let n = 1;
  while (n < tiles.length && tiles[n].offsetTop === top) n += 1;
  return n;
}

function move(shelf, index) {
  const tile = shelf.show(Math.min(Math.max(index, 0), shelf.size - 1));
  if (tile) focusOn(tile);
}

function focusOn(tile) {
  (box(tile) ?? tile.querySelector(OFFERED))?.focus({ preventScroll: true });
  const see = () => { if (tile.contains(document.activeElement)) tile.scrollIntoView({ block: "nearest" }); };
  see();
  /* tiles that come into sight take their true height some frames later, and push this one on */
  for (const wait of [20, 80, 200]) setTimeout(see, wait);
}

function decide(form, shelf, tile, key) {
  const named = (root) => [...root.querySelectorAll("[data-key]")].find((b) => b.dataset.key === key && !b.disabled);
  const own = named(tile);
  if (own) {
    own.click();
    return true;
  }
  const button = [...form.querySelectorAll("[data-decisions]")].map(named).find(Boolean);
  if (!button) return false;
  if (!shelf.chosen() && !("now" in button.dataset)) {
    box(tile).checked = true;
    shelf.choose?.(tile, true);
    count(form, shelf);
  }
  button.click();
  return true;
}

function count(form, shelf) {
  const output = form.querySelector("output[data-chosen]");
  if (!output) return;
  const chosen = shelf.chosen();
  output.textContent = chosen ? (output.dataset.some ?? "%n").replace("%n", chosen) : output.dataset.none ?? "";
}
