"""What a bug shows where the app is hosted: the reader sees an incident id, and the log has it with places in the code."""

import logging
import os
import traceback
from typing import Final

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from embedcore.errors import new_incident

LOG: Final = logging.getLogger("embedcore")
_MARK: Final = "embedcore incident "


def is_hosted() -> bool:
    """Say whether EMBEDCORE_HOSTED is set: what a bug says may then hold the text of somebody else's reader."""
    return bool(os.environ.get("EMBEDCORE_HOSTED"))


def incident_id(error: BaseException) -> str:
    """Return the id of what went wrong: the same for one exception, whoever asks first."""
    for note in getattr(error, "__notes__", ()):
        if note.startswith(_MARK):
            return note.removeprefix(_MARK)
    incident = new_incident()
    error.add_note(_MARK + incident)
    return incident


def incident_line(error: BaseException) -> str:
    """Return what the log says: id, kind of exception, and the places in the code, innermost first; never a value."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in frames) or "unknown"
    return f"incident {incident_id(error)}: {type(error).__name__} at {places}"


def show_incident(error: BaseException) -> None:
    """Show the reader the incident id in place of the bug."""
    show_incident_id(incident_id(error))


def show_incident_id(incident: str) -> None:
    """Show the reader the id by which the log knows what went wrong."""
    st.error(_sentence(incident), icon=":material/bug_report:")


def on_script_error(error: Exception) -> bool:
    """Tell Streamlit, which has logged `error`, whether we have shown it: in a page, a callback or a fragment."""
    if is_hosted():
        show_incident(error)
    return is_hosted()


def answer(request: Request, error: Exception) -> Response:
    """Answer a request that failed with the incident id; the server logs the rest."""
    del request
    return JSONResponse({"error": _sentence(incident_id(error))}, status_code=500)


def _sentence(incident: str) -> str:
    return f"Something broke on our side. Please report incident {incident}."
