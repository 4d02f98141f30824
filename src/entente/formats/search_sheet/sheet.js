"use strict";
// Keeps what is ticked on this phone alone, says how far it is, and saves it as a small file. Reaches nobody.
(() => {
  const sheet = document.querySelector("[data-sheet]");
  const said = sheet.dataset, key = `entente-sheet-${said.sheet}`;
  const rows = [...sheet.querySelectorAll("[data-element]")];
  const by = document.getElementById("by"), told = document.getElementById("told");
  const progress = document.getElementById("progress"), keeping = document.getElementById("keeping");
  let at = {};

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const answer = (row) => row.querySelector("input[type=radio]:checked");
  const field = (row, name) => row.querySelector(`[data-${name}]`);

  function now() {
    const state = { by: by.value, ticks: {} };
    for (const row of rows) {
      const n = row.dataset.element;
      const tick = { answer: answer(row)?.value ?? "", place: field(row, "place").value, note: field(row, "note").value, at: at[n] ?? "" };
      if (tick.answer || tick.place || tick.note) state.ticks[n] = tick;
    }
    return state;
  }

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify(now()));
      keeping.textContent = said.keptHere;
    } catch {
      keeping.textContent = said.notKept;
    }
  }

  function bring() {
    let state = null;
    try {
      state = JSON.parse(localStorage.getItem(key) ?? "null");
      keeping.textContent = said.keptHere;
    } catch {
      keeping.textContent = said.notKept;
      return; // the sheet begins empty
    }
    by.value = state?.by ?? "";
    for (const row of rows) {
      const tick = state?.ticks?.[row.dataset.element];
      if (!tick) continue;
      for (const radio of row.querySelectorAll("input[type=radio]")) radio.checked = radio.value === tick.answer;
      field(row, "place").value = tick.place;
      field(row, "note").value = tick.note;
      if (tick.at) at[row.dataset.element] = tick.at;
    }
  }

  function tell() {
    const counts = { found: 0, "not here": 0, "not looked": 0 };
    for (const row of rows) {
      const one = answer(row), line = field(row, "told");
      if (one) counts[one.value] += 1;
      line.hidden = !one;
      const moment = at[row.dataset.element];
      if (one && moment) {
        const time = new Date(moment).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
        line.querySelector("span").textContent = fill(said.tickedAt, { time });
      }
    }
    const done = counts.found + counts["not here"] + counts["not looked"];
    progress.textContent = fill(said.progress, {
      done, all: rows.length, open: rows.length - done,
      found: counts.found, not_here: counts["not here"], not_looked: counts["not looked"],
    });
  }

  function changed() {
    keep();
    tell();
  }

  sheet.addEventListener("change", (event) => {
    const row = event.target.closest("[data-element]");
    // a place or a note written later leaves the moment at which it was ticked
    if (row && event.target.matches("[type=radio]")) at[row.dataset.element] = new Date().toISOString();
    changed();
  });
  sheet.addEventListener("input", (event) => { if (!event.target.matches("[type=radio]")) keep(); });
  sheet.addEventListener("click", (event) => {
    const back = event.target.closest("[data-back]");
    if (!back) return;
    const row = back.closest("[data-element]"), n = row.dataset.element;
    answer(row).checked = false;
    delete at[n];
    row.querySelector("input[type=radio]").focus();
    changed();
    told.textContent = fill(said.takenBack, { n });
  });

  document.getElementById("save").addEventListener("click", () => {
    const ticked = rows.filter(answer), number = by.value.trim();
    if (!/^(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9 ._\/-]*$/.test(number)) {
      told.textContent = said.needBy;
      by.focus();
      return;
    }
    if (!ticked.length) {
      told.textContent = said.needTick;
      return;
    }
    const ticks = ticked.map((row) => ({
      element: Number(row.dataset.element), answer: answer(row).value,
      place: field(row, "place").value.trim(), note: field(row, "note").value.trim(),
      at: at[row.dataset.element] ?? new Date().toISOString(),
    }));
    const text = JSON.stringify({ format: said.format, version: Number(said.version), sheet: said.sheet, by: number, ticks });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = said.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    told.textContent = fill(said.saved, { file: said.file });
  });

  document.getElementById("forget").addEventListener("click", () => {
    try {
      localStorage.removeItem(key);
    } catch {
      // it kept nothing
    }
    at = {};
    by.value = "";
    for (const row of rows) {
      for (const radio of row.querySelectorAll("input[type=radio]")) radio.checked = false;
      field(row, "place").value = field(row, "note").value = "";
    }
    tell();
    keeping.textContent = told.textContent = said.forgotten;
  });

  for (const one of sheet.querySelectorAll("[data-with]")) one.hidden = false;
  for (const one of sheet.querySelectorAll("[data-without]")) one.hidden = true;
  bring();
  tell();
})();
