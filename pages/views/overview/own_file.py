"""The dialog in which a reader opens a model of their own: from files that they send, or from a path on this computer."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

import streamlit as st

from embedcore import contract
from embedcore.errors import EmbedcoreError, ModelFileError
from embedcore.files.plain import read_file
from embedcore.model.conversion import Conversion, Progress
from embedcore.tokens.tokenizer import NAMES
from pages.shared import incidents, notices, own_models, plain

LARGEST: Final = 100  # MB of one file that is sent, as .streamlit/config.toml says too
LARGEST_SUM: Final = 200  # MB of all files together
_KINDS: Final = ("onnx", "safetensors", "gguf", "bin", "npy", "npz", "tsv", "txt", "vec", "json", "model")
_SAYS_NOTHING: Final = ("model", "pytorch_model")  # as save_pretrained names every model's weights
_BESIDE: Final = (".json", ".model", ".txt")  # of a checkpoint, beside its weights
_OF_FILES: Final = "the files' own"
_SENT: Final = "sent"
_FAILED: Final = "_own_file_failed"  # the `Progress` of the last conversion, where it made nothing
_WANTED: Final = "_own_file_wanted"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the reader asked for: files that were sent, or a path, and what the files do not say."""

    sent: tuple[Any, ...]
    where: str
    tokenizer: str
    token_table: str


@st.dialog("Open your own model", width="medium")
def ask() -> None:
    """Ask for files or a path, and show how the conversion goes; the model opens when it is done."""
    sent = st.file_uploader(
        f"Files of the model, {LARGEST} MB each at most",
        type=list(_KINDS),
        accept_multiple_files=True,
        max_upload_size=LARGEST,
        key="own_files",
        help="A model file of embedcore (.onnx); weights (.safetensors, .bin or .gguf) with config.json and tokenizer.json or a "
        "SentencePiece model (tokenizer.model, spiece.model); a bare table (.npy, .npz, word vectors as text); or vectors.tsv with metadata.tsv.",
    )
    where = "" if incidents.is_hosted() else _path_box()
    with st.expander("If the files do not say it", icon=":material/tune:"):
        tokenizer = st.selectbox("Tokenizer", [_OF_FILES, *NAMES], key="own_tokenizer")
        token_table = st.text_input("Name of the tensor that holds the token table", key="own_table", max_chars=200)
    st.caption(
        "The file is read on this server, in a folder that is yours alone, and is deleted when you close or reload this tab. "
        "A link to it opens for nobody else."
    )
    if st.button("Open", key="own_open", type="primary"):
        _open(_Wanted(tuple(sent), where.strip(), "" if tokenizer == _OF_FILES else tokenizer, token_table.strip()))
    if own_models.is_converting() or _FAILED in st.session_state:
        _watch()


def _path_box() -> str:
    return st.text_input(
        "Or a path on this computer",
        key="own_path",
        max_chars=1_000,
        placeholder="A folder with config.json and weights, or one file",
    )


def _open(wanted: _Wanted) -> None:
    """Begin to make a model of what the reader named, or say under the button why that cannot be."""
    st.session_state.pop(_FAILED, None)
    st.session_state[_WANTED] = wanted
    with notices.in_place():
        _start(wanted)
        st.rerun(scope="fragment")


def _start(wanted: _Wanted) -> None:
    """Begin to make a model of it. Raises EmbedcoreError, with the remedy, where that cannot be."""
    sent, where = wanted.sent, wanted.where
    if not sent and not where:
        msg = "no file is chosen: send at least 1" + ("" if incidents.is_hosted() else ", or write a path")
        raise ModelFileError(msg)
    if sent and where:
        msg = f"{len(sent)} files are sent and a path is written, and 1 of both is wanted: take the other away"
        raise ModelFileError(msg)
    if own_models.is_converting():
        msg = "1 file is being read already: wait until it is done, or cancel it"
        raise ModelFileError(msg)
    own_models.check_room()
    own = own_models.session()
    source = _stored(sent, own.folder / _SENT) if sent else _at(where)
    name = own_models.free_name(_name_of(source, sent))
    output = own.folder / f"{name}.onnx"
    if source.suffix.lower() == ".onnx":
        try:
            output.write_bytes(read_file(source, most=contract.LARGEST_FILE))
        except FileNotFoundError as error:
            msg = f"there is no file {source.name!r}: check its path"
            raise ModelFileError(msg) from error
        shutil.rmtree(own.folder / _SENT, ignore_errors=True)
        _finish(output)
        return
    own.conversion = Conversion(source, output, name=name, token_table=wanted.token_table, tokenizer=wanted.tokenizer)


