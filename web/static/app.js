/* The small behaviours of every page: delegated events, so that fragments swapped in later have them too. */
(() => {
  const SETTLES_AFTER = 400;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, act, capture = false) => document.addEventListener(type, act, capture);

  /* Input methods: nothing is sent while pinyin is composed. Chromium still marks the last input event
     as composing, so one more follows when the composition ends. */
  const typed = (box) => box.dispatchEvent(new InputEvent('input', { bubbles: true }));
  window.addEventListener('input', (e) => e.isComposing && e.stopImmediatePropagation(), true);
  window.addEventListener('compositionend', (e) => typed(e.target), true);

  /* Notes in the corner. The box is a popover, so that it stands above an open dialog. */
  const notes = document.createElement('div');
  Object.assign(notes, { className: 'toasts', popover: 'manual' });
  notes.setAttribute('aria-live', 'polite');
  document.body.append(notes);
  const toast = (text, kind = '') => {
    const note = Object.assign(document.createElement('div'), { className: `toast-x ${kind}`, textContent: text });
    notes.hidePopover();
    all('.toast-x:not(.bad)', notes).forEach((older) => older.remove());
    notes.append(note);
    notes.showPopover();
    setTimeout(() => note.remove(), { bad: 8000, warn: 5000 }[kind] ?? 2600);
  };
  on('toast', (e) => toast(e.detail.text, e.detail.kind));
  on('htmx:error', () => toast('网络异常，刚才的操作没有完成。您填写的内容还在，请重试。', 'bad'));

  /* An answer that went wrong and was shown nowhere is said in a note. */
  on('htmx:finally:request', ({ detail: { ctx } }) => {
    if (!(ctx.response?.status >= 400) || ctx.response.status === 401 || ctx.swap !== 'none') return;
    const alert = new DOMParser().parseFromString(ctx.text, 'text/html').querySelector('[role=alert]');
    toast(alert ? alert.textContent.trim() : '操作没有完成，请重试。', 'bad');
  });

  /* Signing in again. A 401 does not end the request: the dialog opens over the page, and when the same person
     is back the same request is sent once more, with the same body. What was typed stays where it is. */
  let asking = null;
  const askAgain = (html) => new Promise((resolve) => {
    const dialog = Object.assign(document.createElement('dialog'), { className: 'dlg', innerHTML: html });
    document.body.append(dialog);
    dialog.addEventListener('close', () => { dialog.remove(); resolve(dialog.returnValue === 'in'); });
    dialog.addEventListener('click', (e) => e.target.closest('[data-dismiss]') && dialog.close());
    dialog.addEventListener('submit', async (e) => {
      e.preventDefault();
      const form = e.target;
      one('.btn-primary', form).disabled = true;
      const sent = { method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { 'HX-Request': 'true' } };
      const answer = await fetch(form.action, sent).catch(() => null);
      if (answer?.ok) dialog.close('in');
      else if (answer) dialog.innerHTML = await answer.text();
      else { toast('网络异常，请重试。', 'bad'); one('.btn-primary', form).disabled = false; }
      one('[autofocus]', dialog)?.focus();
    });
    dialog.showModal();
  });
  on('htmx:before:request', ({ detail: { ctx } }) => {
    const send = ctx.fetch;
    ctx.fetch = async (url, request) => {
      let answer = await send(url, request);
      while (answer.status === 401) {
        clearTimeout(ctx.requestTimeout);
        asking ??= answer.text().then(askAgain).finally(() => { asking = null; });
        if (!await asking) return new Response('', { status: 401 });
        answer = await send(url, request);
      }
      return answer;
    };
  });

  /* A form that was opened in the place of something is closed again, and that thing is there as before. */
  const placed = new WeakMap();
  on('htmx:before:swap', ({ detail: { ctx } }) => {
    if (ctx.sourceElement.matches?.('.reveal')) placed.set(ctx.target, ctx.target.innerHTML);
  });
  const putBack = (e) => {
    const place = e.target.closest?.('.ask-why')?.parentElement;
    if (!placed.has(place)) return;
    e.preventDefault();
    place.innerHTML = placed.get(place);
    htmx.process(place);
    one('.reveal', place).focus();
  };
  on('click', (e) => e.target.closest('[data-put-back]') && putBack(e));
  on('keydown', (e) => e.key === 'Escape' && !e.isComposing && putBack(e));

  /* A form that came back with faults: the keyboard goes to the first of them, unless it is wanted elsewhere. */
  const toFault = () => {
    const fault = one('[aria-invalid]:is(input, select, textarea), [aria-invalid] input');
    if (document.activeElement === document.body) fault?.focus();
  };
  toFault();
  on('htmx:after:swap', toFault);

  /* One ticker for every clock: seconds run in the browser, the server is not asked. */
  const clock = (seconds) => {
    const part = (n) => String(n).padStart(2, '0');
    const rest = Math.abs(seconds);
    const hours = Math.floor(rest / 3600);
    return `${hours ? `${hours}:` : ''}${part(Math.floor(rest / 60) % 60)}:${part(rest % 60)}`;
  };
  setInterval(() => all('[data-tick]').forEach((el) => {
    el.dataset.s = +el.dataset.s + (el.dataset.tick === 'up' ? 1 : -1);
    el.textContent = clock(+el.dataset.s);
  }), 1000);

  /* Copying. Plain http in a local network has no navigator.clipboard. */
  const toClipboard = async (text) => {
    if (navigator.clipboard) {
      try { return await navigator.clipboard.writeText(text); } catch { /* not allowed here: the old way */ }
    }
    const box = Object.assign(document.createElement('textarea'), { value: text, className: 'sr' });
    const before = document.activeElement;
    document.body.append(box);
    box.select();
    document.execCommand('copy');
    box.remove();
    before?.focus();
  };
  const copy = async (button) => {
    const source = one(button.dataset.copy);
    if (!source) return;
    await toClipboard(source.innerText.trim());
    toast(button.dataset.copied || '话术已复制', button.dataset.copiedKind || 'ok');
    button.dispatchEvent(new CustomEvent('copied', { bubbles: true }));
  };
  on('click', (e) => { const button = e.target.closest('[data-copy]'); if (button) copy(button); });

  /* A search box and its list: the focus stays in the box, arrows choose a row, Enter opens the chosen one.
     Without a chosen row Enter settles the query, and so does a pause. */
  const rows = (box) => all('[role=option]', document.getElementById(box.getAttribute('aria-controls')) ?? undefined);
  const choose = (box, row) => {
    rows(box).forEach((each) => {
      each.classList.toggle('on', each === row);
      each.setAttribute('aria-selected', each === row);
    });
    if (row) box.setAttribute('aria-activedescendant', row.id);
    else box.removeAttribute('aria-activedescendant');
  };
  const chosen = (box) => rows(box).find((row) => row.id === box.getAttribute('aria-activedescendant'));
  const move = (box, step) => {
    const list = rows(box);
    if (!list.length) return;
    const row = list[Math.max(0, Math.min(list.length - 1, list.indexOf(chosen(box)) + step))];
    choose(box, row);
    row.scrollIntoView({ block: 'nearest' });
    htmx.trigger(row, 'pick');
  };
  const settle = (box, by) => { clearTimeout(box.pause); htmx.trigger(box, 'settle', { by }); };
  on('input', ({ target: box }) => {
    if (!box.matches('[role=combobox]')) return;
    choose(box, null);
    clearTimeout(box.pause);
    box.pause = setTimeout(settle, SETTLES_AFTER, box, 'pause');
  });
  on('htmx:config:request', ({ detail: { ctx } }) => {
    if (ctx.sourceEvent?.type === 'settle') ctx.request.headers['X-Settled'] = ctx.sourceEvent.detail.by;
  });
  on('htmx:after:swap', () => all('[role=combobox][aria-activedescendant]').forEach((box) => choose(box, chosen(box))));
  const searchKeys = {
    ArrowDown: (box) => move(box, 1),
    ArrowUp: (box) => move(box, -1),
    Enter: (box) => (chosen(box) ? chosen(box).click() : settle(box, 'enter')),
    Escape: (box) => { box.value = ''; typed(box); },
  };

  /* Shortcuts go by the place of the key, which no input method changes. Any button can have one:
     data-key="Alt+KeyU". Single letters act outside inputs only, and a person may switch them off. */
  const singles = document.getElementById('single-keys');
  if (singles) {
    singles.checked = localStorage.singleKeys !== 'off';
    singles.addEventListener('change', () => { localStorage.singleKeys = singles.checked ? 'on' : 'off'; });
  }
  const isTyping = (el) => el.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]');
  const toSearch = () => { one('#q')?.focus(); one('#q')?.select(); };
  const fixed = {
    'Alt+KeyC': () => all('[data-copy]').find((button) => button.checkVisibility())?.click(),
    'Ctrl+KeyK': toSearch,
    'Ctrl+Enter': (el) => (el.form ?? el.closest('form'))?.requestSubmit(),
    Slash: toSearch,
    'Shift+Slash': () => document.getElementById('keys')?.togglePopover(),
  };
  let goUntil = 0;
  const combination = (e) => [(e.ctrlKey || e.metaKey) && 'Ctrl', e.altKey && 'Alt', e.shiftKey && 'Shift', e.code]
    .filter(Boolean).join('+');
  window.addEventListener('keydown', (e) => {
    if (e.isComposing || e.keyCode === 229 || one('dialog[open]')) return;
    const el = e.target, keys = combination(e);
    const single = !e.ctrlKey && !e.metaKey && !e.altKey && !/^F\d/.test(e.code);
    let act = el.matches?.('[role=combobox]') && single && searchKeys[e.code];
    if (!act && !(single && (isTyping(el) || localStorage.singleKeys === 'off'))) {
      const button = one(`[data-key="${CSS.escape(keys)}"]`) ?? (goUntil > e.timeStamp && one(`[data-go="${e.key}"]`));
      act = button ? () => button.click() : fixed[keys];
      goUntil = keys === 'KeyG' ? e.timeStamp + 1500 : 0;
    }
    if (!act) return;
    e.preventDefault();
    act(el);
  });
})();
