/* The desk and the article page: what a request says of how it came about, which rows stay where they are,
   and what is filled into a script. */
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, act) => document.addEventListener(type, act);
  const preview = () => document.getElementById('preview');
  const chosen = () => document.getElementById(one('#q')?.getAttribute('aria-activedescendant') ?? '');

  /* A pause that began before a composition must not send half a syllable: its end asks again. */
  let isComposing = false;
  on('compositionstart', () => { isComposing = true; });
  on('compositionend', () => { isComposing = false; });

  /* Everything but typing settles the search. A row says by which search it was found, and whether the
     person opened it or it was only shown. What was filled in about a customer stays in the browser. */
  on('htmx:config:request', (e) => {
    const { sourceElement: el, sourceEvent: event, request } = e.detail.ctx;
    if (el.closest('#search')) {
      if (isComposing) e.preventDefault();
      if (event.type !== 'input') request.headers['X-Settled'] ??= 'link';
      if (event.type === 'click') clearTimeout(one('#q').pause);
    }
    if (el.matches('.say')) all('[data-blank]', el).forEach((box) => request.body.delete(box.name));
    if (!el.matches('.result')) return;
    new URL(el.href).searchParams.forEach((value, name) => request.body.set(name, value));
    if (event.type !== 'click') return;
    request.headers['X-Opened'] = 'true';
    one('#q').setAttribute('aria-activedescendant', el.id);
  });

  /* When the settled answer to the same question comes, the rows down to the chosen one stay as they are,
     the rest follows in its new order, and the answer that is being read stays. */
  const holdRows = (list, fresh) => {
    const rows = all('[role=option]', list);
    const held = rows.slice(0, rows.indexOf(chosen()) + 1);
    fresh.prepend(...held.map((row) => one(`#${CSS.escape(row.id)}`, fresh) ?? row.cloneNode(true)));
  };
  on('htmx:before:swap', ({ detail: { ctx, tasks } }) => {
    const list = one('#results'), hits = tasks.find(({ target }) => target?.id === 'hits');
    const fresh = hits && one('#results', hits.fragment);
    const isSame = list && fresh && ctx.sourceEvent?.type === 'settle' && list.dataset.asked === fresh.dataset.asked;
    const isHeld = isSame && list.contains(chosen());
    if (isHeld) {
      holdRows(list, fresh);
      delete hits.swapSpec.scroll;
    }
    tasks.filter(({ target }) => target?.id === 'preview').forEach((task) => {
      const shown = one('.ans:not(.glance)', preview()), next = one('.ans', task.fragment);
      const isWhole = next?.matches('.glance') && shown?.dataset.row === next.dataset.row;
      const isRead = shown && (isHeld || (isSame && preview().contains(document.activeElement)));
      if (isRead || isWhole) tasks.splice(tasks.indexOf(task), 1);
      else if (shown?.id !== next?.id) task.swapSpec.scroll = 'top';
    });
  });
  /* While somebody types there is only a glance at the answer; where the whole is shown already, it stays,
     and belongs to the search once that has settled. */
  const followRow = () => {
    const answer = one('.ans:not(.glance)', preview()), row = answer && document.getElementById(answer.dataset.row);
    if (!row?.search.includes('search=')) return;
    new URL(row.href).searchParams.forEach((value, name) => {
      all(`[name=${name}]`, answer).forEach((field) => { field.value = value; });
    });
    one('.whole', answer).href = row.href;
  };
  on('htmx:after:swap', ({ detail: { ctx } }) => {
    all('.say').forEach(fill);
    followRow();
    const byKey = ctx.sourceEvent?.type === 'click' && ctx.sourceEvent.detail === 0;
    if (byKey && ctx.sourceElement.matches?.('.result')) preview().focus();
  });

  /* What is offered is put into the box and asked, as if it had been typed. */
  on('click', (e) => {
    const offer = e.target.closest('.offer[data-query]'), box = one('#q');
    if (!offer || !box || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    const { searchParams } = new URL(offer.href);
    all('#facets [type=hidden]').forEach((field) => { field.value = searchParams.get(field.name) ?? ''; });
    box.value = offer.dataset.query;
    box.focus();
    clearTimeout(box.pause);
    htmx.trigger(box, 'settle', { by: 'link' });
  });
  /* At the end of what is typed, → takes the first way to go on; an offer for other words is not taken. */
  on('keydown', (e) => {
    const box = e.target, plain = !(e.shiftKey || e.ctrlKey || e.altKey || e.metaKey || e.isComposing);
    if (e.key !== 'ArrowRight' || !plain || box.id !== 'q' || box.selectionStart !== box.value.length) return;
    const offers = one('#offers [data-going-on]');
    if (!offers || offers.dataset.goingOn !== box.value) return;
    e.preventDefault();
    one('.offer', offers).click();
  });

  /* A blank of the same name is the same in every variant. What is copied says which blanks are still open. */
  const fill = (say) => {
    const button = one('[data-copy]', say);
    if (!button) return;
    const open = all('[data-blank]', say).filter((box) => {
      const value = box.value.trim();
      all('[data-for]', say).filter((span) => span.dataset.for === box.dataset.blank).forEach((span) => {
        span.textContent = value || `{${box.dataset.blank}}`;
        span.classList.toggle('filled', value !== '');
      });
      return value === '';
    }).map((box) => box.dataset.blank);
    const { beware } = button.dataset;
    const but = [open.length && `还有空没填：${open.join('、')}`, beware && `不适用于当前客户：${beware}`].filter(Boolean);
    button.dataset.copied = ['话术已复制', ...but].join('，但');
    button.dataset.copiedKind = but.length ? 'warn' : 'ok';
  };
  on('input', ({ target: box }) => {
    if (!box.matches('[data-blank]')) return;
    all('[data-blank]').forEach((twin) => { if (twin.dataset.blank === box.dataset.blank) twin.value = box.value; });
    all('.say').forEach(fill);
  });
  document.addEventListener('toggle', ({ target }) => {
    if (target.matches('.fix[open]')) one('textarea', target).focus();
  }, true);
  on('click', (e) => {
    if (!e.target.closest('.back') || !document.referrer.startsWith(`${location.origin}/desk`)) return;
    e.preventDefault();
    history.back();
  });
  /* What was understood can be taken out of the question, and the caller's bar be cleared: what is typed stays. */
  on('click', (e) => {
    const edit = e.target.closest('[data-edit]'), forget = e.target.closest('#forget'), box = one('#q');
    if (!box || !(edit || forget)) return;
    e.preventDefault();
    if (edit) box.value = edit.dataset.edit;
    else all('.ctx-pick').forEach((pick) => { pick.value = ''; });
    box.focus();
    one('#region').dispatchEvent(new Event('change', { bubbles: true }));
  });
  /* Somebody else on the left: the search is for them now. The keyboard goes where it is wanted next, but
     never away from where somebody types. */
  on('htmx:after:swap', ({ detail: { ctx } }) => {
    const box = one('#q');
    if (ctx.target?.id !== 'caller' || !box) return;
    if (ctx.text?.includes('hx-target="#ctx"')) one('#region').dispatchEvent(new Event('change', { bubbles: true }));
    if (document.activeElement === document.body) (one('#caller [name=answer], #caller [aria-invalid]') ?? box).focus();
  });
  on('submit', (e) => e.target.matches('.say') && e.preventDefault());
  all('.say').forEach(fill);
})();
