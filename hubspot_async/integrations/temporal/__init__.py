"""HubSpot's slow work as Temporal activities; what they need comes with the extra ``temporal``.

::

    activities.py    start, watch and download, for a worker
    workflows.py     an example: the exports of many accounts
"""

from hubspot_async.integrations.temporal.activities import HubSpotActivities

__all__ = ["HubSpotActivities"]
