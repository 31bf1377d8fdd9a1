"""What older links mean today, where a page has other parameters now than they were written for."""

from typing import Final

from embedcore.model import catalog

Address = dict[str, list[str]]

# Until it followed the bar, the Batches page had a text and a model of its own, and dropped a batch that was not full.
OF_BATCHES: Final = {
    "source", "layer", "max_length", "stride", "batch_size", "drop_last", "shuffle", "shuffle_seed", "seed", "batch", "sample",
}  # fmt: skip


def as_today(address: Address, page: str) -> Address:
    """Return the address of `page` with the parameters of today, by which the same view opens.

    Today's links of the Batches page that set anything say what they are of, so one that does not is older.
    """
    if page != "batches" or "batches_of" in address or not OF_BATCHES & set(address):
        return address
    today = {name: values for name, values in address.items() if name not in {"source", "layer"}}
    today.setdefault("drop_last", ["true"])
    if address.get("source", [""])[-1] != "my text":
        return today | {"batches_of": ["a story"], "model": address.get("layer", [catalog.UNTRAINED])}
    today["batches_of"] = ["my text"]
    if address.get("write", [""])[-1] != "token ids":  # ids are those of the link's own model
        today["model"] = address.get("layer", [catalog.UNTRAINED])
    return today
