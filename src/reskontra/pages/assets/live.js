// The live list of requests: rows wait while it is paused or scrolled down, and a button says how many.
"use strict";
(() => {
  const ROWS_MAX = 500;
  const part = (name) => document.querySelector(`[data-live=${name}]`);
  let held = [];

  const waits = () => part("pause")?.getAttribute("aria-pressed") === "true" || scrollY > 200;
  const show = () => {
    const rows = part("rows");
    if (rows && held.length && !waits()) {
      for (const row of held) rows.insertAdjacentHTML("afterbegin", row);
      held = [];
      while (rows.children.length > ROWS_MAX) rows.lastElementChild.remove();
    }
    const note = part("new");
    if (!note) return;
    note.hidden = !held.length;
    note.textContent = note.dataset.words.replace("{count}", held.length);
  };

  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    if (event.target !== part("rows")) return;
    event.preventDefault();
    held.push(event.detail.data);
    show();
  });
  document.addEventListener("htmx:beforeSwap", () => { held = []; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-live=pause], [data-live=new]");
    if (!button) return;
    const pause = part("pause");
    pause.setAttribute("aria-pressed", String(button === pause && pause.getAttribute("aria-pressed") !== "true"));
    if (button !== pause) scrollTo(0, 0);
    show();
  });
  addEventListener("scroll", show, { passive: true });
})();
