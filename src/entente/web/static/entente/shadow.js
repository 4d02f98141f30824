/* The height of the sun from an outline of three points: the top of a thing, its foot, the tip of its shadow.

   [data-shadow]   in the form of a clue, with data-wide data-high (the picture's pixels), [name=moment] and
                   button[name=shadow]; data-say-points data-say-moment data-say-done
   It writes kind and value into the form; the desk does the same where no script runs. */
import { all, firstTime, say, warn } from "./say.js";

const OFFSET = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*(Z|[+-]\d\d:?\d\d)$/i;
const fresh = firstTime();

/** Prepare every shadow tool under ``root``. */
export function attachShadows(root) {
  for (const tool of all(root, "[data-shadow]").filter(fresh)) {
    tool.querySelector("button[name=shadow]").addEventListener("click", (event) => {
      event.preventDefault();
      take(tool);
    });
  }
}

function take(tool) {
  const form = tool.closest("form");
  const points = pointsOf(form.querySelector("[name=polygon]").value);
  if (points.length !== 3) return warn(tool.dataset.sayPoints);
  const moment = tool.querySelector("[name=moment]").value.trim();
  if (!OFFSET.test(moment)) return warn(tool.dataset.sayMoment);
  const [top, foot, tip] = points;
  const [wide, high] = [Number(tool.dataset.wide), Number(tool.dataset.high)];
  const away = ([x, y]) => Math.round(10 * Math.hypot((x - foot[0]) * wide, (y - foot[1]) * high)) / 10;
  put(form.querySelector("[name=kind]"), "sun_elevation");
  put(form.querySelector("[name=value]"), `${away(top)}/${away(tip)}, ${moment}`);
  form.querySelector("[name=value]").focus();
  say(tool.dataset.sayDone);
}

function put(field, value) {
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/* The last point stands twice while it is placed by keys and was not moved. */
function pointsOf(text) {
  const pairs = text.replaceAll(";", " ").replace(/\s*,\s*/g, ",").trim().split(/\s+/);
  const points = pairs.map((pair) => pair.split(",").map(Number)).filter((p) => p.length === 2 && p.every(Number.isFinite));
  return points.filter((point, n) => !n || String(point) !== String(points[n - 1]));
}
