"""Following any number of tasks until each is settled."""
