"""A short story to cut into batches, written for this project."""

STORY = (
    "The lighthouse keeper wrote down every ship that passed, the hour, the flag, the wind. After forty years the "
    "shelves were full, and no ship had ever asked for its line. One night a boat without a name came in out of the "
    "fog, and the captain asked the keeper where she had been. The keeper took down a book, then another, and read: "
    "north wind, a torn sail, a song heard over the water; calm sea, a red flag, no song. Line by line the boat's own "
    "road came back, and the captain wept, for she had lost her log in a storm and had begun to think that she had "
    "only dreamed the sea. In the morning she painted a name on the bow, the number of the first page, and the keeper "
    "wrote it down with the hour, the flag, and the wind."
)
