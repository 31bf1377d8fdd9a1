"""The link that a page was opened by, and the address that it leaves, which says exactly what the page shows.

Streamlit binds most controls to the address by itself. Around it, every run begins by taking out of the address what no
control can be (some of it would raise), and ends by writing into it what was drawn: a default that changed with the
model, a choice that is gone, a token, a box. The browser's Back and Forward then restore a page by its address alone,
of which it has one for each page that was opened (`history.js`).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from embedcore.model import catalog
from embedcore.tokens.labels import quoted
from pages.shared import notices, own_models, text_in_link
from pages.shared.former_links import as_today
from pages.shared.notices import PageEnd
from pages.shared.parameter import MAX_LINE, Kind, is_possible, value_of, written
from pages.shared.parameters import OVERVIEW, PARAMETERS, WRITTEN_IN_IDS, name_today

_RUN: Final = "_links_run"
_WAITING: Final = "_links_waiting"
_UNREPORTED: Final = "_links_unreported"

Address = dict[str, list[str]]


@dataclass(slots=True)
class _Run:
    """One run of the script: the address it began with, what of it is requested anew, and what the page showed since.

    `shown` holds None for what the page shows at its default; `unused` says why the page does not show a parameter, and
    `lacking` what the page shows that its address does not hold.
    """

    page: str
    address: Address
    requested: Address
    is_back: bool = False
    is_other_page: bool = False
    shown: dict[str, list[str] | None] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)
    lacking: list[str] = field(default_factory=list)


@contextmanager
def in_step(page: str) -> Iterator[None]:
    """Begin with an address that no control of `page` can fail on, and end with one that says what this block drew."""
    run = st.session_state[_RUN] = _begin(page)
    st.session_state[notices.IS_UNFINISHED] = False
    try:
        yield
    except PageEnd:
        wait()
    _end(run)


def requested(name: str) -> str | None:
    """Return what a link, a reload or the browser's Back asks of a parameter, if it was not drawn since."""
    values = st.session_state[_RUN].requested.get(name)
    return values[-1] if values else None


def standing(name: str) -> str | None:
    """Return what the address says of a parameter now, whoever wrote it there: a script in the browser may have."""
    values = st.session_state[_RUN].address.get(name)
    return values[-1] if values else None


def all_requested(name: str) -> Sequence[str]:
    """Return the same where there may be more than one."""
    return st.session_state[_RUN].requested.get(name, [])


def is_back() -> bool:
    """Say whether the browser's Back or Forward began this run: then a parameter that is not there is at its default."""
    return st.session_state[_RUN].is_back


def shows(name: str, value: Any, default: Any = None) -> None:
    """Note what the page shows of a parameter: it will stand in the address where it is not the default."""
    run, kind = st.session_state[_RUN], PARAMETERS[name].kind
    there = run.address.get(name)
    if value == default:
        run.shown[name] = None
    elif there is not None and _is_read(kind, there) and value_of(kind, there) == value:
        run.shown[name] = there  # as the browser wrote it
    else:
        run.shown[name] = written(kind, value)


def is_set(name: str) -> bool:
    """Say whether what the page has drawn so far puts a parameter into the address."""
    return st.session_state[_RUN].shown.get(name) is not None


def unused(name: str, reason: str) -> None:
    """Note why the page does not show a parameter, as the end of "The link asks for it, which …": shown if a link does."""
    st.session_state[_RUN].unused[name] = reason


def lacks(sentence: str) -> None:
    """Note what the page shows and its link cannot hold, as `sentence`: said where the link is copied."""
    st.session_state[_RUN].lacking.append(sentence)


def lacking() -> Sequence[str]:
    """Return what was noted of what the link cannot hold."""
    return tuple(st.session_state[_RUN].lacking)


def leave_out(*names: str) -> None:
    """Ask for no such parameter any more: what the link says of it is of something that is not here."""
    run = st.session_state[_RUN]
    for name in names:
        run.requested.pop(name, None)
        run.address.pop(name, None)


def wait() -> None:
    """Note that a part of the page is not drawn yet: what the address says of it stays there."""
    st.session_state[notices.IS_UNFINISHED] = True


def is_waiting() -> bool:
    """Say whether a part of the page is known not to be drawn in this run."""
    return bool(st.session_state[notices.IS_UNFINISHED])


def _begin(page: str) -> _Run:
    before: _Run | None = st.session_state.get(_RUN)
    context = get_script_run_ctx()
    is_back = before is not None and context is not None and context.is_history_navigation
    sent = {name: st.query_params.get_all(name) for name in st.query_params}
    is_step = before is not None and "walk" in sent and sent["walk"][-1:] != before.shown.get("walk")
    if is_step:  # of the guided walk: it opens as a link does in a new session
        sent = _anew(sent, page)
    address = {name: values for name, raw in _by_names_of_today(sent, page).items() if (values := _clean(name, raw))}
    address = _without_ids_of_nothing(address)
    waiting: Address = {} if is_back or is_step else st.session_state.setdefault(_WAITING, {}).get(page, {})
    is_other_page = before is not None and before.page != page
    is_anew = before is None or is_back or is_other_page or is_step
    run = _Run(page, waiting | address, waiting | address if is_anew else dict(waiting), is_back, is_other_page)
    unreported: set[str] = st.session_state.setdefault(_UNREPORTED, set())
    if before is None:
        unreported |= set(address)
    if run.address != sent:
        _hold(run.address)
    return run


