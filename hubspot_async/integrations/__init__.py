"""Doors to other people's engines and instruments: many machines that share a budget or a watch, and what measures it.

::

    redis/      one request budget for many processes (extra ``redis``)
    temporal/   starting, watching and fetching as activities (extra ``temporal``)
    airflow/    operators, a trigger and a sensor (extra ``airflow``)
    otel.py     spans and metrics of a watcher (extra ``otel``)
    plain.py    requests, tasks and outcomes as dicts, for whatever hands them on
    steps.py    what the engines do with them

Each needs its extra, and nothing else of the package needs any of them.
"""
