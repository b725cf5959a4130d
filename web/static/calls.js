/* The call bar on every page, and on the desk the caller and the wrap-up. News comes at any moment, so nothing
   here touches a box in which somebody may be typing: the bar is morphed, the rest is added beside. */
(() => {
  const ASKS_AFTER = 5000;
  const news = document.getElementById('call-news');
  if (!news) return;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const bar = () => document.getElementById('callbar');

  const swap = (text) => htmx.swap({
    text: `<hx-partial hx-target="#callbar" hx-swap="outerMorph">${text}</hx-partial>`,
    sourceElement: document.body, target: document.body, swap: 'none',
  });

  /* The name of who rings stands in the tab, so that it is seen whichever tab is open. */
  const { title } = document;
  const announce = () => {
    const who = bar().dataset.ringing;
    if (who) document.title = `☎ ${who} 来电`;
    else if (document.title.startsWith('☎')) document.title = title;
  };

  /* Something was typed in there, since it was drawn, that is to be kept; a search is not. */
  const isChanged = (box) => {
    if (box.matches('[type=hidden], [type=submit]')) return false;
    if (box.matches('select')) return box.selectedIndex !== Math.max(0, [...box.options].findIndex((each) => each.defaultSelected));
    return box.matches('[type=checkbox], [type=radio]') ? box.checked !== box.defaultChecked : box.value !== box.defaultValue;
  };
  const isTypedIn = (root) => all('form[method=post]:not([role=search])', root).some((form) => [...form.elements].some((box) => box.name && isChanged(box)));

  /* The caller: shown on the left of the desk once for each call, unless somebody is typing there. */
  const shown = new Set([new URLSearchParams(location.search).get('call')]);
  const showCaller = () => {
    const { call } = bar().dataset, left = document.getElementById('caller');
    if (!call || !left || shown.has(call)) return;
    const isAtIt = left.contains(document.activeElement) && document.activeElement.matches('input, textarea, select');
    if (isAtIt || isTypedIn(left)) {
      left.addEventListener('focusout', () => setTimeout(showCaller, 500), { once: true });
      return;
    }
    shown.add(call);
    htmx.ajax('GET', `/desk/caller?call=${call}&q=${encodeURIComponent(one('#q')?.value ?? '')}`, { target: '#caller', swap: 'outerHTML' });
  };

  /* The wrap-ups: one strip for each call that waits for one. What is saved in another window goes, unless
     something else is typed here. */
  const leave = (strip) => strip.contains(document.activeElement) && one('#q').focus();
  const showWrapUps = () => {
    const foot = document.getElementById('wrap-ups');
    if (!foot) return;
    const wanted = bar().dataset.unwritten.split(' ').filter(Boolean);
    all('[data-wrap-up]', foot).forEach((strip) => {
      if (!wanted.includes(strip.dataset.wrapUp) && !isTypedIn(strip)) { leave(strip); strip.remove(); }
    });
    wanted.filter((call) => !document.getElementById(`strip-${call}`)).forEach((call) => {
      const place = Object.assign(document.createElement('div'), { id: `strip-${call}` });
      foot.append(place); // its id keeps a second from being asked for; if none came, the next news asks again
      htmx.ajax('GET', `/calls/${call}/wrap-up`, { target: place, swap: 'outerHTML' })
        .finally(() => { toWrapUp(); setTimeout(() => place.remove(), 1000); });
    });
  };

  /* When the call ends, its buttons go, and with them the focus: the wrap-up is next, or the search if
     there is none to write, unless somebody is at something else, or the next call rings already. */
  let atHand = '', ended = '';
  const toWrapUp = () => {
    const { call, unwritten } = bar().dataset, at = document.activeElement;
    if (atHand && !call) ended = atHand;
    atHand = call;
    const box = ended && one(unwritten.includes(ended) ? `#strip-${ended} select` : '#q');
    if (!box) return;
    ended = '';
    if (at === document.body || bar().contains(at)) box.focus();
  };

  const follow = () => {
    if (!bar()?.dataset) return;
    announce();
    if (bar().dataset.unwritten !== undefined) { showCaller(); showWrapUps(); toWrapUp(); }
  };
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.target?.id === 'callbar') follow();
  });
  /* Once it is written its strip goes, and a form that is gone tells nobody any more. */
  document.addEventListener('htmx:before:swap', ({ detail: { ctx } }) => ctx.target?.matches?.('[data-wrap-up]') && leave(ctx.target));
  document.addEventListener('htmx:after:history:update', follow);

  const trouble = (text, canSignIn) => {
    const box = document.getElementById('call-trouble');
    box.hidden = !text;
    one('output', box).textContent = text;
    one('button', box).hidden = !canSignIn;
  };
  const told = {
    calls: async ({ html }) => { await swap(html); follow(); },
    well: () => trouble(''),
    lost: () => trouble('与服务器的连接断了，收不到来电。正在重连…'),
    over: () => trouble('登录已过期，收不到来电。', true),
  };

  if (window.SharedWorker) {
    const worker = new SharedWorker(news.dataset.worker, { name: news.dataset.staff });
    worker.port.addEventListener('message', ({ data }) => told[data.kind](data));
    worker.port.start();
    window.addEventListener('pagehide', () => worker.port.postMessage('bye'));
    window.addEventListener('pageshow', (e) => e.persisted && location.reload());
    /* Signed in again: the stream need not wait for its next try. */
    document.addEventListener('htmx:after:request', ({ detail: { ctx } }) => {
      const isBack = !document.getElementById('call-trouble').hidden && ctx.response?.status === 200;
      if (isBack) worker.port.postMessage('again');
    });
  } else {
    const ask = () => htmx.ajax('GET', '/calls/bar', { target: '#callbar', swap: 'outerMorph' }).then(follow);
    setInterval(ask, ASKS_AFTER);
    ask();
  }

  /* Hanging up asks for the key twice: once is a slip. */
  let hangUpUntil = 0;
  window.addEventListener('keydown', (e) => {
    if (e.code !== 'F8' || e.isComposing) return;
    e.preventDefault();
    if (hangUpUntil > e.timeStamp) one('[data-hang-up]')?.click();
    hangUpUntil = e.timeStamp + 1000;
  });
})();
