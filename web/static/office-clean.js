/* What Word and Excel put on the clipboard, reduced to its structure: headings, lists, bold, merged cells.
   A comfort only: the server cleans everything again. */
window.cleanOffice = (html) => {
  const pasted = new DOMParser().parseFromString(html, 'text/html');
  const all = (selector) => [...pasted.body.querySelectorAll(selector)];
  const KEPT = { A: ['href'], IMG: ['src', 'alt'], OL: ['start'], TD: ['rowspan', 'colspan'], TH: ['rowspan', 'colspan'] };
  const unwrap = (element) => element.replaceWith(...element.childNodes);
  const rename = (element, tag) => {
    const renamed = pasted.createElement(tag);
    renamed.append(...element.childNodes);
    element.replaceWith(renamed);
  };

  pasted.querySelectorAll('style, meta, link, xml, script, title, col, colgroup').forEach((element) => element.remove());
  const walker = pasted.createTreeWalker(pasted.body, NodeFilter.SHOW_COMMENT), comments = [];
  while (walker.nextNode()) comments.push(walker.currentNode);
  comments.forEach((comment) => comment.remove());

  /* Word writes a list as paragraphs, each with its own number or dot in front. */
  let list = null;
  all('p').forEach((paragraph) => {
    if (!/mso-list:\s*l\d+\s+level\d+/i.test(paragraph.getAttribute('style') ?? '')) { list = null; return; }
    const spans = [...paragraph.querySelectorAll('span')];
    const sign = spans.find((span) => /mso-list:\s*Ignore/i.test(span.getAttribute('style') ?? ''));
    const numbered = /^[\d一二三四五六七八九十a-zA-Z]+[.、)）]/.test(sign?.textContent.trim() ?? '');
    sign?.remove();
    const tag = numbered ? 'ol' : 'ul';
    if (list?.localName !== tag || paragraph.previousElementSibling !== list) {
      list = pasted.createElement(tag);
      paragraph.before(list);
    }
    const item = pasted.createElement('li');
    item.append(...paragraph.childNodes);
    list.append(item);
    paragraph.remove();
  });

  all('*').forEach((element) => {
    if (element.tagName.includes(':')) return unwrap(element);
    const bold = /font-weight:\s*(bold|[6-9]00)/i.test(element.getAttribute('style') ?? '');
    const kept = KEPT[element.tagName] ?? [];
    [...element.attributes].forEach(({ name }) => { if (!kept.includes(name.toLowerCase())) element.removeAttribute(name); });
    if (element.tagName === 'H1') return rename(element, 'h2');
    if (!['SPAN', 'FONT'].includes(element.tagName)) return undefined;
    return bold ? rename(element, 'strong') : unwrap(element);
  });
  all('td > p:only-child, th > p:only-child').forEach(unwrap);
  all('p').forEach((paragraph) => {
    if (!paragraph.textContent.trim() && !paragraph.querySelector('img, br')) paragraph.remove();
  });
  return pasted.body.innerHTML.trim();
};
