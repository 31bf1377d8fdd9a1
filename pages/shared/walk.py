"""The guided walk over the pages: a strip below the page that says what to notice, with the way back and on.

walk_steps.STEPS ─ the parameter `walk` of the link ─▶ the strip ─▶ a link for each step
"""

from collections.abc import Sequence

import streamlit as st

from embedcore.model.model import Model
from embedcore.tokens.labels import quoted
from pages.shared import links, notices, services
from pages.shared.parameters import OVERVIEW
from pages.shared.walk_steps import STEPS

_KEY = "walk"


def query(number: int) -> dict[str, str | Sequence[str]]:
    """Return the parameters of the link that opens the step `number`, 1 … the number of steps."""
    return {_KEY: str(number), **STEPS[number - 1].parameters}


def start() -> None:
    """Draw the link that begins the walk."""
    _link("Take the guided walk", 1, icon=":material/directions_walk:", key="walk_start")


def draw(page: str) -> None:
    """Draw the strip of the step that the link names; nothing where no walk is taken. `page` is the one that is open."""
    number = _number()
    links.shows(_KEY, number)
    if number is None:
        return
    step = STEPS[number - 1]
    row = st.bottom.container(horizontal=True, vertical_alignment="center", gap="medium", key="walk_strip")
    with row, notices.in_place():
        st.markdown(
            f"**Step {number} of {len(STEPS)}: {step.title}.** {step.notice(_open, step.parameters)}", width="stretch"
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content", key="walk_ways"):
            if number > 1:
                _link("Back", number - 1, icon=":material/arrow_back:", key="walk_back")
            if number < len(STEPS):
                _link("Next", number + 1, icon=":material/arrow_forward:", key="walk_next")
            if step.page != (page or OVERVIEW):
                _link("Return to this step", number, icon=":material/undo:", key="walk_return")
            st.button("End the walk", on_click=_end, key="walk_end", type="tertiary")


def _number() -> int | None:
    """Return the number of the step that is taken, if one is."""
    raw = links.requested(_KEY)
    if raw is not None and 1 <= int(raw) <= len(STEPS):
        st.session_state[_KEY] = int(raw)
    elif raw is not None:
        notices.link_notice(f"The link asks for {_KEY} = {quoted(raw)}; the walk has the steps 1 to {len(STEPS)}.")
    elif links.is_back():
        st.session_state[_KEY] = None
    number: int | None = st.session_state.setdefault(_KEY, None)
    return number


def _link(label: str, number: int, *, icon: str, key: str) -> None:
    with st.container(key=key, width="content"):
        st.page_link(f"{STEPS[number - 1].page}.py", label=label, icon=icon, query_params=query(number))


def _open(name: str) -> Model:
    return services.model(name, st.session_state["provider"])


def _end() -> None:
    st.session_state[_KEY] = None
