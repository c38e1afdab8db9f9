"""The headers of an answer that count, spelt so that aiohttp's mapping finds them without folding their case."""

from multidict import istr

CORRELATION_ID = istr("X-HubSpot-Correlation-Id")
DATE = istr("Date")
RETRY_AFTER = istr("Retry-After")

LIMIT = istr("X-HubSpot-RateLimit-Max")
INTERVAL = istr("X-HubSpot-RateLimit-Interval-Milliseconds")
REMAINING = istr("X-HubSpot-RateLimit-Remaining")
DAILY_LIMIT = istr("X-HubSpot-RateLimit-Daily")
DAILY_REMAINING = istr("X-HubSpot-RateLimit-Daily-Remaining")
