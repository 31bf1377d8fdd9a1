"""Tokens as colored chips, which show a token and let the reader choose it by mouse or keyboard."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from embedcore.tokens.labels import token_label
from embedcore.tokens.tokenizer import Tokenization
from pages.shared import pictures
from pages.shared.numerals import count
from pages.shared.reading import choose_token

MAX_CHIPS = 512

_CSS = """
.chips { display: flex; flex-wrap: wrap; gap: 6px 4px; padding: 2px 0 6px; }
button { display: inline-flex; flex-direction: column; align-items: center; gap: 1px; cursor: pointer;
  font-family: var(--st-code-font), monospace; color: var(--st-text-color); border: 1px solid transparent;
  border-bottom: 3px solid var(--c); border-radius: 5px 5px 3px 3px; padding: 3px 7px 2px; min-width: 1.6em;
  background: color-mix(in srgb, var(--c) 16%, transparent); max-width: 100%; }
button[disabled] { cursor: default; }
button:not([disabled]):hover { background: color-mix(in srgb, var(--c) 34%, transparent); }
button[aria-pressed="true"] { outline: 2px solid var(--st-text-color); outline-offset: 1px; }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.label { unicode-bidi: isolate; font-size: 15px; white-space: pre; overflow-wrap: anywhere; }
.id { font-size: 11px; opacity: .72; }
.bytes { font-size: 9px; opacity: .62; max-width: 16em; overflow-wrap: anywhere; }
"""

_JS = r"""
const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
/** Keep Arabic or Hebrew from turning around what stands beside it in a sentence. */
const isolate = (label) => (FROM_RIGHT.test(label) ? `\u2068${label}\u2069` : label)

export default function (component) {
  const { parentElement, data, setTriggerValue } = component
  const root = parentElement.querySelector(".chips")
  root.setAttribute("aria-label", data.title)
  root.replaceChildren(...data.tokens.map(([index, label, id, color, bytes]) => {
    const chip = document.createElement("button")
    chip.type = "button"
    chip.style.setProperty("--c", color)
    chip.title = `token ${index} · id ${id} · bytes ${bytes}`
    chip.setAttribute("aria-label", `token ${index}, ${isolate(label)}, id ${id}`)
    const parts = [["label", label], ["id", id], ...(data.showBytes ? [["bytes", bytes]] : [])]
    for (const [name, text] of parts) {
      const part = document.createElement("span")
      part.className = name
      part.textContent = text
      chip.append(part)
    }
    if (data.selectable) {
      chip.setAttribute("aria-pressed", String(index === data.chosen))
      chip.onclick = () => setTriggerValue("chosen", index)
    } else {
      chip.disabled = true
    }
    return chip
  }))
  parentElement.host?.closest('[data-testid="stElementContainer"]')?.setAttribute("data-drawn", "")
}
"""

_component = st.components.v2.component(
    "token_chips", html='<div class="chips" role="group"></div>\n', css=_CSS, js=_JS
)


def token_chips(
    tokenization: Tokenization,
    *,
    key: str,
    indices: Sequence[int] | None = None,
    selectable: bool = True,
    show_bytes: bool = False,
) -> None:
    """Draw the tokens at `indices` (all by default), 512 at most, with ids; say so where some are left out.

    `selectable`: a click or Enter chooses a token for every page. `show_bytes` writes each token's bytes below its id.
    """
    shown = range(len(tokenization.token_ids)) if indices is None else indices
    style = pictures.style()
    tokens = [
        (
            index,
            token_label(tokenization.token_bytes[index]),
            int(tokenization.token_ids[index]),
            style.token(index),
            tokenization.token_bytes[index].hex(" "),
        )
        for index in shown[:MAX_CHIPS]
    ]
    _component(
        key=key,
        data={
            "tokens": tokens,
            "chosen": st.session_state.get("token"),
            "selectable": selectable,
            "showBytes": show_bytes,
            "title": count(len(tokens), "token"),
        },
        on_chosen_change=partial(_on_chosen, key) if selectable else lambda: None,
    )
    if len(shown) > MAX_CHIPS:
        st.caption(f"The first {MAX_CHIPS} of {len(shown):,} tokens are drawn here.")


def _on_chosen(key: str) -> None:
    chosen = st.session_state[key].chosen
    if chosen is not None:
        choose_token(int(chosen))
