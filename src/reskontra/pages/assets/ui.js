// Keys, theme, copying, and small comforts. Every page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  const editable = (it) => it.matches("input, select, textarea, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-rows] > *")].filter((it) => it.querySelector("a"));
  const prefix = location.pathname.replace(/\/ui(\/.*)?$/, "/ui/");
  const places = { h: "", c: "customers", d: "documents", r: "reminding", b: "bank", l: "journal" };
  let pending = "";

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const now = all.findIndex((it) => it.contains(document.activeElement));
    const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
    next.querySelector("a").focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const current = () => rows().find((it) => it.contains(document.activeElement));
  const keys = {
    "?": () => document.getElementById("keys")?.showModal(),
    "/": () => document.getElementById("search")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    x: () => current()?.querySelector("input[type=checkbox]")?.click(),
    g: () => { pending = "g"; setTimeout(() => { pending = ""; }, 1500); },
  };

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if ((event.ctrlKey || event.metaKey) && event.key === "k") {
      event.preventDefault();
      document.getElementById("search")?.focus();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && target.form) {
      event.preventDefault();
      target.form.requestSubmit(target.form.querySelector("[data-save]") || undefined);
      return;
    }
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
      if (editable(target)) target.blur();
      else document.querySelector("details.menu[open]")?.removeAttribute("open");
      return;
    }
    if (root.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey || editable(target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === " " && target.closest("a, button, summary")) return;
    if (pending === "g") {
      pending = "";
      if (event.key in places) location.href = prefix + places[event.key];
      return;
    }
    const own = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (own) {
      event.preventDefault();
      own.click();
    } else if (event.key in keys) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  document.addEventListener("click", async (event) => {
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      const from = copier.dataset.copy ? document.querySelector(copier.dataset.copy) : copier.previousElementSibling;
      await navigator.clipboard.writeText(from.textContent.trim());
      copier.dataset.done = "1";
      setTimeout(() => delete copier.dataset.done, 1500);
      return;
    }
    const chooser = event.target.closest("[data-choose-all]");
    if (chooser) {
      for (const box of chooser.closest("table").querySelectorAll("tbody input[type=checkbox]")) box.checked = chooser.checked;
    }
    if (!event.target.closest("details.menu")) {
      for (const menu of document.querySelectorAll("details.menu[open]")) menu.removeAttribute("open");
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  const ready = () => {
    root.classList.add("js");
    document.querySelector("[data-focus]")?.focus();
    if (matchMedia("(min-width: 48rem)").matches) {
      for (const it of document.querySelectorAll("details[data-wide-open]")) it.open = true;
      for (const it of document.querySelectorAll("nav.main .more > details")) it.open = true;
    }
  };
  ready();

  // A fragment that could not be fetched keeps the old content and says so.
  for (const failed of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(failed, (event) => {
      const target = event.detail.target || document.getElementById("list");
      if (target && !target.querySelector(".stale")) {
        const note = document.createElement("p");
        note.className = "stale";
        note.setAttribute("role", "status");
        note.textContent = document.body.dataset.stale || "Not updated";
        target.prepend(note);
      }
    });
  }

  // Whoever leaves a form with changes is asked.
  let changed = false;
  document.addEventListener("input", (event) => { if (event.target.form?.matches("[data-guard]")) changed = true; });
  document.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
})();
