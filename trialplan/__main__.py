"""The command line, for `python -m trialplan` and for the command `trialplan`."""

from __future__ import annotations

# what the module signal is made of: that one takes a while to load, in which Ctrl-C is still Python's
import _signal as signal  # type: ignore[import-not-found]
import sys


def main() -> int:
    """Load the verbs, run one, and return its exit code.

    Loading takes a moment, in which Ctrl-C would show where in it Python was, and so would it at the very end. There it
    ends the program without a word, as it ends any other; what ignores it, in the background, goes on to do so.
    """
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from trialplan.cli import main as run

    if heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return run()
    finally:
        if heeded:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main())
