"""The command line: `python -m export COMMAND`. Each command is a module with HELP, add_arguments and run."""

import argparse
import importlib
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

_ONNX: Final = ("numpy", "onnx", "onnxruntime")
_GGUF: Final = (*_ONNX, "gguf")
_TORCH: Final = (*_ONNX, "torch", "onnxscript")
# Each command with the packages that it needs.
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "toy": _TORCH,
    "random": _TORCH,
    "train": _TORCH,
    "checkpoint": _ONNX,  # and gguf where it reads a GGUF file
    "fetch": _GGUF,
    "graphs": _TORCH,
    "maps": _ONNX,
    "verify": _ONNX,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 0, or 1 with a message on standard error.

    Only the module of the command that is asked for is loaded; all of them for the list of commands.
    """
    given = sys.argv[1:] if arguments is None else arguments
    chosen = [name for name in given[:1] if name in COMMANDS] or list(COMMANDS)
    missing = [
        package for package in dict.fromkeys(sum((COMMANDS[name] for name in chosen), ())) if _is_missing(package)
    ]
    if missing:
        print(
            f"python -m export needs {', '.join(missing)} (the app runs without torch): "
            "pip install -r export/requirements.txt",
            file=sys.stderr,
        )
        return 1
    from embedcore.errors import EmbedcoreError  # not before: embedcore itself needs some of them

    parser = argparse.ArgumentParser(prog="python -m export", description="Make and check embedcore model files.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in chosen:
        module = importlib.import_module(f"export.{name}")
        command = commands.add_parser(name, help=module.HELP, description=module.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    args = parser.parse_args(arguments)
    try:
        return args.run(args) or 0
    except EmbedcoreError as error:
        print(f"python -m export {args.command}: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a folder that cannot be written, a full disk: the reader's to mend, not a bug
        place = error.filename2 or error.filename or "a file"
        print(f"python -m export {args.command}: cannot use {place}: {error.strerror or error}", file=sys.stderr)
        return 1


def _is_missing(package: str) -> bool:
    try:
        return find_spec(package) is None
    except ImportError:
        return True


if __name__ == "__main__":
    raise SystemExit(main())
