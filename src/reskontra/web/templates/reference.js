// Finds operations while one types, loads what is said of one when it is opened, and sends examples. Without it, the
// field filters by the address, and each operation has a page of its own.
"use strict";
(() => {
  const field = document.querySelector("input[name=q]");
  const entries = [...document.querySelectorAll("details.operation")];

  const made = (name, text, attributes = {}) => {
    const it = Object.assign(document.createElement(name), attributes);
    it.textContent = text;
    return it;
  };

  const load = async (entry) => {
    if (entry.dataset.loaded) return;
    entry.dataset.loaded = "yes";
    const link = entry.querySelector("a");
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const article = page.querySelector("article");
      for (const it of article.querySelectorAll("[id]")) it.removeAttribute("id"); // one a page
      entry.append(document.adoptNode(article));
      link.textContent = "A page of its own";
      prepare(article);
    } catch {
      delete entry.dataset.loaded; // the link is still there
    }
  };

  // What changes something is sent only after a question.
  const prepare = (inside) => {
    for (const form of inside.querySelectorAll("form.try")) {
      form.hidden = false;
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const { method, base } = form.dataset;
        const address = form.elements.address.value;
        if (!await agreed(`${method} ${address}`)) return;
        const body = form.elements.body?.value;
        const headers = body === undefined ? {} : { "Content-Type": "application/json" };
        const told = form.parentElement.querySelector("[data-answered]");
        try {
          const answer = await fetch(base + address, { method, headers, body });
          const id = answer.headers.get("Ipp-Request-Id");
          const place = answer.headers.get("Location");
          told.replaceChildren(
            made("p", `Answered ${answer.status}${place ? `, Location: ${place}` : ""}`),
            made("pre", await answer.text(), { tabIndex: 0 }),
            made("a", "What it did", { href: `ui/sandbox/requests/${id}` }),
          );
        } catch (failure) {
          told.replaceChildren(made("p", `Not answered: ${failure.message}`));
        }
      });
    }
  };

  const agreed = (what) => new Promise((decide) => {
    const dialog = made("dialog", "");
    dialog.setAttribute("aria-label", "Send it?");
    const form = made("form", "", { method: "dialog" });
    form.append(made("button", "Send", { value: "send" }), made("button", "Cancel", { value: "", autofocus: true }));
    dialog.append(made("h2", "Send it?"), made("p", what), made("p", "It changes the books of this sandbox."), form);
    dialog.addEventListener("close", () => { dialog.remove(); decide(dialog.returnValue === "send"); });
    document.body.append(dialog);
    dialog.showModal();
  });

  for (const it of entries) it.addEventListener("toggle", () => { if (it.open) load(it); });
  const opened = () => {
    const it = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (it?.matches("details.operation")) it.open = true;
    if (it?.matches("tr")) it.closest("details").open = true;
    if (it) it.scrollIntoView();
  };
  addEventListener("hashchange", opened);
  opened();
  prepare(document);

  if (field) {
    const count = document.querySelector("[data-count]");
    const isWhole = !field.value;
    const texts = new Map(entries.map((it) => [it, `${it.id} ${it.firstElementChild.textContent}`.toLowerCase()]));
    field.addEventListener("input", () => {
      if (!isWhole) return; // only what was found is here: Enter asks the server
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const [it, text] of texts) it.hidden = !words.every((word) => text.includes(word));
      for (const it of document.querySelectorAll("section[data-group]")) {
        it.hidden = !it.querySelector("details.operation:not([hidden])");
        document.querySelector(`li[data-group="${it.dataset.group}"]`).hidden = it.hidden;
      }
      const found = document.querySelectorAll("details.operation:not([hidden])").length;
      count.textContent = words.length ? `${found} operations` : "";
      const address = words.length ? `?q=${encodeURIComponent(field.value)}` : location.pathname;
      history.replaceState(null, "", address);
    });
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.matches("input, textarea");
      if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        field.focus();
      }
    });
  }
  if (matchMedia("(min-width: 50rem)").matches) {
    for (const it of document.querySelectorAll("nav details")) it.open = true;
  }
})();
