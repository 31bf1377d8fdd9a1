"""What the server's log may say: requests without their queries, which are readers' texts, and bugs without values.

Every line of every library passes here, before any handler: Streamlit gives its loggers handlers of its own, and gives
them anew whenever it reads its settings.
"""

import logging
import re
import sys
import threading
from typing import Any, Final

from pages.shared import incidents

_QUERY: Final = re.compile(r"(\?|%3F)[^\s\"']*", re.IGNORECASE)
_SERVERS: Final = ("uvicorn", "websockets", "hypercorn", "gunicorn")
_TALKERS: Final = (*_SERVERS, "streamlit", "starlette", "asyncio")


def keep_texts_out_of_the_log() -> None:
    """Let no line that is written from now on hold a reader's text."""
    make = logging.getLogRecordFactory()
    if getattr(make, "has_no_texts", False):
        return

    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        return _without_texts(make(*args, **kwargs))

    record.has_no_texts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(record)
    threading.excepthook = _thread_failed
    # Where the server was told to log no requests, Streamlit's own handler would log them all the same.
    requests = logging.getLogger("uvicorn.access")
    if (handler := getattr(requests, "streamlit_console_handler", None)) is not None:
        requests.removeHandler(handler)


def _without_texts(record: logging.LogRecord) -> logging.LogRecord:
    library = record.name.partition(".")[0]
    if incidents.is_hosted():
        _hide_bug(record)
    if record.levelno < logging.INFO and library in _TALKERS:
        record.args = ()  # of a message from the browser or a request's headers, only the line's own words stay
    if library in _SERVERS:
        record.msg = _without_query(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(value) for value in record.args)
    return record


def _hide_bug(record: logging.LogRecord) -> None:
    """Put the incident in place of an exception, and its kind in place of what it says."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(record.msg, BaseException):
        error = record.msg
    if error is not None:
        record.msg, record.args, record.exc_info = incidents.incident_line(error), (), None
    elif isinstance(record.args, tuple):
        record.args = tuple(
            type(value).__name__ if isinstance(value, BaseException) else value for value in record.args
        )


def _without_query(value: Any) -> Any:
    return _QUERY.sub("?...", value) if isinstance(value, str) else value


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is None or issubclass(failed.exc_type, SystemExit):
        return
    if not incidents.is_hosted():
        sys.excepthook(failed.exc_type, failed.exc_value, failed.exc_traceback)
        return
    incidents.LOG.error(incidents.incident_line(failed.exc_value))
