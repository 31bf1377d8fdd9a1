"""What a component of the browser says once, a click for example: it is acted on before a run, and only once.

Streamlit calls the function that belongs to it before the run. A session that has not drawn the component yet, after the
server was started anew or the connection was lost for long, does not know that function: there the component gives the
value when it is drawn, the page runs once more, and it is acted on before that run.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

_LATE: Final = "_late_triggers"
Act = Callable[[Any], None]


def mount(component: Callable[..., Any], *, key: str, data: Any, acts: Mapping[str, Act]) -> Any:
    """Draw a component of Streamlit; `acts` gives for each name that it says once the function that takes the value.

    Return what the component says in this run, by those names.
    """
    said = component(
        key=key, data=data, **{f"on_{name}_change": _callback(key, name, act) for name, act in acts.items()}
    )
    for name, act in acts.items():
        value = getattr(said, name)
        if not st.session_state.pop(_taken(key, name), False) and value is not None:
            st.session_state.setdefault(_LATE, []).append((act, value))
    return said


def act_on_late() -> None:
    """Act on what the run before kept, at the beginning of a run."""
    for act, value in st.session_state.pop(_LATE, []):
        act(value)


def run_again_if_late() -> None:
    """Run the page again, at the end of a run, where something was kept."""
    if _LATE in st.session_state:
        st.rerun()


def _callback(key: str, name: str, act: Act) -> Callable[[], None]:
    def call() -> None:
        value = getattr(st.session_state[key], name)
        if value is not None:
            st.session_state[_taken(key, name)] = True
            act_on_late()  # what was said before comes first
            act(value)

    return call


def _taken(key: str, name: str) -> str:
    return f"_{key}_{name}_is_taken"
