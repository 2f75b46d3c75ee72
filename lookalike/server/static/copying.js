// Text into the clipboard.

/**
 * Copy some text.
 * @param {string} text to copy.
 * @param {HTMLElement} button that was pressed; it has the focus afterwards.
 * @returns {Promise<boolean>} whether it is in the clipboard.
 */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without HTTPS browsers offer no clipboard but to this very machine: the old way.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "hidden";
    button.after(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    button.focus();
    return done;
  }
}
