"""`python -m tests.translated_server PORT`: the real server in a language in which every label of an option ends with ‽."""

import sys

import uvicorn

from pages.shared import labels

english = labels.label
labels.label = lambda key, option: f"{english(key, option)}‽"

if __name__ == "__main__":
    uvicorn.run("app:app", port=int(sys.argv[1]), access_log=False)
