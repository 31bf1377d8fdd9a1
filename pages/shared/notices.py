"""What a page says when something is wrong: a sentence in its place, and the reader's input stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException

from embedcore.errors import EmbedcoreError
from pages.shared import incidents, plain

IS_UNFINISHED = "_is_unfinished"  # something on the page is refused: what it would have drawn is not drawn
_LINK_NOTICES = "_link_notices"
_SLOT = "_link_notices_slot"
_STAYS = "_link_notices_stay"


class PageEnd(Exception):
    """The page has said why nothing more follows on it.

    WARNING: in place of `st.stop`, after which Streamlit tells the browser nothing more: not the address either.
    """


@contextmanager
def in_place() -> Iterator[None]:
    """Show an EmbedcoreError where it happened, and go on after this block.

    Any other exception is a bug: it shows as one, or as an incident id where EMBEDCORE_HOSTED is set. The log then
    gets the kind of exception and the place in the code, never a value: values may be readers' text.
    """
    try:
        yield
    except EmbedcoreError as error:
        st.session_state[IS_UNFINISHED] = True
        st.error(plain.text(str(error)), icon=":material/error:")
    except (RerunException, StopException, PageEnd):
        raise
    except Exception as error:
        if not incidents.is_hosted():
            raise
        incidents.LOG.error(incidents.incident_line(error))
        incidents.show_incident(error)


def end_page() -> NoReturn:
    """Draw nothing more of this page."""
    raise PageEnd


def open_link_notices() -> None:
    """Make the place at the top of the page where `link_notice` writes, and let go of what an earlier run said there."""
    st.session_state[_SLOT] = st.container()
    if not st.session_state.pop(_STAYS, False):
        st.session_state[_LINK_NOTICES] = []
    for message in st.session_state.setdefault(_LINK_NOTICES, []):
        _write(message)


def link_notice(message: str) -> None:
    """Say what the link asked for and could not have: at the top of the page, until the reader does something.

    `message` is no Markdown: what came with the link stands in it as `quoted` writes it, and is shown as it is.
    """
    if message not in st.session_state[_LINK_NOTICES]:
        st.session_state[_LINK_NOTICES].append(message)
        _write(message)


def stay() -> None:
    """Let the notices stand through the next run too, which the page begins and not its reader."""
    st.session_state[_STAYS] = True


def _write(message: str) -> None:
    st.session_state[_SLOT].warning(plain.text(message), icon=":material/link_off:")
