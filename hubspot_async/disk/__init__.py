"""Files on this machine: the work on them is done in threads, and under its name a file is whole or not there."""