def _anew(sent: Address, page: str) -> Address:
    """Put the controls of a page back to their defaults; return the address without what Streamlit kept before it.

    A control whose default depends on something is forgotten, unless the address sets it.
    """
    for name, parameter in PARAMETERS.items():
        if name in st.session_state and (page or OVERVIEW) in parameter.pages:
            if parameter.default is None:
                del st.session_state[name]
            else:
                st.session_state[name] = parameter.default
    severals = {name for name, parameter in PARAMETERS.items() if parameter.kind is Kind.SEVERAL}
    address = {name: values if name in severals else values[-1:] for name, values in sent.items()}
    for name, values in address.items():
        if name in PARAMETERS and name in st.session_state and is_possible(PARAMETERS[name].kind, values[-1]):
            st.session_state[name] = value_of(PARAMETERS[name].kind, values)
    return address


def _by_names_of_today(sent: Address, page: str) -> Address:
    """Return an address with the names that its parameters have today; where it gives both, a former name says nothing."""
    sent = as_today(sent, page or OVERVIEW)
    today = {name_today(name, page or OVERVIEW): values for name, values in sent.items() if name not in PARAMETERS}
    return today | {name: values for name, values in sent.items() if name in PARAMETERS}


def _without_ids_of_nothing(address: Address) -> Address:
    """Return an address without its token ids where they are ids of a model that is not here."""
    lost = sorted(WRITTEN_IN_IDS & set(address))
    if not lost:
        return address
    known = {"", *catalog.names(), *own_models.names()}
    if address.get("model", [""])[-1] in known:
        return address
    notices.link_notice(
        f"The link's token ids ({', '.join(lost)}) are those of a model that is not known here: they are left out."
    )
    return {name: values for name, values in address.items() if name not in lost}


def _clean(name: str, values: list[str]) -> list[str]:
    """Return the values of a parameter that are possible, and say which are not."""
    if name not in PARAMETERS:
        notices.link_notice(f"The link has {quoted(name)}, which is no setting of this app: it is left out.")
        return []
    kind = PARAMETERS[name].kind
    if kind is Kind.SEVERAL:
        return values
    if len(values) > 1:
        notices.link_notice(f"The link asks for {name} more than once: the last value counts.")
    if is_possible(kind, values[-1]):
        return values[-1:]
    if kind is Kind.TEXT:
        notices.link_notice(f"The link's {name} {text_in_link.fault(values[-1])}.")
    elif kind is Kind.LINE:
        notices.link_notice(f"The link's {name} has {len(values[-1]):,} characters; {MAX_LINE:,} is the most.")
    else:
        claim = f"asks for {name} = {quoted(values[-1])}" if values[-1] else f"gives {name} no value"
        notices.link_notice(f"The link {claim}; it must be {kind.value}.")
    return []


def _end(run: _Run) -> None:
    unreported: set[str] = st.session_state[_UNREPORTED]
    missing = {name: values for name, values in run.address.items() if name not in run.shown}
    if not is_waiting():
        for name in sorted(unreported & set(missing)):
            reason = run.unused.get(name, "this page does not show now")
            notices.link_notice(
                f"The link asks for {name} = {quoted(missing[name][-1])}, which {reason}: it is left out."
            )
        unreported -= set(missing)
        missing = {}
    unreported -= set(run.shown)
    st.session_state.setdefault(_WAITING, {})[run.page] = missing
    wanted = {name: values for name in run.address if (values := missing.get(name) or run.shown.get(name))}
    wanted |= {name: values for name, values in run.shown.items() if values is not None}
    _hold(wanted, loose=missing)
    context = get_script_run_ctx()
    if run.is_other_page or (context is not None and wanted != _own(context.query_string)):
        st.query_params.update({})  # an empty update still tells the browser the whole address, once


def _own(query: str) -> Address:
    """Return the parameters of a query that are not Streamlit's own."""
    parameters = parse_qs(query, keep_blank_values=True)
    return {name: values for name, values in parameters.items() if name.lower() not in {"embed", "embed_options"}}


def _hold(address: Address, *, loose: Iterable[str] = ()) -> None:
    """Make `address` the one that Streamlit holds; what binds a `loose` parameter to a control that is gone is untied.

    WARNING: this reaches past `st.query_params`, which refuses to touch what is bound to a control, and cannot change
    what the controls of this run will read.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    with context.session_state.query_params() as query:
        query.clear_with_no_forward_msg(preserve_embed=True)
        for name, values in address.items():
            query.set_with_no_forward_msg(name, values if len(values) > 1 else values[0])
        query.set_initial_query_params_from_current()
        for name in loose:
            binding = query.get_binding_for_param(name)
            if binding is not None:
                query.unbind_widget(binding.widget_id)


def _is_read(kind: Kind, raw: Sequence[str]) -> bool:
    return all(is_possible(kind, part) for part in raw)
