"""An HTTP exchange as a value: what is asked, how it is written, how its answer is read."""
