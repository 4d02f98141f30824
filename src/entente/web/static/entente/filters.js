/* Filters act as they are chosen: the selection alone is brought anew, the address and the history follow.

   form[data-filters]     POSTs to the desk, which keeps the step and leads to the page of what is left;
                          data-say-refused is told when it does not answer
   a[data-selection]      another view of the selection, or a step of the search history
   #selection             what is replaced; the header X-Part asks for it alone */
import { part } from "./part.js";
import { say, warn } from "./say.js";

let under = null; // the request under way

/** Listen for every filter, now and later. */
export function attachFilters() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-filters]");
    if (form) use(form);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-filters]")) return;
    event.preventDefault();
    use(event.target);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-selection]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    bring(link.href, {}, true);
  });
  if (!document.getElementById("selection")) return;
  history.scrollRestoration = "manual";
  window.addEventListener("popstate", () => bring(location.href, {}, false));
}

function use(form) {
  bring(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }, true);
}

async function bring(url, how, forward) {
  const old = document.getElementById("selection");
  const form = old?.querySelector("form[data-filters]");
  if (!form) return;
  under?.abort();
  under = new AbortController();
  const signal = under.signal;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await part(url, { ...how, signal, headers: { "X-Part": "selection" } });
    if (signal.aborted) return;
    if (forward) history.pushState({}, "", answer.url);
    replace(old, answer.document);
    performance.mark("selection shown");
  } catch {
    if (signal.aborted) return;
    form.removeAttribute("aria-busy");
    warn(form.dataset.sayRefused);
  }
}

function replace(old, answer) {
  const brought = document.adoptNode(answer.getElementById("selection"));
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const open = old.querySelector("[data-trail]")?.open;
  old.replaceWith(brought);
  if (open && brought.querySelector("[data-trail]")) brought.querySelector("[data-trail]").open = true;
  document.dispatchEvent(new CustomEvent("desk:brought", { detail: brought }));
  const again = focused && (document.getElementById(focused.id) ?? brought.querySelector("#items-title"));
  if (again && !brought.contains(document.activeElement)) again.focus({ preventScroll: true });
  say(brought.querySelector("#items-title")?.textContent.trim());
}
