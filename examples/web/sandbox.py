"""A HubSpot to try the app on, with some records in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product

from hubspot_async import HubSpotSession
from hubspot_async.sandbox import Sandbox

FIRST = ("Ada", "Grace", "Katherine", "Mary", "Joan", "Radia", "Barbara", "Frances", "Karen", "Hedy")
LAST = ("Marsh", "Okafor", "Lindqvist", "Tanaka", "Moreau", "Silva", "Novak", "Brandt")
TRADES = ("Engines", "Looms", "Instruments", "Bakery", "Books")
STAGES = ("appointmentscheduled", "contractsent", "closedwon")


@asynccontextmanager
async def connect() -> AsyncIterator[HubSpotSession]:
    """Give a session of an account whose exports take some seconds."""
    async with Sandbox(lambda kind, dice: dice.uniform(4, 8)) as sandbox:
        fill(sandbox)
        async with HubSpotSession(sandbox.token, base_url=sandbox.url) as session:
            yield session


def fill(sandbox: Sandbox) -> None:
    """Put contacts, companies, deals and tickets into an account."""
    people = product(FIRST, LAST, TRADES)
    contacts = [
        {"email": f"{first}.{last}@{trade}.example".lower(), "firstname": first, "lastname": last, "company": trade}
        for first, last, trade in people
    ]
    companies = [{"name": f"{last} {trade}", "city": "Berlin"} for last, trade in product(LAST, TRADES)]
    deals = [{"dealname": f"Order {n}", "amount": 250 * n, "dealstage": STAGES[n % 3]} for n in range(1, 1235)]
    tickets = [{"subject": f"Question {n}", "hs_pipeline_stage": n % 4} for n in range(1, 91)]
    sandbox.add_records("CONTACT", contacts)
    sandbox.add_records("COMPANY", companies)
    sandbox.add_records("DEAL", deals)
    sandbox.add_records("TICKET", tickets)
