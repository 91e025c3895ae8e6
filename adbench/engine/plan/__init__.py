"""The compiled executor: a derivative is recorded once and then replayed as a flat program.

recorded.py   arrays that note what is done with them, below the tape
program.py    the program they leave: calls and guards
simplify.py   rewriting, common subexpressions, dead code
emit.py       buffers, views and the Python function that replays it
captures.py   what the user's function reads besides its arguments
compiled.py   when to record, to replay, and to fall back to the tape
"""

from adbench.engine.plan.compiled import Compiled
from adbench.engine.plan.report import Report

__all__ = ["Compiled", "Report"]
