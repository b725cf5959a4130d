/* The editor's page: rich fields, rows of scripts, what is unsaved. Without it the form still works. */
(() => {
  const form = document.getElementById('article');
  if (!form) return;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const say = (text, kind) => document.dispatchEvent(new CustomEvent('toast', { detail: { text, kind } }));

  /* What is typed and not yet saved. A save covers only what was typed before it was sent. */
  let edits = 0, sent = 0, saved = 0;
  const showUnsaved = () => { one('#unsaved').hidden = edits === saved; };
  const edited = () => { edits += 1; showUnsaved(); };
  const isOurs = (e) => e.detail.ctx.sourceElement === form;
  document.addEventListener('htmx:before:request', (e) => { if (isOurs(e)) sent = edits; });
  document.addEventListener('htmx:after:request', (e) => {
    if (!isOurs(e) || e.detail.ctx.response.status >= 400) return;
    saved = sent;
    showUnsaved();
  });
  form.addEventListener('submit', () => { if (!window.htmx) saved = edits; });
  window.addEventListener('beforeunload', (e) => { if (edits !== saved) e.preventDefault(); });

  /* Rich fields. Their toolbar stands in the head of the field while it has the focus; they grow with their text. */
  const TAGS = 'p,br,hr,h2,h3,h4,ul,ol[start],li,blockquote,a[href|title],strong/b,em/i,u,s,sub,sup,table,caption,'
    + 'thead,tbody,tfoot,tr,th[rowspan|colspan|scope],td[rowspan|colspan]';
  const grow = (ed) => { ed.getContainer().style.height = `${ed.getBody().offsetHeight + 4}px`; };
  const withoutPictures = (html) => {
    const pasted = new DOMParser().parseFromString(html, 'text/html');
    const pictures = all('img', pasted);
    if (pictures.length) say('正文不能放图片，已略去。请把图中的内容写成文字或表格。', 'bad');
    pictures.forEach((picture) => picture.remove());
    return pasted.body.innerHTML;
  };
  /* The box takes the text only once it differs: what the editor merely spells otherwise is no change. */
  const shown = new Map();
  const writeBack = (ed) => {
    const text = ed.getContent();
    if (text === shown.get(ed)) return false;
    shown.set(ed, text);
    ed.getElement().value = text;
    return true;
  };
  const shortcut = (e) => (e.ctrlKey || e.metaKey) && one(`[data-key="Ctrl+${CSS.escape(e.code)}"]`);
  const prepare = (ed) => {
    const section = ed.getElement().closest('.rich');
    ed.on('focus', () => section.classList.add('on'));
    ed.on('blur', () => section.classList.remove('on'));
    ed.on('init', () => { shown.set(ed, ed.getContent()); grow(ed); });
    ed.on('SetContent input change undo redo ExecCommand', () => ed.initialized && writeBack(ed) && edited());
    ed.on('SetContent input change undo redo ResizeWindow', () => ed.initialized && grow(ed));
    ed.on('keydown', (e) => {
      if (e.key === 'Escape') one('.rich-end', section).focus();  // Tab moves between cells: this is the way out
      const button = shortcut(e);
      if (!button) return;
      e.preventDefault();
      button.click();
    });
    one('label', section).addEventListener('click', (e) => { e.preventDefault(); ed.focus(); });
  };
  const edit = (area) => hugerte.init({
    target: area, language: 'zh_CN', base_url: form.dataset.editor, suffix: '.min', skin: 'oxide',
    content_css: form.dataset.contentCss, iframe_aria_text: `${area.ariaLabel}。按 Alt+F10 进入工具栏，按 Esc 离开`,
    menubar: false, statusbar: false, branding: false, promotion: false, resize: false, min_height: 60, height: 80,
    plugins: 'table lists link code searchreplace autolink',
    toolbar: 'undo redo | blocks | bold italic underline removeformat | bullist numlist | table link hr | searchreplace code',
    toolbar_mode: 'wrap', block_formats: '正文=p; 标题=h2; 小标题=h3',
    table_toolbar: 'tableinsertrowbefore tableinsertrowafter tabledeleterow | tableinsertcolbefore tableinsertcolafter'
      + ' tabledeletecol | tablemergecells tablesplitcells | tablerowheader tabledelete',
    table_default_attributes: {}, table_default_styles: {}, table_use_colgroups: false, table_resize_bars: false,
    table_header_type: 'sectionCells', object_resizing: false, visual: false, convert_urls: false,
    entity_encoding: 'raw', valid_elements: TAGS, paste_data_images: false, paste_remove_styles_if_webkit: false, contextmenu: false,
    formats: { underline: { inline: 'u', remove: 'all' }, strikethrough: { inline: 's', remove: 'all' } },
    add_form_submit_trigger: false, submit_patch: false, add_unload_trigger: false,
    paste_preprocess: (_ed, pasted) => { pasted.content = withoutPictures(cleanOffice(pasted.content)); },
    setup: prepare,
  });
  if (window.hugerte) all('[data-rich]', form).forEach(edit);
  const writeAllBack = () => shown.forEach((_text, ed) => writeBack(ed));
  document.addEventListener('submit', writeAllBack, true);
  document.addEventListener('click', (e) => e.target.closest('[form=article]') && writeAllBack(), true);

  /* Scripts: a row for each tier. The spare rows are for browsers that cannot add one. */
  const rows = one('#scripts'), spares = all('[data-spare]', rows), fresh = spares[0].cloneNode(true);
  spares.slice(all('.script-row:not([data-spare])', rows).length ? 0 : 1).forEach((row) => row.remove());
  const armed = (row) => { one('[data-remove-row]', row).hidden = false; return row; };
  all('.script-row', rows).forEach(armed);
  one('#add-script').hidden = false;
  one('#add-script').addEventListener('click', () => {
    rows.append(armed(fresh.cloneNode(true)));
    one('select', rows.lastElementChild).focus();
  });
  rows.addEventListener('click', (e) => {
    if (!e.target.closest('[data-remove-row]')) return;
    e.target.closest('.script-row').remove();
    edited();
    one('#add-script').focus();
  });
  const showBlanks = (area) => {
    const names = new Set([...area.value.matchAll(/\{([^{}\n]{1,20})\}/g)].map((found) => found[1].trim()));
    one('.blanks', area.parentElement).replaceChildren(...[...names].map((name) => (
      Object.assign(document.createElement('span'), { className: 'var', textContent: name }))));
  };

  /* Counters. */
  const count = (output) => {
    const box = document.getElementById(output.htmlFor.value);
    if ('lines' in output.dataset) {
      output.textContent = box.value.split('\n').filter((line) => line.trim()).length || '';
      return;
    }
    const length = box.value.trim().length;
    output.textContent = `${length} / ${output.dataset.most}`;
    output.classList.toggle('c-bad', length > output.dataset.most);
  };
  const counters = all('output[for]', form);
  counters.forEach(count);

  /* Lists of codes: what is chosen stands in the head. */
  const showChosen = (pick) => {
    const tag = (text, className) => Object.assign(document.createElement('span'), { className, textContent: text });
    const names = all('input:checked', pick).map((box) => tag(box.parentElement.textContent.trim(), 'tag'));
    one('.chosen', pick).replaceChildren(...(names.length ? names : [tag(pick.dataset.none, 'muted')]));
  };
  const narrow = (box) => all('label', box.parentElement).forEach((label) => {
    label.hidden = !label.textContent.includes(box.value.trim());
  });
  all('[data-narrow]', form).forEach((box) => { box.hidden = false; });
  document.addEventListener('click', (e) => all('.pick[open]').forEach((pick) => { pick.open = pick.contains(e.target); }));
  form.addEventListener('keydown', (e) => {
    const pick = e.key === 'Escape' && e.target.closest('.pick[open]');
    if (!pick) return;
    pick.open = false;
    one('summary', pick).focus();
  });
  form.addEventListener('input', ({ target }) => {
    if (target.matches('[data-narrow]')) return narrow(target);
    edited();
    if (target.name === 'script_text') showBlanks(target);
    if (target.closest('.pick')) showChosen(target.closest('.pick'));
    counters.filter((output) => output.htmlFor.contains(target.id)).forEach(count);
  });

  /* The side: what the article is, and its versions. */
  const tabs = all('[data-tab]', form);
  const open = (tab) => tabs.forEach((each) => {
    each.classList.toggle('on', each === tab);
    each.setAttribute('aria-pressed', each === tab);
    one(each.dataset.tab).hidden = each !== tab;
    one(each.dataset.tab).parentElement.scrollTop = 0;
  });
  tabs.forEach((tab) => tab.addEventListener('click', () => open(tab)));
  tabs[0].parentElement.hidden = false;
  open(tabs[0]);

  /* After a refusal: the fields are marked, and the first of them is shown. */
  const mark = () => {
    all('[aria-invalid]', form).forEach((field) => field.removeAttribute('aria-invalid'));
    const wrong = all('.slot:has(.errm)', form).map((slot) => document.getElementById(`f-${slot.id.slice(2)}`));
    wrong.forEach((field) => {
      field?.setAttribute('aria-invalid', 'true');
      field?.setAttribute('aria-describedby', `e-${field.id.slice(2)}`);
    });
    const first = wrong[0], alert = one('#whole .banner');
    if (alert) say(alert.textContent.trim(), 'bad');
    if (!first) { one('#whole').scrollIntoView({ block: 'nearest' }); return one('[name=loss_known]')?.focus(); }
    if (first.closest('#card')) open(tabs[0]);
    if (first.matches('[data-rich]')) window.hugerte?.get(first.id)?.focus();
    else first.focus();
    first.closest('.field, .rich').scrollIntoView({ block: 'nearest' });
  };
  const preview = one('#drawer');
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.sourceElement === form && ctx.response.status >= 400) mark();
    if (ctx.sourceElement === form && ctx.response.status < 400) all('[aria-invalid]', form).forEach((field) => field.removeAttribute('aria-invalid'));
    if (ctx.target?.id === 'drawer-b' && ctx.response.status < 400) preview.showModal();
  });
  preview.addEventListener('click', (e) => { if (e.target === preview || e.target.closest('[data-close]')) preview.close(); });
  if (one('.errm, [role=alert]', form)) mark();
})();
