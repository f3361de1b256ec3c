// Shows and hides the password at the door. Without it the button is not there.
"use strict";
(() => {
  const button = document.querySelector("[data-reveal]");
  const field = document.getElementById(button.dataset.reveal);
  button.addEventListener("click", () => {
    const isShown = field.type === "text";
    field.type = isShown ? "password" : "text";
    button.textContent = isShown ? button.dataset.show : button.dataset.hide;
    button.setAttribute("aria-label", isShown ? button.dataset.showLabel : button.dataset.hideLabel);
  });
  field.form.addEventListener("submit", () => { field.type = "password"; }); // or the browser keeps it as a text
})();
