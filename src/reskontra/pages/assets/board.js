// Arrows go from card to card of the board of reminding.
"use strict";
document.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step || document.documentElement.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("select, textarea, input:not([type=checkbox])") || document.querySelector("dialog[open]")) return;
  const columns = [...document.querySelectorAll(".board [data-rows]")].map((it) => [...it.children]);
  if (!columns.length) return;
  event.preventDefault();
  const column = columns.findIndex((cards) => cards.some((it) => it.contains(document.activeElement)));
  const row = column < 0 ? -1 : columns[column].findIndex((it) => it.contains(document.activeElement));
  const within = (at, cards) => Math.min(Math.max(at, 0), cards.length - 1);
  const across = event.key === "ArrowLeft" || event.key === "ArrowRight";
  const cards = columns[column < 0 ? 0 : across ? within(column + step, columns) : column];
  const card = cards[column < 0 ? 0 : within(across ? row : row + step, cards)];
  card.querySelector("a").focus();
  card.scrollIntoView({ block: "nearest" });
});
