/* Mark a box or an outline on a picture, by pointer or keys; fields in a form say the same and work alone.

   .veil[data-mark="ID"]   the picture's place; ID holds inputs named x, y, w, h (fractions, 0 to 1), and, where
                           outlines may be drawn, one named polygon ("x,y x,y …") and buttons with
                           data-shape="box" and "polygon" that say which of the two the picture takes
   svg [data-clue]         marks that stand already; [data-clue-row] is the row of the same clue
   data-say-box            sentence with %x %y %w %h (per cent); data-say-point with %n %x %y; data-say-none */
import { all, firstTime, say } from "./say.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.01;
const LEAST = 0.005;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
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
  const outline = form.querySelector('[name="polygon"]');
  const mark = {
    place,
    box: () => Object.fromEntries(Object.entries(inputs).map(([n, input]) => [n, Number(input.value)])),
    points: () => pointsOf(outline?.value ?? ""),
    drawsPoints: () => form.querySelector('[data-shape="polygon"]')?.getAttribute("aria-pressed") === "true",
    setBox(box) {
      for (const [n, input] of Object.entries(inputs)) input.value = box ? round(box[n]) : "";
      if (outline) outline.value = "";
      draw(mark);
    },
    setPoints(points) {
      outline.value = points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
      const about = points.length > 2 ? boxAbout(points) : null;
      for (const [n, input] of Object.entries(inputs)) input.value = about ? round(about[n]) : "";
      draw(mark);
    },
  };
  form.addEventListener("input", () => draw(mark));
  form.addEventListener("reset", () => setTimeout(() => mark.setBox(null))); // once the fields are empty
  shapes(form, mark);
  byPointer(mark);
  place.addEventListener("keydown", (event) => {
    if (mark.drawsPoints() ? keyPoint(mark, event) : keyBox(mark, event)) event.preventDefault();
  });
  draw(mark);
}

/* Which of the two the picture takes; an outline that is there already is gone on with. */
function shapes(form, mark) {
  const buttons = [...form.querySelectorAll("[data-shape]")];
  const press = (shape) => {
    for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.shape === shape));
  };
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => { press(button.dataset.shape); mark.place.focus(); });
  }
  if (mark.points().length) press("polygon");
}

function draw(mark) {
  const svg = mark.place.querySelector("svg");
  for (const old of svg.querySelectorAll(".draft")) old.remove();
  const points = mark.points();
  const box = mark.box();
  if (points.length) {
    add(svg, "polygon", { points: points.map((p) => p.join(",")).join(" ") });
    const area = mark.place.getBoundingClientRect();
    const size = (pixels, whole) => (whole ? pixels / whole : 0.01);
    points.forEach(([cx, cy], n) => {
      const r = n === points.length - 1 ? 6 : 4;
      add(svg, "ellipse", { cx, cy, rx: size(r, area.width), ry: size(r, area.height) });
    });
  } else if (box.w > 0 && box.h > 0) {
    add(svg, "rect", { x: box.x, y: box.y, width: box.w, height: box.h });
  }
}

function add(svg, name, attributes) {
  const element = document.createElementNS(SVG, name);
  element.classList.add("draft");
  for (const [n, value] of Object.entries(attributes)) element.setAttribute(n, String(value));
  svg.append(element);
}

function tellBox(mark) {
  const box = mark.box();
  const text = mark.place.dataset.sayBox ?? "";
  say(text.replace(/%([xywh])/g, (_, n) => String(Math.round(box[n] * 100))));
}

function tellPoint(mark) {
  const points = mark.points();
  if (!points.length) return say(mark.place.dataset.sayNone ?? "");
  const [x, y] = points.at(-1).map((v) => String(Math.round(v * 100)));
  const told = { n: points.length, x, y };
  say((mark.place.dataset.sayPoint ?? "").replace(/%([nxy])/g, (_, n) => String(told[n])));
}

function byPointer(mark) {
  const { place } = mark;
  let from = null;
  const at = (event) => {
    const area = place.getBoundingClientRect();
    return [clamp((event.clientX - area.left) / area.width), clamp((event.clientY - area.top) / area.height)];
  };
  place.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || (event.target.closest("[data-clue]") && !mark.drawsPoints())) return;
    from = at(event);
    if (mark.drawsPoints()) mark.setPoints([...mark.points(), from]);
    place.setPointerCapture(event.pointerId);
    place.focus();
    event.preventDefault();
  });
  place.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = at(event);
    if (mark.drawsPoints()) return mark.setPoints([...mark.points().slice(0, -1), to]);
    const [x, y] = [Math.min(from[0], to[0]), Math.min(from[1], to[1])];
    const [w, h] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
    if (w >= LEAST && h >= LEAST) mark.setBox({ x, y, w, h });
  });
  for (const name of ["pointerup", "pointercancel"]) {
    place.addEventListener(name, () => {
      if (from) (mark.drawsPoints() ? tellPoint : tellBox)(mark);
      from = null;
    });
  }
}

/* Alt makes the step ten times finer. */
function keyBox(mark, event) {
  const box = mark.box();
  const stands = box.w > 0 && box.h > 0;
  if (event.key === "Enter" && !stands) mark.setBox({ x: 0.4, y: 0.4, w: 0.2, h: 0.2 });
  else if (event.key === "Escape" && stands) mark.setBox(null);
  else if (event.key in WAYS && stands) mark.setBox(moved(box, WAYS[event.key], event.shiftKey, event.altKey));
  else return false;
  tellBox(mark);
  return true;
}

/* Enter places a point where the last one stands, for the arrows to move; one that was not moved is enough. */
function keyPoint(mark, event) {
  const points = mark.points();
  const [last, other] = [points.at(-1), points.at(-2)];
  const waits = last && other && String(last) === String(other);
  if (event.key === "Enter" && !waits) mark.setPoints([...points, last ?? [0.5, 0.5]]);
  else if (event.key === "Escape" && last) mark.setPoints(points.slice(0, -1));
  else if (event.key in WAYS && last) {
    const step = event.altKey ? STEP / 10 : STEP;
    const [dx, dy] = WAYS[event.key];
    mark.setPoints([...points.slice(0, -1), [clamp(last[0] + dx * step), clamp(last[1] + dy * step)]]);
  } else return false;
  tellPoint(mark);
  return true;
}

function moved(box, [dx, dy], size, fine) {
  const step = fine ? STEP / 10 : STEP;
  if (!size) {
    return { ...box, x: clamp(box.x + dx * step, 1 - box.w), y: clamp(box.y + dy * step, 1 - box.h) };
  }
  const w = Math.max(LEAST, clamp(box.w + dx * step, 1 - box.x));
  return { ...box, w, h: Math.max(LEAST, clamp(box.h + dy * step, 1 - box.y)) };
}

/* Half a point, as while typing, is none yet; the desk says what is wrong when it is sent. */
function pointsOf(text) {
  const pairs = text.replaceAll(";", " ").replace(/\s*,\s*/g, ",").trim().split(/\s+/);
  const points = pairs.map((pair) => pair.split(",").map((v) => (v === "" ? NaN : Number(v))));
  return points.filter((point) => point.length === 2 && point.every(Number.isFinite));
}

function boxAbout(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
}

const clamp = (value, most = 1) => Math.min(Math.max(value, 0), most);
const round = (value) => String(Math.round(value * 1000) / 1000);
