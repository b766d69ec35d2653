"""A witness of what Wine's Winsock does: a small C program that shares nothing with the agent.

`python -m witness` prints, for each line of calls.txt, what came of its calls; docs/wine.md says what for.
"""

from witness.running import CALLS, read_calls, witnessed

__all__ = ["CALLS", "read_calls", "witnessed"]
