/* Judging by keyboard: J and K or the arrows choose a row, 2, 1 and 0 say how well it answers. */
(() => {
  const STEPS = { KeyJ: 1, ArrowDown: 1, KeyK: -1, ArrowUp: -1 };
  const GRADES = { Digit2: 2, Numpad2: 2, Digit1: 1, Numpad1: 1, Digit0: 0, Numpad0: 0 };
  document.addEventListener('keydown', (e) => {
    if (e.isComposing || e.ctrlKey || e.altKey || e.metaKey || e.shiftKey) return;
    if (e.target.closest('input, textarea, select, dialog, [popover]')) return;
    const row = e.target.closest('[data-judged]');
    if (e.code in STEPS && (row || localStorage.singleKeys !== 'off')) {
      const rows = [...document.querySelectorAll('[data-judged]')];
      rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(row) + STEPS[e.code]))]?.focus();
      e.preventDefault();
    } else if (row && e.code in GRADES) {
      row.querySelector(`[data-grade="${GRADES[e.code]}"]`).click();
      e.preventDefault();
    }
  });
})();
