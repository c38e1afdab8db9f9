"""One request budget for all processes and hosts that use an account; what it needs comes with the extra ``redis``.

::

    budget.py     RedisBudget: who gets the places, and who talks to Redis
    window.py     the places booked for this process, and its share of the limit where Redis is lost; pure
    news.py       what a process has to tell the books, and what they have told it of the day; pure
    books.py      what is asked of Redis and answered, as values
    book.lua      books the next free places, by Redis's own clock
    midnight.py   when an account's day ends
"""

from hubspot_async.integrations.redis.budget import RedisBudget

__all__ = ["RedisBudget"]
