"""Tokens to follow: each is a button, drawn as a chip, that makes its token the next query."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import streamlit as st

from pages.shared import triggers

BUTTONS_JS: Final = Path(__file__).with_name("buttons.js").read_text()
_CSS = """
.follow { display: flex; flex-wrap: wrap; gap: 4px; padding: 4px; max-height: 16rem; overflow-y: auto; }
button { display: inline-flex; flex-wrap: wrap; align-items: baseline; gap: 0 6px; box-sizing: border-box; min-height: 28px; max-width: 100%;
  margin: 0; padding: 2px 6px; cursor: pointer; text-align: left; font: 14px / 1.5 var(--st-code-font), monospace;
  color: var(--st-text-color); border: 1px solid transparent; border-radius: 4px;
  background: color-mix(in srgb, var(--st-primary-color) 16%, transparent); }
button:hover { border-color: var(--st-text-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.label { unicode-bidi: isolate; white-space: pre-wrap; overflow-wrap: anywhere; }
.id, .note { font-size: 12px; opacity: .8; }
.note { font-family: var(--st-font), sans-serif; }
@media print { .follow { max-height: none; } }
"""
_JS = r"""
function chipOf([id, label, score, note], followed) {
  const said = [isolate(label), `id ${id}`, score, note].filter(Boolean).join(", ")
  const chip = button(`${said}: click for its neighbors`, said)
  chip.append(element("span", "label", label), element("span", "id", id))
  if (note) chip.append(element("span", "note", note))
  chip.onclick = () => followed(id)
  return chip
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component
  const followed = (id) => setTriggerValue("followed", { id, tokenizer: data.tokenizer })
  redraw(parentElement.querySelector(".follow"), data, () => (
    { before: [], buttons: data.rows.map((row) => chipOf(row, followed)) }
  ))
}
"""

_component = st.components.v2.component(
    "follow", html='<div class="follow" role="group"></div>\n', css=_CSS, js=BUTTONS_JS + _JS
)


@dataclass(frozen=True, slots=True)
class Row:
    """One token to follow; `score` is what a screen reader says beside it."""

    token_id: int
    label: str
    score: str = ""
    note: str = ""


def follow(
    rows: Sequence[Row],
    *,
    key: str,
    title: str,
    vocabulary: str,
    on_follow: Callable[[int, str], None],
) -> None:
    """Draw `rows` in their order, by mouse or keyboard: see `mount_list`."""
    data = {"rows": [(row.token_id, row.label, row.score, row.note) for row in rows]}
    mount_list(_component, data, key=key, title=title, vocabulary=vocabulary, on_follow=on_follow)


def mount_list(
    component: Callable[..., Any],
    data: Mapping[str, Any],
    *,
    key: str,
    title: str,
    vocabulary: str,
    on_follow: Callable[[int, str], None],
) -> None:
    """Draw a component that lists tokens to follow, whose ids are of the tokenizer `vocabulary`; `data` are its rows.

    `on_follow` gets the id that was chosen and its vocabulary, before the next run: the model may have changed since the
    list was drawn.
    """
    triggers.mount(
        component,
        key=key,
        data={**data, "tokenizer": vocabulary, "title": title},
        acts={"followed": partial(_take, on_follow)},
    )


def _take(on_follow: Callable[[int, str], None], followed: Mapping[str, Any]) -> None:
    """Give `on_follow` the id and the vocabulary of the token that the browser says was chosen."""
    on_follow(int(followed["id"]), str(followed["tokenizer"]))
