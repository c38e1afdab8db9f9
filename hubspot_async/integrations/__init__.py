"""Doors to other people's engines and instruments.

::

    otel.py    spans and metrics of a watcher (extra ``otel``)

Each needs its extra, and nothing else of the package needs any of them.
"""
