/* Votes by key: in a question, its letter presses its button; arrows go to the next question.

   [data-opinions] > li[tabindex]   one of them is in the tab order
   button[data-key]                 in the question: what the letter presses */

const TYPED = "textarea, input, select";

for (const list of document.querySelectorAll("[data-opinions]")) {
  list.addEventListener("keydown", (event) => {
    const here = event.target.closest("li");
    if (!here || event.target.closest(TYPED) || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (step) {
      event.preventDefault();
      move(here, here[step]);
      return;
    }
    const button = [...here.querySelectorAll("button[data-key]")].find((b) => b.dataset.key === event.key.toLowerCase());
    if (!button || event.repeat) return;
    event.preventDefault();
    button.click();
  });
  list.firstElementChild?.focus();
}

function move(here, there) {
  if (!there) return;
  here.tabIndex = -1;
  there.tabIndex = 0;
  there.focus();
}
