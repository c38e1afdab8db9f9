"""What is shown: tasks on their way, and what came of them.

::

    words.py      durations, sizes and errors as they are written
    line.py       what is known of one task on its way
    board.py      where tasks are shown: the protocol, and nowhere
    console.py    where rich writes
    table.py      a table that moves in a terminal
    plain.py      a line an event anywhere else
    jsonlines.py  an object an event, for programs
    results.py    what came of each thing that was asked for
    screen.py     which of these a command uses, by where its output goes
    help.py       the help of a command, out of its docstring and its parameters
"""
