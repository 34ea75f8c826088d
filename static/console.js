/* Comforts only: every page works without this file. No inline handlers, no eval: fits script-src 'self'. */
(() => {
  "use strict";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const toasts = byId("toasts");

  /* -- theme: at once here, kept in the profile by the form's own POST ------------------------------- */
  const setTheme = (button) => {
    const theme = button.dataset.themeSet;
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
  };

  /* -- dialogs: what the server rendered open becomes modal, so focus is trapped and the page is inert --- */
  const openDialogs = () => {
    for (const dialog of document.querySelectorAll("dialog[open][data-modal]:not(:modal)")) {
      document.querySelectorAll("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
      dialog.removeAttribute("open");
      dialog.showModal();
      dialog.addEventListener("close", () => {
        document.body.append(toasts);
        dialog.remove();
      });
    }
    const top = document.querySelector("dialog:modal") ?? document.body;
    if (toasts.parentElement !== top) top.append(toasts); // what is outside a modal dialog cannot be read or clicked
  };
  document.addEventListener("htmx:beforeSwap", (e) => {
    const stays = e.detail.xhr.getResponseHeader("HX-Reswap") === "none";
    if (e.detail.target.id === "dialog" && !stays) document.body.append(toasts);
  });

  /* -- tab bars that do not fit: the current tab stands in the middle of what is seen ------------------ */
  const showTab = (bar) => {
    const tab = bar.querySelector("[aria-current]");
    if (tab) bar.scrollLeft = tab.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
  };
  const showTabs = (piece) => piece.querySelectorAll("nav.views").forEach(showTab);
  showTabs(document);
  document.addEventListener("htmx:afterSettle", (e) => showTabs(e.target));

  /* -- toasts: good news leaves after 8 s, unless somebody reads it ------------------------------------ */
  const leaveLater = (toast) => {
    let timer = 0;
    const start = () => { timer = setTimeout(() => toast.remove(), 8000); };
    const stop = () => clearTimeout(timer);
    for (const event of ["mouseenter", "focusin"]) toast.addEventListener(event, stop);
    for (const event of ["mouseleave", "focusout"]) toast.addEventListener(event, start);
    start();
  };
  toasts.querySelectorAll("[data-leaves]").forEach(leaveLater);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-leaves")) leaveLater(node);
      }
    }
  }).observe(toasts, { childList: true });

  /* -- no answer: keep what is shown, say it once, and ask less and less often -------------------------- */
  const waits = [2, 5, 15, 30];
  let misses = 0;
  let notBefore = 0;
  const isPolled = (detail) => !detail.requestConfig.triggeringEvent;
  document.addEventListener("htmx:beforeRequest", (e) => {
    if (isPolled(e.detail) && Date.now() < notBefore) e.preventDefault();
  });
  const lost = (e) => {
    if (isPolled(e.detail)) {
      notBefore = Date.now() + waits[Math.min(misses, waits.length - 1)] * 1000;
      misses += 1;
      if (!byId("toast-lost")) showTemplate("tpl-lost");
    } else if (!byId("toast-failed")) {
      showTemplate("tpl-failed");
    }
  };
  const showTemplate = (id) => toasts.append(byId(id).content.cloneNode(true));
  for (const event of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(event, lost);
  document.addEventListener("htmx:afterRequest", (e) => {
    if (!e.detail.successful) return;
    misses = notBefore = 0;
    for (const id of ["toast-lost", "toast-failed"]) byId(id)?.remove();
  });

  /* -- a polled piece that was not renewed for 10 s says of when it is ------------------------------------ */
  const seen = new WeakMap();
  setInterval(() => {
    for (const piece of document.querySelectorAll("[data-as-of]")) {
      if (!seen.has(piece)) seen.set(piece, Date.now());
      else if (Date.now() - seen.get(piece) > 10000) {
        piece.textContent = piece.dataset.asOf;
        piece.classList.remove("live");
      }
    }
  }, 2000);

  /* -- forms: send once, sleep until the typed text matches, keep the marks of an SMS in step --------------- */
  document.addEventListener("submit", (e) => {
    const form = e.target;
    // htmx does its own counting, and an answer for a frame leaves the form where it is
    const stays = form.hasAttribute("hx-post") || e.submitter?.matches("[hx-post],[formtarget]");
    if (stays || form.method !== "post") return;
    if (form.dataset.sent) { e.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    setTimeout(() => wake(form), 8000); // an answer that is a download leaves the page as it is
  });
  const wake = (form) => { delete form.dataset.sent; form.removeAttribute("aria-busy"); };
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(wake));

  const checkTyped = (field) => {
    const wanted = field.dataset.confirmText;
    const typed = /^\d+$/.test(wanted) ? field.value.replace(/\D/g, "") : field.value.trim();
    byId(field.getAttribute("aria-controls"))?.setAttribute("aria-disabled", String(typed !== wanted));
  };

  const marksOf = (area) => area.parentElement.querySelector(".marks");
  document.addEventListener("scroll", (e) => {
    if (e.target.matches?.(".compose textarea")) marksOf(e.target).scrollTop = e.target.scrollTop;
  }, true);

  const insert = (button) => {
    const area = byId(button.dataset.into);
    area.setRangeText(button.dataset.insert, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
    button.closest("details")?.removeAttribute("open");
  };

  const copy = async (button) => {
    const source = byId(button.dataset.copy);
    const text = source.value ?? source.textContent.trim();
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      source.select?.(); // no clipboard without https: leave the text selected for the keyboard
      return;
    }
    byId("live").textContent = button.dataset.copied;
    button.lastChild.textContent = button.dataset.copied;
  };

  /* -- rows: the bulk bar shows itself by CSS, here is the number and "all on this page" ------------------- */
  const countRows = (form) => {
    const rows = [...form.querySelectorAll("tbody input[type=checkbox]")];
    const ticked = rows.filter((row) => row.checked);
    const label = form.querySelector("[data-bulk-count]");
    if (label) label.textContent = label.dataset[ticked.length === 1 ? "one" : "many"].replace("{n}", ticked.length);
    for (const row of rows) row.closest("tr").classList.toggle("on", row.checked);
    const all = form.querySelector("[data-bulk-all]");
    if (all) {
      all.checked = rows.length > 0 && ticked.length === rows.length;
      all.indeterminate = ticked.length > 0 && !all.checked;
    }
  };
  const tickPage = (all) => {
    for (const row of all.form.querySelectorAll("tbody input[type=checkbox]")) row.checked = all.checked;
  };

  /* -- menus of rows: placed by hand, because a table that scrolls sideways would cut them off --------------- */
  document.addEventListener("toggle", (e) => {
    if (!e.target.matches?.(".scroll details.menu[open]")) return;
    const at = e.target.querySelector("summary").getBoundingClientRect();
    const panel = e.target.querySelector("div");
    panel.style.position = "fixed";
    panel.style.right = `${root.clientWidth - at.right}px`;
    const below = at.bottom + panel.offsetHeight < innerHeight;
    panel.style.top = below ? `${at.bottom}px` : `${at.top - panel.offsetHeight - 8}px`;
  }, true);
  addEventListener("scroll", () => {
    document.querySelectorAll(".scroll details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
  }, { passive: true });

  /* -- one listener a kind ------------------------------------------------------------------------------ */
  document.addEventListener("click", (e) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(e.target)) menu.removeAttribute("open");
    }
    const on = (selector) => e.target.closest(selector);
    let found;
    if (on("[aria-disabled=true]")) e.preventDefault();
    else if ((found = on("[data-theme-set]"))) setTheme(found);
    else if ((found = on("[data-dismiss]"))) found.closest(".snack").remove();
    else if ((found = on("[data-insert]"))) insert(found);
    else if ((found = on("[data-copy]"))) copy(found);
    else if ((found = on("dialog [data-close]"))) {
      e.preventDefault();
      found.closest("dialog").close();
    }
  });
  document.addEventListener("input", (e) => {
    const field = e.target;
    if (field.matches("[data-confirm-text]")) checkTyped(field);
    // stale marks are worse than none: the server's answer brings them back
    if (field.matches(".compose textarea")) marksOf(field).textContent = "";
  });
  document.addEventListener("change", (e) => {
    const form = e.target.form;
    if (!form?.hasAttribute("data-bulk")) return;
    if (e.target.hasAttribute("data-bulk-all")) tickPage(e.target);
    countRows(form);
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) { menu.removeAttribute("open"); menu.querySelector("summary").focus(); }
    }
    const typing = e.target.matches("input,textarea,select,[contenteditable]");
    if (e.key !== "/" || typing || e.ctrlKey || e.metaKey || e.altKey) return;
    const field = [...document.querySelectorAll("[data-search],main input[type=search]")].find((f) => f.checkVisibility());
    if (field) { e.preventDefault(); field.focus(); }
  });

  /* -- after each swap, and once at the start ------------------------------------------------------------ */
  const refresh = () => {
    openDialogs();
    document.querySelectorAll("[data-confirm-text]").forEach(checkTyped);
    document.querySelectorAll("form[data-bulk]").forEach(countRows);
  };
  document.addEventListener("htmx:afterSettle", (e) => {
    refresh();
    if (e.detail.requestConfig?.elt.matches(".pager a")) e.detail.target.querySelector("tbody a")?.focus();
  });
  refresh();
  // the attribute alone is a wish: a browser whose first frame comes before the style sheets may drop it
  if (!location.hash && document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
})();
