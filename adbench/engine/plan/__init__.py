"""The compiled executor: a derivative is recorded once and then replayed as a flat program.

recorded.py   arrays whose use is noted, below the tape
operators.py  their operators and methods
recorder.py   the notes: what is a call, a constant, a condition
placed.py     a recorder that also notes where values come from, for programs to be read
program.py    the program they leave: calls and guards
simplify.py   rewriting, common subexpressions, dead code
identities.py what a call may be rewritten to
layout.py     how long each value's memory is needed
memory.py     pages of memory that values take parts of, and give back
emit.py       the Python function that replays it
source.py     its statements, and names for what they refer to
forms.py      how functions other than ufuncs write into buffers
tiles.py      how ufuncs are spared short rows
functions.py  what is known of NumPy's functions
captures.py   what the user's function reads besides its arguments
report.py     what became of a function, in words
recording.py  one recorded call, compared with another
compiled.py   when to record, to replay, and to fall back to the tape
"""

from adbench.engine.plan import operators
from adbench.engine.plan.compiled import Compiled
from adbench.engine.plan.report import Report

__all__ = ["Compiled", "Report"]

operators.install()
