/* What is recorded of an item is kept without leaving its page: the frame, the zoom and the place stay.

   form[data-keep]    is sent beside the page while live.js follows the item: its row comes as anybody's does
   [data-leave]       a button of such a form that leads elsewhere, and is pressed as without this script
   data-say-lost      said when the desk cannot be reached; what was typed stays

   A refusal is the desk's to show: the form is sent again as without this script, and nothing was kept before. */
import { follows } from "./live.js";
import { say, warn } from "./say.js";

const plain = new WeakSet(); // forms on their way as without this script

/** Send the forms of an item beside its page. */
export function attachKeep() {
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || !form.matches("[data-keep]") || submitter?.matches("[data-leave]")) return;
    if (plain.has(form) || !follows() || document.querySelector("[data-errors]")) return;
    event.preventDefault();
    keep(form, submitter);
  });
}

async function keep(form, button) {
  if (form.hasAttribute("aria-busy")) return; // a second press of the same
  form.setAttribute("aria-busy", "true");
  const [body, headers] = [new FormData(form, button), { Accept: "text/plain" }];
  try {
    const answer = await fetch(button?.getAttribute("formaction") ?? form.action, { method: "POST", body, headers, redirect: "manual" });
    if (answer.status === 201) {
      form.reset();
      say(await answer.text());
    } else if (answer.type === "opaqueredirect") location.reload();
    else {
      plain.add(form);
      form.requestSubmit(button);
    }
  } catch {
    warn(form.dataset.sayLost);
  }
  form.removeAttribute("aria-busy");
}
