"""Text → tokens → ids: chips, bytes, two tokenizers side by side, merges, and the whole vocabulary."""

import streamlit as st

from embedcore.tokens import search as vocabulary_search
from embedcore.tokens.labels import token_label
from embedcore.tokens.merges import merge_steps
from embedcore.tokens.tokenizer import NAMES
from pages.shared import (
    chips,
    id_controls,
    notices,
    pictures,
    plain,
    services,
    snippets,
    tables,
    widgets,
    words,
    written,
)
from pages.shared.numerals import count, verb
from pages.shared.reading import chosen_token, current_model, current_tokenization, is_text, say_empty

st.title("Tokens")
st.markdown(
    "A tokenizer cuts text into pieces that it has seen often, and gives each piece a number, its id. "
    "White space is drawn (␣ ⏎ ⇥), bytes that are no whole character show as `\\xe2`; click a token to follow it."
)
tokenization = current_tokenization()
tokenizer = current_model().tokenizer
n_tokens, n_bytes = len(tokenization.token_ids), sum(map(len, tokenization.token_bytes))
chosen = chosen_token(tokenization)
text = written.text_or_none()

chips.token_chips(tokenization, key="tokens_chips", show_bytes=True)
for column, (name, value) in zip(
    st.columns(5),
    {
        "Characters": "–" if text is None else f"{len(text):,}",
        "Bytes": f"{n_bytes:,}",
        "Tokens": f"{n_tokens:,}",
        "Different tokens": f"{len(set(tokenization.token_ids.tolist())):,}",
        "Bytes a token": f"{n_bytes / n_tokens:.2f}" if n_tokens else "–",
    }.items(),
    strict=True,
):
    column.metric(name, value)
pictures.numbers(key="tokens", table=lambda: tables.tokens(tokenization), title="Every token: position, id, bytes")

st.header("Two tokenizers, one text")
for column, key in zip(st.columns(2, gap="medium"), ("left", "right"), strict=True):
    with column, notices.in_place():
        name = widgets.select("Tokenizer", NAMES, key=key)
        other = services.tokenizer(name)
        cut = written.text_in(other)
        st.markdown(f"**{count(len(cut.token_ids), 'token')}** out of a vocabulary of {other.n_vocab:,}")
        chips.token_chips(cut, key=f"{key}_chips", selectable=False)

st.header("How a token is built")
if n_tokens == 0:
    say_empty()
else:
    index = max(range(n_tokens), key=lambda i: len(tokenization.token_bytes[i])) if chosen is None else chosen
    token_id = int(tokenization.token_ids[index])
    steps = merge_steps(tokenizer, token_id)
    st.markdown(
        f"Token {index}, {plain.code(token_label(tokenizer.token_bytes(token_id)))}, id {token_id}: "
        + ("byte-pair encoding always merges the pair that was learned earliest." if steps else "no merges build it.")
        + ("" if chosen is not None else " Choose another by a click above.")
    )
    if steps:
        first = [bytes([byte]) for byte in tokenizer.token_bytes(token_id) or b""]
        stages = [tuple(first), *(step.parts for step in steps)]
        st.table(
            {
                "step": ["bytes", *(str(number) for number in range(1, len(steps) + 1))],
                "merged": ["", *(plain.code(token_label(step.merged)) for step in steps)],
                "id (rank)": ["", *(str(step.rank) for step in steps)],
                "parts": [" · ".join(plain.code(token_label(part)) for part in stage) for stage in stages],
            },
            hide_index=True,
        )

st.header("The whole vocabulary")
left, right = st.columns([3, 1], vertical_alignment="bottom")
with right:
    by = widgets.segments("Search by", ("text", "bytes", "regex", "id"), key="by")
with left:
    query = id_controls.search("Search", key="query", model=current_model(), by=by, placeholder=words.SEARCHED[by])
with notices.in_place():
    matches = vocabulary_search.search_vocabulary(tokenizer, query, by=by)
    if query:
        st.markdown(
            f"**{matches.n_matches:,}** of {tokenizer.n_vocab:,} tokens of {tokenizer.name} "
            f"{verb(matches.n_matches, 'matches', 'match')}."
        )
        st.dataframe(
            {
                "id": matches.token_ids,
                "token": [
                    token_label(tokenizer.token_bytes(token_id), token_id) for token_id in matches.token_ids.tolist()
                ],
                "bytes": [(tokenizer.token_bytes(token_id) or b"").hex(" ") for token_id in matches.token_ids.tolist()],
            },
            hide_index=True,
            height=320,
            key="matches",
        )
        if matches.n_matches > len(matches.token_ids):
            st.caption(f"The first {len(matches.token_ids):,} are listed.")

st.latex(r"\text{text} \to \text{bytes} \to \text{tokens} \to \text{ids} \in \{0, \dots, n_\text{vocab} - 1\}")
code, file, content = (
    (snippets.tiktoken(tokenizer.name, tokenization.text), snippets.TEXT_FILE, tokenization.text)
    if is_text()
    else (
        snippets.tiktoken_decode(tokenizer.name, tokenization.token_ids.tolist()),
        snippets.IDS_FILE,
        " ".join(map(str, tokenization.token_ids.tolist())),
    )
)
st.code(code, language="python")
if f'Path("{file}")' in code:
    st.download_button(
        f"Download {file}, which the code reads",
        data=content.encode(),
        file_name=file,
        mime="text/plain",
        key="long_text",
        icon=":material/download:",
        on_click="ignore",
    )
