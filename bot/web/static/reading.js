// What the reader's pages gain with scripts: counts and marks stay true while a page is open, marking does not load it
// anew, and the keyboard reaches everything. All of it is also possible without.
"use strict";

(() => {
  const place = document.querySelector("[data-live]");
  const state = document.getElementById("state");
  const keys = document.getElementById("keys");
  const reply = document.getElementById("reply");

  const say = (words) => { if (state) state.textContent = words; };

  // ------------------------------------------------------------------------------------------------------- what is told

  const CONTROLS = "a, button, summary, textarea, input";

  /** Put new content into an element; whoever has the focus in it keeps it. */
  const fill = (element, html) => {
    const focus = [...element.querySelectorAll(CONTROLS)].indexOf(document.activeElement);
    element.innerHTML = html;
    if (focus >= 0) ([...element.querySelectorAll(CONTROLS)][focus] ?? document.getElementById("main")).focus();
  };

  /** Let exactly these posts be new, wherever they stand on the page. */
  const markNew = (ids) => {
    const fresh = new Set(ids.map(String));
    for (const shown of document.querySelectorAll("[data-post]")) {
      const is = fresh.has(shown.dataset.post);
      shown.classList.toggle("new", is);
      const word = shown.querySelector(".new-word");
      if (word) word.hidden = !is;
    }
  };

  const last = {};

  const told = (news) => {
    for (const [id, html] of Object.entries(news.parts)) {
      const element = document.getElementById(id);
      // What stood there when the page came is what the first news say again: it stays, with whatever is open in it.
      if (element && last[id] !== html && element.innerHTML.trim() !== html.trim()) fill(element, html);
      last[id] = html;
    }
    if (news.new) markNew(news.new);
  };

  // ---------------------------------------------------------------------------------------------------------- listening

  let source = null;
  let over = false;

  const listen = () => {
    if (!place || source || over || document.hidden) return;
    source = new EventSource(place.dataset.live);
    source.onopen = () => say("");
    source.onerror = () => {
      say(state?.dataset.lost ?? "");
      if (source?.readyState === EventSource.CLOSED) {
        silence();
        setTimeout(listen, 5000);
      }
    };
    source.addEventListener("now", (event) => told(JSON.parse(event.data)));
    source.addEventListener("over", () => {
      over = true;
      silence();
      say(state?.dataset.over ?? "");
    });
  };

  const silence = () => {
    source?.close();
    source = null;
  };

  // A page that nobody sees gives its connection back: browsers allow few of them. It catches up when it is seen again.
  document.addEventListener("visibilitychange", () => (document.hidden ? silence() : listen()));
  window.addEventListener("pagehide", silence);
  window.addEventListener("pageshow", listen);
  listen();

  // A notice leads to the page that one is on: then the place alone would change, and not what stands there.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-fresh]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (link.pathname + link.search !== location.pathname + location.search) return;
    event.preventDefault();
    location.hash = link.hash;
    location.reload();
  });

  // ------------------------------------------------------------------------------------------------------------ marking

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.quiet === undefined || !place || !source) return;
    event.preventDefault();
    try {
      const body = new URLSearchParams(new FormData(form));
      const answered = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (answered.type !== "opaqueredirect") throw new Error(String(answered.status));
    } catch {
      form.submit(); // the page that comes says what is wrong
    }
  });

  // ----------------------------------------------------------------------------------------------------------- replying

  const text = reply?.elements.text;
  const draft = `threadline reply ${location.pathname}`;

  const answer = (id, whom) => {
    reply.elements.post.value = id;
    document.getElementById("whom").textContent = whom;
    document.getElementById("to-thread").hidden = !id;
    text.focus();
  };

  if (text) {
    const kept = sessionStorage.getItem(draft);
    if (kept && !text.value) text.value = kept;
    text.addEventListener("input", () => sessionStorage.setItem(draft, text.value));
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) reply.requestSubmit();
    });
    reply.addEventListener("submit", () => sessionStorage.removeItem(draft));
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-reply]");
    if (!link || !reply || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    answer(link.dataset.reply, link.dataset.whom);
  });

  // --------------------------------------------------------------------------------------------------------------- keys

  const STOPS = ".post[data-post], .boards > li, .threads > li, .hit";
  const here = () => document.activeElement?.closest(STOPS);

  const go = (stop) => {
    if (!stop) return;
    const target = stop.matches("[tabindex]") ? stop : stop.querySelector("a");
    target.focus();
    stop.scrollIntoView({ block: "nearest" });
  };

  /** The next (1) or previous (-1) stop in reading order: among the new ones, where there are any. */
  const step = (direction) => {
    const all = [...document.querySelectorAll(STOPS)];
    const at = all.indexOf(here());
    const fresh = all.filter((stop) => stop.classList.contains("new"));
    const from = at < 0 && direction < 0 ? all.length : at;
    go((fresh.length ? fresh : all).filter((stop) => (all.indexOf(stop) - from) * direction > 0)
      .at(direction > 0 ? 0 : -1));
  };

  const showKeys = () => keys.showModal();
  const button = document.getElementById("show-keys");
  button.hidden = false;
  button.addEventListener("click", showKeys);

  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    r: () => {
      const link = here()?.querySelector("a[data-reply]");
      if (link) link.click(); else text?.focus();
    },
    m: () => (here()?.querySelector("[data-mark]") ?? here()?.querySelector("form button"))?.click(),
    o: () => {
      const outline = document.getElementById("outline");
      if (!outline) return;
      outline.open = true;
      outline.querySelector("summary").focus();
      outline.scrollIntoView({ block: "start" });
    },
    "/": () => document.getElementById("q").focus(),
    "?": showKeys,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