def _at(where: str) -> Path:
    """Return the path that the reader wrote. Raises ModelFileError where it names the home of a user who is unknown."""
    try:
        return Path(where).expanduser()
    except RuntimeError as error:
        msg = "the path begins with ~, and 0 home folders are known by that name: write the whole path"
        raise ModelFileError(msg) from error


def _name_of(source: Path, sent: Sequence[Any]) -> str:
    """Return what a model is called after: a folder of sent files has no name of the reader's, but its weights have."""
    if source.name == _SENT:
        stems = [Path(one.name).stem for one in sent if not one.name.lower().endswith(_BESIDE)]
        return next((stem for stem in stems if stem not in _SAYS_NOTHING), "your-model")
    return source.name if source.is_dir() else source.stem


def _stored(sent: Sequence[Any], folder: Path) -> Path:
    """Write what was sent to a folder, and return the file or the folder that holds the weights.

    Names come from a browser: of each only the last part is taken. Raises ModelFileError where no file holds weights.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for one in sent:
        name = PurePosixPath(one.name.replace("\\", "/")).name
        if name in {"", ".", ".."} or "\0" in name or len(name.encode()) > 200:
            msg = f"a file is named {name[:40]!r}, which cannot be a file's name here: name it anew"
            raise ModelFileError(msg)
        one.seek(0)  # it may have been read for a try that failed
        with (folder / name).open("wb") as file:
            shutil.copyfileobj(one, file)
    if (n_bytes := sum(path.stat().st_size for path in folder.iterdir())) > LARGEST_SUM * 1_000_000:
        shutil.rmtree(folder)
        msg = f"the {len(sent)} files hold {n_bytes:,} bytes, and {LARGEST_SUM:,} MB is the most: run the app yourself"
        raise ModelFileError(msg)
    weights = [path for path in folder.iterdir() if path.suffix.lower() not in _BESIDE]
    if (folder / "config.json").exists():
        return folder
    if len(weights) > 1:
        weights = [path for path in weights if path.name != "metadata.tsv"] or weights
    if len(weights) != 1:
        texts = [path for path in folder.iterdir() if path.suffix.lower() == ".txt"]
        if len(texts) == 1 and not weights:
            return texts[0]
        msg = (
            f"{len(weights)} of the {len(sent)} files hold weights, and 1 should, or several with their config.json: "
            "send the weights with config.json and tokenizer.json, or tokenizer.model"
        )
        raise ModelFileError(msg)
    return weights[0]


@st.fragment(run_every=0.5)
def _watch() -> None:
    """Show how far the conversion is; at its end open the model, or say why there is none."""
    own = own_models.session()
    conversion = own.conversion
    if conversion is not None and conversion.progress.is_running:
        share = conversion.progress.share
        words = "Reading the file" if not share else "Writing the table" if share < 1 else "Checking every number"
        st.progress(share, f"{words} …")
        st.button("Cancel", key="own_cancel", icon=":material/close:", on_click=conversion.cancel)
        return
    if conversion is not None:
        own.conversion = None
        shutil.rmtree(own.folder / _SENT, ignore_errors=True)
        _end(conversion)
    failed: Progress | None = st.session_state.get(_FAILED)
    if failed is None:
        return
    words = "Cancelled: nothing was kept." if failed.is_cancelled else failed.failure
    st.error(plain.text(words), icon=":material/error:")
    if failed.candidates:
        _ask_for_table(failed.candidates)


def _ask_for_table(candidates: Sequence[str]) -> None:
    """Let the reader choose which tensor is the token table, and try again with the same files."""
    table = st.selectbox(
        "Which of these tensors holds one row for each token?", candidates, format_func=plain.text, key="own_candidate"
    )
    if st.button("Open with this table", key="own_again"):
        _open(replace(st.session_state[_WANTED], token_table=table))


def _end(conversion: Conversion) -> None:
    """Open what a conversion made, or keep why it made nothing."""
    progress = conversion.progress
    if not progress.is_done:
        st.session_state[_FAILED] = progress
        return
    try:
        _finish(conversion.output)
    except EmbedcoreError as error:
        st.session_state[_FAILED] = Progress(is_running=False, failure=str(error))


def _finish(file: Path) -> None:
    """Open the file that was made. Raises ModelFileError where it is no model file; it is removed then."""
    try:
        own_models.take(file.stem, file)
    except ModelFileError:
        file.unlink(missing_ok=True)
        raise
    st.session_state.pop(_WANTED, None)
    own_models.open_next(file.stem)
    st.rerun()
