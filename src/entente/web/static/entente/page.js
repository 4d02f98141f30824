/* Small courtesies of every page: menus that close, errors that take the focus, the rail in view. */
import { all, firstTime } from "./say.js";

const fresh = firstTime();

/** ``<details data-menu>`` closes on Escape, on a press outside and when the focus leaves it. */
export function attachMenus() {
  const close = (keep) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== keep) menu.open = false;
    }
  };
  document.addEventListener("pointerdown", (event) => close(event.target.closest("details[data-menu]")));
  document.addEventListener("focusin", (event) => close(event.target.closest("details[data-menu]")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

/** ``[data-errors]``: focus the first error; following one focuses its field. */
export function attachErrors(root) {
  for (const box of all(root, "[data-errors]").filter(fresh)) {
    box.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      const field = link && document.getElementById(link.getAttribute("href").slice(1));
      if (!field) return;
      event.preventDefault();
      const inner = field.matches("input, select, textarea") ? field : field.querySelector("input, select, textarea");
      (inner ?? field).focus();
      (inner ?? field).scrollIntoView({ block: "center" });
    });
    box.querySelector("a")?.focus();
  }
}

/** On a narrow screen the rail is a strip: bring the present step into it. */
export function attachRail() {
  const rail = document.querySelector("[data-rail]");
  const here = rail?.querySelector("[aria-current]");
  if (here && rail.scrollWidth > rail.clientWidth) {
    const [strip, step] = [rail.getBoundingClientRect(), here.getBoundingClientRect()];
    rail.scrollLeft += step.left + step.width / 2 - (strip.left + strip.width / 2);
  }
}
