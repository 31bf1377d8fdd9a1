"""Tokens to follow: each is a button that makes its token the next query, in a ranked list with bars or as chips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

_CSS = """
.follow { display: flex; flex-direction: column; gap: 3px; padding: 3px; max-height: 30rem; overflow-y: auto; }
.follow.chips { flex-direction: row; flex-wrap: wrap; gap: 6px 5px; max-height: 16rem; }
button { display: grid; grid-template-columns: 2.6em minmax(7em, 1fr) 5em 6.5em 8em; align-items: baseline; gap: 0 8px;
  text-align: left; cursor: pointer; font-family: var(--st-code-font), monospace; color: var(--st-text-color);
  border: 1px solid transparent; border-radius: 5px; padding: 3px 8px;
  background: linear-gradient(to right, color-mix(in srgb, #0072b2 24%, transparent) var(--share), transparent var(--share));
  background-origin: border-box; background-repeat: no-repeat; }
.chips button { display: inline-flex; flex-direction: column; align-items: center; max-width: 100%;
  background: color-mix(in srgb, #0072b2 16%, transparent); }
button:hover { border-color: var(--st-text-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.label { unicode-bidi: isolate; font-size: 15px; white-space: pre-wrap; overflow-wrap: anywhere; }
.rank, .id, .note { font-size: 11px; opacity: .72; }
.score { font-size: 13px; text-align: right; }
@media (max-width: 640px) { button { grid-template-columns: 2em minmax(5em, 1fr) 5em; } .id, .note { grid-column: 2 / 4; } }
"""

_JS = r"""
const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u
/** Keep Arabic or Hebrew from turning around what stands beside it in a sentence. */
const isolate = (label) => (FROM_RIGHT.test(label) ? `\u2068${label}\u2069` : label)

export default function (component) {
  const { parentElement, data, setTriggerValue } = component
  const root = parentElement.querySelector(".follow")
  root.classList.toggle("chips", !data.isList)
  root.setAttribute("aria-label", data.title)
  root.replaceChildren(...data.rows.map(([id, label, score, share, note], index) => {
    const row = document.createElement("button")
    row.type = "button"
    row.style.setProperty("--share", `${share * 100}%`)
    const said = [isolate(label), `id ${id}`, score, note].filter(Boolean).join(", ")
    row.title = `${said}: click for its neighbors`
    row.setAttribute("aria-label", data.isList ? `${index + 1}, ${said}` : said)
    const parts = data.isList ? [["rank", index + 1], ["label", label], ["id", id], ["score", score], ["note", note]]
      : [["label", label], ["id", id], ...(note ? [["note", note]] : [])]
    for (const [name, text] of parts) {
      const part = document.createElement("span")
      part.className = name
      part.textContent = text
      row.append(part)
    }
    row.onclick = () => setTriggerValue("followed", { id, tokenizer: data.tokenizer })
    return row
  }))
}
"""

_component = st.components.v2.component("follow", html='<div class="follow" role="group"></div>\n', css=_CSS, js=_JS)


@dataclass(frozen=True, slots=True)
class Row:
    """One token to follow; `share`, in [0, 1], is how far its bar runs."""

    token_id: int
    label: str
    score: str = ""
    share: float = 0.0
    note: str = ""


def follow(
    rows: Sequence[Row],
    *,
    key: str,
    title: str,
    vocabulary: str,
    on_follow: Callable[[int, str], None],
    is_list: bool = True,
) -> None:
    """Draw `rows` in their order, by mouse or keyboard; their ids are of the tokenizer `vocabulary`.

    `on_follow` gets the id that was chosen and its vocabulary, before the next run: the model may have changed since the
    list was drawn.
    """
    _component(
        key=key,
        data={
            "rows": [(row.token_id, row.label, row.score, row.share, row.note) for row in rows],
            "tokenizer": vocabulary,
            "isList": is_list,
            "title": title,
        },
        on_followed_change=partial(_on_followed, key, on_follow),
    )


def _on_followed(key: str, on_follow: Callable[[int, str], None]) -> None:
    followed = st.session_state[key].followed
    if followed is not None:
        on_follow(int(followed["id"]), str(followed["tokenizer"]))
