"""Which rows did training never touch? It shows indicators, what text can reach, and how far to trust both."""

from typing import Any, Final, get_args

import streamlit as st

from embedcore.audit.indicators import IndicatorName
from embedcore.model.output_table import output_table_path
from embedcore.model.trained_rows import untouched
from embedcore.tokens.categories import CATEGORIES
from pages.shared import file_card, plain, services, snippets, widgets, words
from pages.shared.control_row import control_row
from pages.shared.page_head import head
from pages.shared.reading import current_model
from pages.shared.run_it import offer, run_it_yourself
from pages.views.audit import categories as category_table
from pages.views.audit import detected, flagged, threshold

MEANS = {
    "norm": "The length of a row. Rows often start short and grow in training; weight decay can also shrink rows that are never used.",
    "distance": "The distance of a row from the mean of all rows. Untrained rows often lie close together.",
    "cosine": "The cosine of a row with the mean of the rows that no text can use, after the first principal component is taken out of both. A high value is suspicious where training pushed those rows one way.",
    "norm gap": "How far the length of a row is from the mean length of the rows that no text can use. It also finds untrained rows that are long.",
}
_SEGMENTS: Final[dict[str, Any]] = {"label_visibility": "collapsed", "width": "content"}
FORMULA = (
    r"\text{norm}_i = \lVert e_i \rVert \qquad \text{distance}_i = \lVert e_i - \bar e \rVert \qquad "
    r"\text{cosine}_i = \cos(e_i', \bar u') \qquad e' = e - (e \cdot c_1)\,c_1"
)

head(
    "Audit",
    "Some rows are untrained. Each indicator gives every row one number that may show it.",
)
model = current_model()
measured = services.audit(model)
categories = services.categories(model.tokenizer.name, model.metadata.n_vocab)
labels = services.labels(model.tokenizer.name)
truth = untouched(model.metadata)
has_output, is_output = measured.output is not None, False
with control_row("audit_controls"):
    if has_output:
        is_output = widgets.segments("Table", ("input", "output"), key="table", **_SEGMENTS) == "output"
    name = widgets.segments("Indicator", get_args(IndicatorName), key="indicator", **_SEGMENTS)
    category = widgets.select("Category", ("all", *CATEGORIES), key="category", width=210)
    slider = st.container(key="audit_threshold")
    is_log = widgets.toggle("Log counts", key="log_rows", width="content")
if is_output and measured.output is not None:
    measured = measured.output

indicator = next((each for each in measured.indicators if each.name == name), None)
if indicator is None:
    st.info(f"There is no {name} for {plain.text(model.name)}: {measured.missing}.", icon=":material/info:")
elif measured.are_equal or indicator.is_flat:
    st.info(f"All rows have the same {name}, so it cannot tell them apart.", icon=":material/info:")
else:
    among = categories.is_in(category)
    cut = threshold.draw(model, indicator, among, categories, truth, slider=slider, is_log=is_log)
    st.caption(MEANS[name])
    st.header("Flagged rows")
    flagged.draw(measured, indicator, cut, among, categories, labels, truth, model_name=model.name)
    st.header("How good is the indicator?")
    detected.draw(measured, indicator, cut, truth, model_name=model.name)

st.header("Which rows can text reach?")
category_table.draw(categories, labels, measured)
st.header("Do the rows use all directions?")
st.markdown(words.isotropy(measured.isotropy, model.metadata.d_model))
options = {"unused": measured.unused.tolist(), "has_cosine": measured.cosine is not None, "is_output": is_output}
run_it_yourself(model, snippets.audit_torch(model, **options), snippets.audit_runtime(model, **options), FORMULA)
if is_output:
    offer(model.output_file_name, output_table_path(model.file.path).read_bytes, key="output_file")
if not has_output:
    st.caption(
        "The indicators can be computed for the output table (E_out) as well: put it beside the model as "
        f"{plain.code(model.output_file_name)}, float16 or float32 with one row for each token, where it is not the same "
        "as the input table."
    )
file_card.draw(model)
