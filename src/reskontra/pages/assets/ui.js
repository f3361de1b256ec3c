// Keys, theme, copying, and small comforts. Every page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  const editable = (it) => it.matches("input, select, textarea, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-rows] > *")].filter((it) => it.querySelector("a"));
  const prefix = location.pathname.replace(/\/ui(\/.*)?$/, "/ui/");
  const places = { h: "", c: "customers", d: "documents", r: "reminding", l: "journal" };
  let pending = "", wanted = "", typed = 0;

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
      (target.form.querySelector("[data-save]") || { click: () => target.form.requestSubmit() }).click();
      return;
    }
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
      const menu = document.querySelector("details.menu[open]");
      if (editable(target)) target.blur();
      else if (menu) menu.removeAttribute("open");
      else if (root.dataset.keys === "on") (document.querySelector("[data-back]") || { click: () => history.back() }).click();
      return;
    }
    const isArrow = /^Arrow(Up|Down)$/.test(event.key) && (target.id === "search" || !editable(target));
    if (isArrow && document.querySelector("[data-arrows]") && rows().length) {
      event.preventDefault();
      return move(event.key === "ArrowDown" ? 1 : -1);
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

  // Lines of a form: Enter adds one, Alt and an arrow go to the same field of the next.
  document.addEventListener("keydown", (event) => {
    const form = event.target.form;
    if (!form?.matches("[data-lines]") || !event.target.matches("input, select") || event.ctrlKey || event.metaKey) return;
    const [, at, name] = /^line\.(\d+)\.(\w+)$/.exec(event.target.name) || [];
    const to = (line, field) => document.getElementById(`line.${line}.${field}`);
    if (event.altKey && name && /^Arrow(Up|Down)$/.test(event.key)) to(+at + (event.key === "ArrowDown" ? 1 : -1), name)?.focus();
    else if (event.key === "Enter" && !event.altKey) {
      const next = name ? to(+at + 1, "item") : to(0, "item");
      if (next) next.focus();
      else { wanted = `line.${+at + 1}.item`; form.querySelector("[data-add]").click(); }
    } else return;
    event.preventDefault();
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
    const wide = matchMedia("(min-width: 48.01rem)");
    if (wide.matches) for (const it of document.querySelectorAll("details[data-wide-open]")) it.open = true;
    // Part of the menu where there is room for it; a list that covers the page where there is not.
    const unfold = () => {
      for (const it of document.querySelectorAll("nav.main .more > details")) it.open = wide.matches;
    };
    unfold();
    wide.addEventListener("change", unfold);
  };
  ready();

  // What went wrong with a form stands above it, and the form stays; any other fragment keeps the old content.
  let isOut = false;
  const formOf = (detail) => detail.requestConfig?.elt.closest("form[method=post]");
  const clear = (form) => { if (form?.previousElementSibling?.matches(".refused")) form.previousElementSibling.remove(); };
  const told = (xhr) => new DOMParser().parseFromString(xhr.responseText || "", "text/html").querySelector(".problems");
  const tell = (form, found, isSave) => {
    const note = found || document.createElement("div");
    if (!found) note.append(Object.assign(document.createElement("p"), { textContent: document.body.dataset.unknown }));
    note.className = "problems stale refused";
    note.setAttribute("role", "alert");
    note.tabIndex = -1;
    clear(form);
    form.before(document.adoptNode(note));
    if (isSave) note.focus();
  };
  for (const failed of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(failed, (event) => {
      const { target, xhr } = event.detail, form = formOf(event.detail);
      if (form && target?.id === "content") return tell(form, told(xhr), true);
      const stale = target || document.getElementById("list");
      if (stale && !stale.querySelector(".stale")) {
        const note = document.createElement("p");
        note.className = "stale";
        note.setAttribute("role", "status");
        note.textContent = document.body.dataset.stale || "Not updated";
        stale.prepend(note);
      }
    });
  }

  // Signed in again in another tab, as the same person in the same company: the forms of this page take the new seal.
  const renew = async () => {
    if (!isOut || document.hidden) return;
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const seal = fresh.querySelector("input[name=seal]");
    if (!seal || fresh.body.dataset.whose !== document.body.dataset.whose) return;
    for (const it of document.querySelectorAll("input[name=seal]")) it.value = seal.value;
    isOut = false;
    for (const it of document.querySelectorAll(".refused")) it.remove();
  };
  addEventListener("focus", renew);
  document.addEventListener("visibilitychange", renew);

  // What is typed while a form is computed stays; a refusal of a form is shown as it is.
  document.addEventListener("input", () => { typed += 1; });
  // A line that is added or taken out goes before what is computed, and is asked for again if something was typed since.
  let saving = false, turn = 0, stepping = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { target, xhr, requestConfig } = event.detail, isSheet = target.matches("[data-sheet]");
    const isStep = isSheet && requestConfig.elt.matches("[data-add], .remove");
    if (target.id === "content") saving = true;
    else if (isSheet && (saving || stepping)) return event.preventDefault();
    if (isStep) { turn += 1; stepping = xhr; }
    Object.assign(xhr, { typed, turn });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (!event.detail.successful) saving = false;
    if (xhr !== stepping) return;
    stepping = null;
    if (xhr.isLate) setTimeout(() => requestConfig.elt.click());
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail, form = formOf(event.detail);
    if (xhr.status === 401 || (xhr.status === 403 && form)) {
      const note = told(xhr);
      Object.assign(event.detail, { shouldSwap: false, isError: !note });
      if (xhr.status === 401) isOut = true;
      if (note) tell(form || target, note, target.id === "content");
    } else if (target.matches("[data-sheet]") && (xhr.typed !== typed || xhr.turn !== turn)) {
      event.detail.shouldSwap = false;
      xhr.isLate = xhr.status < 400;
    }
    else if (target.id === "content" && xhr.status >= 400 && xhr.status < 500) Object.assign(event.detail, { shouldSwap: true, isError: false });
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id === "content") document.querySelector("[data-focus]")?.focus();
    // An answer that was under way when the line was asked for does not have it yet.
    const field = wanted && document.getElementById(wanted);
    if (field) { field.focus(); wanted = ""; }
  });

  // A form is sent once: its buttons wait for the answer. They wake up where the page stays or is come back to.
  const sleeping = new Set();
  let slow = 0;
  const wake = () => {
    for (const it of sleeping) it.disabled = false;
    sleeping.clear();
    clearTimeout(slow);
    for (const it of document.querySelectorAll(".waiting")) it.remove();
    for (const it of document.querySelectorAll("form[aria-busy]")) it.removeAttribute("aria-busy");
  };
  const wait = (form) => {
    form.setAttribute("aria-busy", "true");
    const sign = Object.assign(document.createElement("p"), { className: "waiting soft", textContent: document.body.dataset.waiting });
    sign.setAttribute("role", "status");
    form.after(sign);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "post" && document.body.dataset.waiting) {
      clearTimeout(slow);
      slow = setTimeout(() => wait(form), 1000);
    }
    if (form.method !== "post" || !form.querySelector("input[name=once]") || event.submitter?.formNoValidate) return;
    setTimeout(() => {
      for (const it of form.querySelectorAll("button")) if (!it.disabled) { it.disabled = true; sleeping.add(it); }
    });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.target?.id === "content" && !event.detail.xhr?.getResponseHeader("HX-Redirect")) wake();
  });
  addEventListener("pageshow", wake);

  // Whoever leaves a form with changes is asked, until a save succeeded: the page of a refused one is changed from the start.
  let changed = Boolean(document.querySelector("[data-guard]") && document.querySelector("#content .problems[data-focus]"));
  document.addEventListener("input", (event) => { if (event.target.form?.matches("[data-guard]")) changed = true; });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-guard]:not([hx-post])")) changed = false;
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect") && formOf(event.detail)?.matches("[data-guard]")) changed = false;
  });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
})();
