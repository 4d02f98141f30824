/* Mark a box on a picture, by pointer or keys; four numbers in a form say the same and work alone.

   .veil[data-mark="ID"]   the picture's place; ID holds inputs named x, y, w, h (fractions, 0 to 1)
   svg rect[data-clue]     marks that stand already; [data-clue-row] is the row of the same clue
   data-say-box            sentence with %x %y %w %h (per cent) */
import { all, firstTime, say } from "./say.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.01;
const LEAST = 0.005;
const fresh = firstTime();

/** Prepare every markable picture under ``root``, and the tie between marks and clue rows. */
export function attachMarks(root) {
  all(root, "[data-mark]").filter(fresh).forEach(prepare);
  all(root, "[data-clue], [data-clue-row]").filter(fresh).forEach((element) => {
    element.addEventListener("click", () => tie(element.dataset.clue ?? element.dataset.clueRow, element));
  });
}

function tie(id, from) {
  for (const element of document.querySelectorAll("[data-clue], [data-clue-row]")) {
    const same = (element.dataset.clue ?? element.dataset.clueRow) === id;
    element.classList.toggle("here", same);
    if (same && element !== from && element.dataset.clueRow) element.scrollIntoView({ block: "nearest" });
  }
}

function prepare(place) {
  const form = document.getElementById(place.dataset.mark);
  if (!form) return;
  const inputs = Object.fromEntries(["x", "y", "w", "h"].map((n) => [n, form.querySelector(`[name="${n}"]`)]));
  const draft = document.createElementNS(SVG, "rect");
  draft.classList.add("draft");
  const read = () => Object.fromEntries(Object.entries(inputs).map(([n, input]) => [n, Number(input.value)]));
  const write = (box) => {
    for (const [n, input] of Object.entries(inputs)) input.value = box ? round(box[n]) : "";
    draw();
  };
  const draw = () => {
    const box = read();
    if (!(box.w > 0 && box.h > 0)) return draft.remove();
    const names = { x: "x", y: "y", w: "width", h: "height" };
    for (const [n, name] of Object.entries(names)) draft.setAttribute(name, String(box[n]));
    place.querySelector("svg").append(draft);
  };
  const tell = () => {
    const box = read();
    const text = place.dataset.sayBox ?? "";
    say(text.replace(/%([xywh])/g, (_, n) => String(Math.round(box[n] * 100))));
  };
  form.addEventListener("input", draw);
  byPointer(place, write, tell);
  byKeys(place, read, write, tell);
  draw();
}

function byPointer(place, write, tell) {
  let from = null;
  const at = (event) => {
    const area = place.getBoundingClientRect();
    return [clamp((event.clientX - area.left) / area.width), clamp((event.clientY - area.top) / area.height)];
  };
  place.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("[data-clue]")) return;
    from = at(event);
    place.setPointerCapture(event.pointerId);
    place.focus();
    event.preventDefault();
  });
  place.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = at(event);
    const [x, y] = [Math.min(from[0], to[0]), Math.min(from[1], to[1])];
    const [w, h] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
    if (w >= LEAST && h >= LEAST) write({ x, y, w, h });
  });
  for (const name of ["pointerup", "pointercancel"]) {
    place.addEventListener(name, () => { if (from) tell(); from = null; });
  }
}

function byKeys(place, read, write, tell) {
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  place.addEventListener("keydown", (event) => {
    const box = read();
    const stands = box.w > 0 && box.h > 0;
    if (event.key === "Enter" && !stands) write({ x: 0.4, y: 0.4, w: 0.2, h: 0.2 });
    else if (event.key === "Escape" && stands) write(null);
    else if (event.key in ways && stands) write(moved(box, ways[event.key], event.shiftKey, event.altKey));
    else return;
    event.preventDefault();
    tell();
  });
}

/* Alt makes the step ten times finer. */
function moved(box, [dx, dy], size, fine) {
  const step = fine ? STEP / 10 : STEP;
  if (!size) {
    return { ...box, x: clamp(box.x + dx * step, 1 - box.w), y: clamp(box.y + dy * step, 1 - box.h) };
  }
  const w = Math.max(LEAST, clamp(box.w + dx * step, 1 - box.x));
  return { ...box, w, h: Math.max(LEAST, clamp(box.h + dy * step, 1 - box.y)) };
}

const clamp = (value, most = 1) => Math.min(Math.max(value, 0), most);
const round = (value) => String(Math.round(value * 1000) / 1000);
