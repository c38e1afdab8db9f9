"""A HubSpot of one's own on loopback: exports, imports, files, folders and source-code extracts.

`async with Sandbox() as sandbox` listens on two ports, one for the API and one for downloads. It keeps everything in
memory, is seeded, fetches from loopback only, and shares no code with the rest of the package.

    server.py     Sandbox: its life, its accounts, and what they hold
    control.py    what a test makes happen in it, and what it sees of it
    home.py       the loop or the thread that it lives in
    world.py      what its parts share: clock, dice, accounts, tasks, books
    ports.py      what listens on its two ports, under which names
    gate.py       what every request passes: books, faults, token, limits, scopes
    account.py    one account: crm.py its records, limits.py its request budget, tasks.py its queues
    routes/       the surface: which call answers what
    work/         what happens in the background: exports, imports, file imports, folder updates
    downloads.py  the second port, with signing.py for its URLs
"""

from hubspot_async.sandbox.account import Account
from hubspot_async.sandbox.faults import Fault
from hubspot_async.sandbox.ledger import Exchange
from hubspot_async.sandbox.server import Sandbox
from hubspot_async.sandbox.tasks import Task
from hubspot_async.sandbox.world import OAuthApp

__all__ = ["Sandbox", "Account", "Task", "Exchange", "Fault", "OAuthApp"]
