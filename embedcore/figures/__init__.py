"""Results → plotly figures. No streamlit here, and no numbers that were not given."""
