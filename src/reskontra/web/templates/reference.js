// Finds operations while one types. Without it the field filters by the address.
"use strict";
(() => {
  const field = document.querySelector("input[name=q]");
  const count = document.querySelector("[data-count]");
  const groups = [...document.querySelectorAll("[data-group]")];
  const entries = [...document.querySelectorAll("[data-text]")];
  const isWhole = !field.value;

  field.addEventListener("input", () => {
    if (!isWhole) return; // only what was found is here: Enter asks the server
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const it of entries) it.hidden = !words.every((word) => it.dataset.text.includes(word));
    for (const it of groups) it.hidden = !it.querySelector("[data-text]:not([hidden])");
    const found = document.querySelectorAll("article:not([hidden])").length;
    count.textContent = words.length ? `${found} operations` : "";
    const address = words.length ? `?q=${encodeURIComponent(field.value)}` : location.pathname;
    history.replaceState(null, "", address);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== field && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      field.focus();
    }
  });
  if (matchMedia("(min-width: 50rem)").matches) {
    for (const it of document.querySelectorAll("nav details")) it.open = true;
  }
})();
