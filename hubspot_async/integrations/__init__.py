"""Doors for many machines: one budget for all of them, and the watch on engines that people already run.

::

    redis/      one request budget for many processes (extra ``redis``)
    temporal/   starting, watching and fetching as activities (extra ``temporal``)
    airflow/    operators, a trigger and a sensor (extra ``airflow``)

Each needs its extra, and nothing else of the package needs any of them.
"""
