/* A grid of tiles under the hand: arrows move, space chooses, one letter decides. Holds 5,000 tiles.

   ol[data-grid] > .tile            each with a checkbox in .pick; it is the tile's one place in the tab order
   [data-decisions] button[data-key]   in the same form: the letter presses it for the chosen tiles, or for
                                       the tile in focus when none is chosen
   .tile button[data-key]           the letter presses it in the tile in focus
   output[data-chosen]              data-none, data-some ("%n chosen") */
import { all, firstTime } from "./say.js";

const fresh = firstTime();

/** Prepare every grid under ``root``. */
export function attachGrids(root) {
  all(root, "[data-grid]").filter(fresh).forEach(prepare);
}

const box = (tile) => tile.querySelector(".pick input");
const tilesOf = (grid) => grid.children;
const tileAt = (event) => event.target.closest(".tile");

function prepare(grid) {
  for (const element of grid.querySelectorAll("input, button, a")) element.tabIndex = -1;
  if (tilesOf(grid).length) enter(tilesOf(grid)[0]);
  grid.addEventListener("focusin", (event) => {
    const tile = tileAt(event);
    const before = grid.querySelector(".tile[data-here]");
    if (!tile || tile === before) return;
    if (before) leave(before);
    enter(tile);
  });
  grid.addEventListener("keydown", (event) => onKey(grid, event));
  grid.addEventListener("change", () => count(grid));
  count(grid);
}

/* Only the tile in focus offers its buttons to the tab key. */
function enter(tile) {
  tile.dataset.here = "";
  for (const element of tile.querySelectorAll("input, button, a")) element.tabIndex = 0;
}

function leave(tile) {
  delete tile.dataset.here;
  for (const element of tile.querySelectorAll("input, button, a")) element.tabIndex = -1;
}

function onKey(grid, event) {
  const tile = tileAt(event);
  if (!tile || event.ctrlKey || event.metaKey || event.altKey) return;
  const tiles = [...tilesOf(grid)];
  const here = tiles.indexOf(tile);
  const step = stepOf(event.key, tiles, here);
  if (step !== null) {
    event.preventDefault();
    move(tiles, here + step);
  } else if (event.key.length === 1 && event.key !== " ") {
    if (decide(grid, tile, event.key)) event.preventDefault();
  }
}

function stepOf(key, tiles, here) {
  const wide = columns(tiles);
  const screen = wide * Math.max(1, Math.floor(window.innerHeight / (tiles[0].offsetHeight + 12)) - 1);
  const steps = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: here - wide < 0 ? 0 : -wide, ArrowDown: wide,
    PageUp: -screen, PageDown: screen, Home: -here, End: tiles.length - 1 - here,
  };
  return key in steps ? steps[key] : null;
}

/* How many tiles stand in the first row now; the style sheet decides it, so it is read, not kept. */
function columns(tiles) {
  const top = tiles[0].offsetTop;
  let n = 1;
  while (n < tiles.length && tiles[n].offsetTop === top) n += 1;
  return n;
}

function move(tiles, index) {
  const tile = tiles[Math.min(Math.max(index, 0), tiles.length - 1)];
  box(tile).focus({ preventScroll: true });
  const see = () => { if (tile.contains(document.activeElement)) tile.scrollIntoView({ block: "nearest" }); };
  see();
  /* tiles that come into sight take their true height some frames later, and push this one on */
  for (const wait of [20, 80, 200]) setTimeout(see, wait);
}

function decide(grid, tile, key) {
  const named = (root) => [...root.querySelectorAll("button[data-key]")].find((b) => b.dataset.key === key && !b.disabled);
  const own = named(tile);
  if (own) {
    own.click();
    return true;
  }
  const button = [...(grid.closest("form") ?? document).querySelectorAll("[data-decisions]")].map(named).find(Boolean);
  if (!button) return false;
  if (!grid.querySelector(".pick input:checked")) box(tile).checked = true;
  count(grid);
  button.click();
  return true;
}

function count(grid) {
  const output = (grid.closest("form") ?? document).querySelector("output[data-chosen]");
  if (!output) return;
  const chosen = grid.querySelectorAll(".pick input:checked").length;
  output.textContent = chosen ? (output.dataset.some ?? "%n").replace("%n", chosen) : output.dataset.none ?? "";
}
