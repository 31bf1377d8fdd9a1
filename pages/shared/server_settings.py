"""The same settings however the server is started: `.streamlit/config.toml` beside app.py, variables, flags."""

from pathlib import Path

from streamlit import config, net_util
from streamlit.web import bootstrap, cli


def read_settings(app: Path) -> None:
    """Read what `streamlit run APP` reads, where another server has imported `app`; from whatever folder.

    Later ones win: `~/.streamlit/config.toml`, the current folder's, the one beside `app`, `STREAMLIT_…` variables.
    """
    # Streamlit asks the internet for its own address when a connection comes from another origin, and nobody else is
    # served while it waits. It asks no more once it knows one; this one is allowed already.
    net_util._external_ip = "127.0.0.1"
    if config._main_script_path is not None:  # `streamlit run` has read all this, and flags, before it imported the app
        return
    config._main_script_path = str(app)
    settings = cli.main_run.make_context("run", [str(app)]).params  # of no flag: what the variables say
    bootstrap.load_config_options({name: value for name, value in settings.items() if name not in {"target", "args"}})
