// What the chat's pages gain with scripts: messages arrive by themselves, forms answer in place, drafts are kept.
// Everything here is also possible without it.
"use strict";

(() => {
  const place = document.querySelector("[data-live]");
  if (!place) return;
  const stream = document.getElementById("stream");
  const state = document.getElementById("state");
  const below = document.getElementById("below");
  const compose = document.querySelector("form.compose");
  const follows = place.dataset.tail === "yes";

  // ------------------------------------------------------------------------------------------------- where the reader is

  const atBottom = () => window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 80;
  const toBottom = () => window.scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });

  /** Change the page; a reader at its end stays there, any other stays where they read. */
  const keepingPlace = (change) => {
    const followed = atBottom();
    change();
    if (followed) toBottom();
    return followed;
  };

  if (place.dataset.start === "end" && follows && !location.hash && history.scrollRestoration !== "manual") {
    const kind = performance.getEntriesByType("navigation")[0]?.type;
    if (kind !== "back_forward" && kind !== "reload") toBottom();
  }
  if (below) {
    window.addEventListener("scroll", () => { if (atBottom()) below.hidden = true; }, { passive: true });
  }

  // ------------------------------------------------------------------------------------------------------------ messages

  const parsed = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content.firstElementChild;
  };

  const CONTROLS = "a, button, summary, textarea, input";

  /** Put a new element in the place of an old one, with the same parts open and the same control in focus. */
  const swap = (old, fresh) => {
    const open = [...old.querySelectorAll("details")].map((part) => part.open);
    const focus = old === document.activeElement ? -1 : [...old.querySelectorAll(CONTROLS)].indexOf(document.activeElement);
    const focused = old.contains(document.activeElement);
    if (old.classList.contains("new")) markNew(fresh);
    old.replaceWith(fresh);
    [...fresh.querySelectorAll("details")].forEach((part, index) => { part.open = Boolean(open[index]); });
    if (focused) (focus < 0 ? fresh : [...fresh.querySelectorAll(CONTROLS)][focus] ?? fresh).focus({ preventScroll: true });
  };

  const markNew = (message) => {
    message.classList.add("new");
    const word = document.createElement("span");
    word.className = "new-word";
    word.textContent = "new";
    message.querySelector(".post-head")?.append(word);
  };

  const clearNew = () => {
    for (const message of document.querySelectorAll(".message.new")) {
      message.classList.remove("new");
      message.querySelector(".new-word")?.remove();
    }
  };

  const insert = (fresh) => {
    const order = Number(fresh.dataset.n);
    const later = [...stream.children].find((other) => Number(other.dataset.n) > order);
    stream.insertBefore(fresh, later ?? null);
  };

  const told = {
    append(html) {
      const fresh = parsed(html);
      const old = document.getElementById(fresh.id);
      if (old) return told.replace(html);
      if (!follows) return;
      const own = fresh.classList.contains("own");
      if (own) clearNew(); else markNew(fresh);
      document.getElementById("empty")?.remove();
      const followed = keepingPlace(() => insert(fresh));
      if (!followed && !own && below) below.hidden = false;
    },
    replace(html) {
      const fresh = parsed(html);
      const old = document.getElementById(fresh.id);
      // Somebody is changing this message right now: what they typed is worth more than the update.
      if (!old || old.querySelector("textarea")) return;
      keepingPlace(() => swap(old, fresh));
    },
    remove(id) {
      keepingPlace(() => document.getElementById(id)?.remove());
      if (compose && compose.elements.reply_to.value === id) {
        answer("", "");
        say("The message that you were answering was removed.");
      }
    },
    pane(html) {
      const old = document.getElementById("private");
      if (old) keepingPlace(() => swap(old, parsed(html)));
    },
    reload() {
      say("Much has happened here. Load the page again to see it; what you typed is kept.");
    },
    over() {
      location.reload(); // who signed out leaves nothing of theirs behind
    },
    at() {},
  };

  // -------------------------------------------------------------------------------------------------------------- times

  const STEPS = [[86400, "days"], [3600, "h"], [60, "min"]];

  /** Times grow old while a page stays open; what is older than a week is a date and stays as it is. */
  const ageTimes = () => {
    for (const time of document.querySelectorAll(".message .when time")) {
      const passed = (Date.now() - Date.parse(time.dateTime)) / 1000;
      if (!/^just now$| ago$|^yesterday$/.test(time.textContent) || !(passed >= 60 && passed < 7 * 86400)) continue;
      const [size, unit] = STEPS.find(([step]) => passed >= step);
      const count = Math.floor(passed / size);
      time.textContent = unit === "days" && count === 1 ? "yesterday" : `${count} ${unit} ago`;
    }
  };
  setInterval(ageTimes, 60_000);

  // ---------------------------------------------------------------------------------------------------------- listening

  let source = null;
  let position = place.dataset.position;
  let lostAt = null;

  const say = (words) => { if (state) state.textContent = words; };

  const listen = () => {
    if (source || document.hidden) return;
    source = new EventSource(`${place.dataset.live}?after=${encodeURIComponent(position)}`);
    source.onopen = () => {
      if (lostAt) say("");
      lostAt = null;
    };
    source.onerror = () => {
      lostAt ??= new Date();
      say(`Not connected since ${lostAt.toTimeString().slice(0, 5)}; trying again. What stands here may be old.`);
      if (source?.readyState === EventSource.CLOSED) {
        silence();
        setTimeout(listen, 5000);
      }
    };
    for (const [kind, tell] of Object.entries(told)) {
      source.addEventListener(kind, (news) => {
        if (news.lastEventId) position = news.lastEventId;
        tell(news.data);
      });
    }
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

  // ------------------------------------------------------------------------------------------------------------- reading

  const LONG_ENOUGH = 2;
  let furthest = 0;
  let toldTo = 0;
  let seenFor = new Map();

  /** What is read to its end: messages whose end was in sight for two seconds, on a page that is seen. */
  const look = () => {
    if (document.hidden) {
      seenFor = new Map();
      return;
    }
    const now = new Map();
    for (const message of place.querySelectorAll(".message")) {
      const end = message.getBoundingClientRect().bottom;
      if (end <= 0 || end > window.innerHeight) continue;
      const n = Number(message.dataset.n);
      now.set(n, (seenFor.get(n) ?? -1) + 1);
      if (now.get(n) >= LONG_ENOUGH) furthest = Math.max(furthest, n);
    }
    seenFor = now;
    if (furthest > toldTo) tellRead(furthest);
  };

  /** Tell how far; what does not arrive is told with the next message. */
  const tellRead = async (n) => {
    toldTo = n;
    try {
      await fetch(place.dataset.read, {
        method: "POST", body: new URLSearchParams({ message: `m${n}` }), headers: { "X-Threadline": "live" },
      });
    } catch {
      if (toldTo === n) toldTo = 0;
    }
  };

  if (place.dataset.read) setInterval(look, 1000);

  // ------------------------------------------------------------------------------------------------------------- writing

  document.getElementById("edit-text")?.focus();

  const stored = (form) => `threadline ${form.dataset.draft}`;

  for (const form of document.querySelectorAll("form[data-draft]")) {
    const text = form.elements.text;
    const draft = sessionStorage.getItem(stored(form));
    if (draft !== null && text.value === text.defaultValue && draft !== text.value) text.value = draft;
    text.addEventListener("input", () => sessionStorage.setItem(stored(form), text.value));
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
  }

  const answer = (id, author) => {
    compose.elements.reply_to.value = id;
    const line = compose.querySelector(".replying");
    line.hidden = !id;
    line.querySelector("bdi").textContent = author;
  };

  const sent = (form) => {
    if (!form.dataset.draft) return;
    sessionStorage.removeItem(stored(form));
    if (form.dataset.send === "clear") {
      form.elements.text.value = "";
      answer("", "");
      form.elements.text.focus();
    } else {
      location.assign(form.dataset.to);
    }
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.send === undefined) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    const body = new URLSearchParams(new FormData(form));
    if (event.submitter?.name) body.set(event.submitter.name, event.submitter.value);
    const problem = form.querySelector("[data-problem]");
    const complain = (words) => (problem ? (problem.textContent = words) : say(words));
    try {
      const answered = await fetch(form.action, { method: "POST", body, headers: { "X-Threadline": "live" } });
      complain(answered.ok ? "" : (await answered.text()).slice(0, 500));
      if (answered.ok) sent(form);
    } catch {
      complain("The server did not answer. Your text is kept; look whether it arrived, then send it again.");
    } finally {
      delete form.dataset.busy;
    }
  });

  // ---------------------------------------------------------------------------------------------------------------- keys

  /** The next (1) or previous (-1) message in reading order: among the new ones, where there are any. */
  const step = (direction) => {
    const all = [...document.querySelectorAll(".message")];
    const here = all.indexOf(document.activeElement?.closest(".message"));
    const fresh = all.filter((message) => message.classList.contains("new"));
    const from = here < 0 && direction < 0 ? all.length : here;
    const wanted = (fresh.length ? fresh : all).filter((message) => (all.indexOf(message) - from) * direction > 0);
    wanted.at(direction > 0 ? 0 : -1)?.focus();
  };

  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    r: () => {
      const reply = document.activeElement?.closest(".message")?.querySelector("[data-reply]");
      if (reply) reply.click(); else compose?.elements.text.focus();
    },
    "?": () => {
      const keys = document.getElementById("keys");
      if (!keys) return;
      keys.open = !keys.open;
      keys.querySelector("summary").focus();
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const quoted = link.dataset.to && document.getElementById(link.dataset.to);
    if (quoted) {
      event.preventDefault();
      quoted.scrollIntoView({ block: "center" });
      quoted.focus({ preventScroll: true });
    } else if (link.dataset.reply && compose) {
      event.preventDefault();
      answer(link.dataset.reply, link.closest(".message").querySelector(".author").textContent);
      compose.elements.text.focus();
    } else if (link.dataset.leave !== undefined) {
      sessionStorage.removeItem(stored(link.closest("form")));
    } else if (link.dataset.noreply !== undefined) {
      event.preventDefault();
      answer("", "");
      compose.elements.text.focus();
    }
  });
})();
