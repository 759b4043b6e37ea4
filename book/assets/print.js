/* A page is printed light, whatever is on the screen, and with all that is folded. */

(() => {
  "use strict";
  const page = document.documentElement;
  let theme;
  let folded = [];

  addEventListener("beforeprint", () => {
    theme = page.dataset.theme;
    page.dataset.theme = "light";
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
  });

  addEventListener("afterprint", () => {
    page.dataset.theme = theme;
    for (const details of folded) details.open = false;
  });
})();
