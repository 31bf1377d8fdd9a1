"""What a page says when something is wrong: in place, in words, and the reader's input stays."""

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException

from embedcore.errors import EmbedcoreError
from pages.shared import plain

_LINK_NOTICES = "_link_notices"
_SLOT = "_link_notices_slot"


@contextmanager
def in_place() -> Iterator[None]:
    """Show an EmbedcoreError where it happened, and go on after this block.

    Any other exception is a bug: it shows as one, or as an incident id where EMBEDCORE_HOSTED is set. The log then
    gets the kind of exception and the place in the code, never a value: values may be readers' text.
    """
    try:
        yield
    except EmbedcoreError as error:
        st.error(plain.text(str(error)), icon=":material/error:")
    except (RerunException, StopException):
        raise
    except Exception as error:
        if not os.environ.get("EMBEDCORE_HOSTED"):
            raise
        incident, place = secrets.token_hex(4), _place(error)
        logging.getLogger("embedcore").error("incident %s: %s at %s", incident, type(error).__name__, place)  # noqa: TRY400 — no values in the log
        st.error(f"Something broke on our side. Please report incident {incident}.", icon=":material/bug_report:")


def open_link_notices() -> None:
    """Make the place at the top of the page where `link_notice` writes, and repeat there what this session was told."""
    st.session_state[_SLOT] = st.container()
    for message in st.session_state.setdefault(_LINK_NOTICES, []):
        st.session_state[_SLOT].warning(plain.text(message), icon=":material/link_off:")


def link_notice(message: str) -> None:
    """Say what the link asked for and could not have: at the top of the page, and for the rest of the session.

    `message` is no Markdown: what came with the link stands in it as `quoted` writes it, and is shown as it is.
    """
    if message not in st.session_state[_LINK_NOTICES]:
        st.session_state[_LINK_NOTICES].append(message)
        st.session_state[_SLOT].warning(plain.text(message), icon=":material/link_off:")


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
